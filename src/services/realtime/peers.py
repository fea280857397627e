"""What carries an application's messages to its client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from services.realtime import closing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.realtime.ports import Frame, Socket


class Peer(Protocol):
    """The client's end. Peers of the same ``framing`` take the same frames."""

    framing: ClassVar[str]

    def frame(self, message: Any) -> Any:
        """What ``pass_on`` takes, made once for all peers of this framing."""
        ...

    def pass_on(self, frames: Any) -> None:
        """Send what is framed already."""
        ...

    def send(self, message: Any) -> None:
        """Frame and send."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the connection; the application is told by ``closed``."""
        ...

    def keep(self, state: dict[str, Any]) -> None:
        """Store state for the time after an eviction."""
        ...


class SharedFrames(list[str]):
    """Frames that go to many clients. What the platform makes of them is made once."""

    __slots__ = ("_prepared",)

    def __init__(self, frames: Iterable[str]) -> None:
        super().__init__(frames)
        self._prepared: list[Any] | None = None

    def send(self, socket: Socket) -> None:
        """Send all by a WebSocket."""
        if self._prepared is None:
            self._prepared = [socket.prepare(frame) for frame in self]
        for prepared in self._prepared:
            socket.send_prepared(prepared)


class SocketPeer:
    """A WebSocket whose messages are the application's."""

    framing: ClassVar[str] = "plain"

    __slots__ = ("socket",)

    def __init__(self, socket: Socket) -> None:
        self.socket = socket

    def frame(self, message: Frame) -> Any:
        """It is one already."""
        return self.socket.prepare(message)

    def pass_on(self, frames: Any) -> None:
        """Send what ``frame`` made."""
        self.socket.send_prepared(frames)

    def send(self, message: Frame) -> None:
        """Send."""
        self.socket.send(message)

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        self.socket.close(code, closing.reason(reason))

    def keep(self, state: dict[str, Any]) -> None:
        """Store with the socket."""
        self.socket.keep(json.dumps(state, separators=(",", ":")))
