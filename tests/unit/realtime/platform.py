"""What the platform gives to live connections, in memory; its clients answer every heart-beat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.realtime.hosts import Opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.context import Clock
    from services.realtime.ports import Frame


@dataclass
class LocalSocket:
    """A WebSocket: what was sent over it and how it ended."""

    clock: Clock
    sent: list[Any] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    kept: str = ""

    def send(self, frame: Frame) -> None:
        if self.closed is None:
            self.sent.append(frame)

    def prepare(self, frame: Frame) -> Frame:
        return frame

    send_prepared = send

    def close(self, code: int, reason: str = "") -> None:
        self.closed = self.closed or (code, reason)

    def keep(self, state: str) -> None:
        self.kept = state

    @property
    def answered_at(self) -> int:
        return self.clock.now()


@dataclass
class LocalPlatform:
    """One object: its sockets by key, and when it wants to be woken."""

    clock: Clock
    sockets: dict[str, LocalSocket] = field(default_factory=dict)
    alarm: int | None = None

    def accept(self, key: str, _protocol: str | None = None) -> tuple[LocalSocket, None]:
        self.sockets[key] = LocalSocket(self.clock)
        return self.sockets[key], None

    def respond(self, _signal: Any, _on_abort: Callable[[], None]) -> Any:
        raise AssertionError("only sockets are opened here")

    def answer(self, _status: int, _headers: Mapping[str, str], body: Any = "") -> Any:
        return body

    def wake(self, at: int) -> None:
        self.alarm = at if self.alarm is None else min(self.alarm, at)


def upgrade(**query: str) -> Opening:
    """A request for a WebSocket by somebody who will say who it is."""
    return Opening("GET", "", query, {"upgrade": "websocket"}, b"", None, None)
