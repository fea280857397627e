"""What the platform gives to live connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Frame = str | bytes


class Socket(Protocol):
    """A WebSocket that may outlive the memory of its object. Sending on a closed one does nothing."""

    def send(self, frame: Frame) -> None:
        """Send text or octets as one message."""
        ...

    def prepare(self, frame: Frame) -> Any:
        """A frame for ``send_prepared`` of any socket, made once for many."""
        ...

    def send_prepared(self, frame: Any) -> None:
        """Send what ``prepare`` made."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Begin, or complete, the close handshake; the socket is gone for us."""
        ...

    def keep(self, state: str) -> None:
        """Store text with the socket for the time after an eviction: at most 16 KiB."""
        ...

    @property
    def kept(self) -> str:
        """What was stored last."""
        ...

    @property
    def answered_at(self) -> int:
        """When the platform last answered a heart-beat by itself, in milliseconds; 0 for never."""
        ...


class Response(Protocol):
    """The body of an HTTP answer that is still being written."""

    def write(self, text: str) -> None:
        """Write one chunk."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Platform(Protocol):
    """The object's own means."""

    def accept(self, key: str, protocol: str | None = None) -> tuple[Socket, Any]:
        """A new socket, known by its key from now on, and the answer that opens it, with the subprotocol."""
        ...

    def respond(self, signal: Any, on_abort: Callable[[], None]) -> Response:
        """A response to write to; ``signal`` is its request's, ``on_abort`` for a client that goes away."""
        ...

    def answer(self, status: int, headers: Mapping[str, str], body: Any = "") -> Any:
        """The platform's HTTP response."""
        ...

    def wake(self, at: int) -> None:
        """Call ``tick`` then, or a little later (milliseconds). The earliest time asked for counts."""
        ...
