"""A SockJS session: what outlives the single poll or stream. Times are given to it, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from protocols.sockjs.frames import HEARTBEAT, OPEN, close_frame, message_frame, quote
from protocols.sockjs.transports import CURRENT, Dialect, Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

STILL_OPEN: Final = (2010, "Another connection still open")
INTERRUPTED: Final = (1002, "Connection interrupted")
OVERFLOW: Final = (1013, "Too many messages wait to be fetched")


class State(IntEnum):
    """A session goes through these in order, skipping some."""

    CONNECTING = 0
    OPEN = 1
    CLOSED = 2
    """Whoever still asks is told how it ended, until the disconnect delay is over."""
    GONE = 3
    """Forget it: a request with its id starts a new session."""


@dataclass(slots=True)
class Output:
    """What to write to the receiver at hand, in order; ``done`` ends its response or socket after that."""

    chunks: list[str] = field(default_factory=list[str])
    done: bool = False


class Receiver:
    """One response or socket that a session writes to; counts what a streaming response may hold."""

    __slots__ = ("_callback", "_dialect", "_left", "transport")

    def __init__(
        self, transport: Transport, *, limit: int = 131_072, callback: str = "", dialect: Dialect = CURRENT
    ) -> None:
        self.transport = transport
        self._callback = callback
        self._dialect = dialect
        self._left = {"polling": 1, "streaming": limit}.get(transport.kind)

    @property
    def full(self) -> bool:
        """Whether the response has to end."""
        return self._left is not None and self._left <= 0

    def prelude(self) -> str:
        """Give what goes before the first frame; it does not count."""
        return self.transport.prelude(self._callback)

    def wrap(self, frame: str) -> str:
        """Write a frame as the transport does."""
        chunk = self.transport.wrap(frame, self._callback, self._dialect)
        if self._left is not None:
            self._left -= len(chunk) if chunk.isascii() else len(chunk.encode())
        return chunk


class Session:
    """Messages in order from an application to whichever receiver is attached; at most one is.

    Call ``tick`` at ``deadline``. Messages that nobody fetches are bounded: past that the session closes.
    """

    def __init__(
        self,
        *,
        heartbeat: int = 25_000,
        disconnect: int = 5_000,
        max_messages: int = 1_000,
        max_octets: int = 1_048_576,
    ) -> None:
        self.state = State.CONNECTING
        self.deadline: int | None = None
        self._heartbeat = heartbeat
        self._disconnect = disconnect
        self._bounds = (max_messages, max_octets)
        self._buffer: list[str] = []
        self._octets = 0
        self._last = ""
        self._receiver: Receiver | None = None

    @property
    def attached(self) -> bool:
        """Whether a receiver waits."""
        return self._receiver is not None

    def attach(self, receiver: Receiver, now: int) -> Output:
        """Connect a response or socket; the first one opens the session.

        A second receiver is refused while the first one waits (Protocol), and after the end every one is
        told how it ended.
        """
        if self.state is State.GONE:
            raise RuntimeError("The session is over: a new one has to take its place.")
        prelude = receiver.prelude()
        out = Output([prelude] if prelude else [])
        if self._receiver:
            out.chunks.append(receiver.wrap(close_frame(*STILL_OPEN)))
            out.done = True
            return out
        if self.state is State.CONNECTING:
            out.chunks.append(receiver.wrap(OPEN))
            self.state = State.OPEN
        self._receiver = receiver
        self._flush(out)
        if self.state is not State.OPEN and not receiver.full:
            out.chunks.append(receiver.wrap(self._last))
        return self._settle(out, now)

    def send(self, messages: Sequence[str], now: int) -> Output:
        """Send messages, or keep them for the next receiver; after the end they are dropped."""
        out = Output()
        if self.state > State.OPEN or not messages:
            return out
        quoted = [quote(message) for message in messages]
        self._buffer += quoted
        self._octets += sum(map(len, quoted))
        self._flush(out)
        if len(self._buffer) > self._bounds[0] or self._octets > self._bounds[1]:
            self._clear()
            return self.close(*OVERFLOW, now)
        return self._settle(out, now) if out.chunks else out

    def close(self, code: int, reason: str, now: int) -> Output:
        """End the session: the receiver, and each one after it, gets ``c[code,"reason"]``."""
        out = Output()
        if self.state > State.OPEN:
            return out
        self.state, self._last = State.CLOSED, close_frame(code, reason)
        if self._receiver:
            out.chunks.append(self._receiver.wrap(self._last))
        return self._settle(out, now)

    def detach(self, now: int) -> None:
        """Note that the receiver's connection broke off: "the session should be automatically closed"."""
        if self._receiver:
            self._receiver = None
            self._clear()
            self.close(*INTERRUPTED, now)

    def tick(self, now: int) -> Output:
        """Do what is due: a heart-beat to the receiver, or the end of a session that none came back to."""
        out = Output()
        if self.deadline is None or now < self.deadline:
            return out
        if self._receiver is None:
            self.state, self.deadline = State.GONE, None
            self._clear()
            return out
        out.chunks.append(self._receiver.wrap(HEARTBEAT))
        return self._settle(out, now)

    def probe(self, now: int) -> Output:
        """Send a heart-beat ahead of time to find out whether a stream's client is still there.

        A poll gets none: it would end with it.
        """
        out = Output()
        if self._receiver is None or self._receiver.transport.kind != "streaming":
            return out
        out.chunks.append(self._receiver.wrap(HEARTBEAT))
        return self._settle(out, now)

    def _flush(self, out: Output) -> None:
        if self._buffer and self._receiver and not self._receiver.full:
            out.chunks.append(self._receiver.wrap(message_frame(self._buffer)))
            self._clear()

    def _clear(self) -> None:
        self._buffer, self._octets = [], 0

    def _settle(self, out: Output, now: int) -> Output:
        """Let a receiver go that is full or has seen the end, and set the deadline of what is next."""
        if self._receiver and (self._receiver.full or self.state is not State.OPEN):
            self._receiver, out.done = None, True
        self.deadline = now + (self._heartbeat if self._receiver else self._disconnect)
        return out
