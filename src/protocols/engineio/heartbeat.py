"""The server pings, the client answers in time (EIO4, "Heartbeat")."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.engineio.actions import Settings


class Heartbeat:
    """When the next ping is due, or the answer to the last one. Milliseconds."""

    __slots__ = ("_ping_at", "_pong_by", "_sent_at", "_settings")

    def __init__(self, settings: Settings, now: int) -> None:
        self._settings = settings
        self._ping_at = now + settings.ping_interval
        self._sent_at = 0
        self._pong_by: int | None = None

    @property
    def awaiting(self) -> bool:
        """Whether a ping is unanswered."""
        return self._pong_by is not None

    @property
    def deadline(self) -> int:
        """When to ping, or to give the client up."""
        return self._ping_at if self._pong_by is None else self._pong_by

    def sent(self, now: int) -> None:
        """Note that a ping goes out. Waking late takes at most half of the client's time to answer."""
        timeout = self._settings.ping_timeout
        self._sent_at = now
        self._pong_by = max(self._ping_at + timeout, now + timeout // 2)
        if self._settings.lazy_pongs:
            self._pong_by = max(self._pong_by, now + self._settings.ping_interval)

    def heard(self, at: int) -> None:
        """Note a pong that arrived at ``at``; one from before the ping does not answer it."""
        if self._pong_by is not None and at >= self._sent_at:
            self._pong_by = None
            self._ping_at = max(at, self._sent_at + self._settings.ping_interval)

    def moved(self, now: int) -> None:
        """Give a whole timeout again: a change of transport may have held the ping up."""
        if self._pong_by is not None:
            self._pong_by = max(self._pong_by, now + self._settings.ping_timeout)

    def dump(self) -> list[int | None]:
        """Three values for ``load``."""
        return [self._ping_at, self._sent_at, self._pong_by]

    def load(self, dumped: list[int | None]) -> None:
        """Go on where ``dump`` was taken."""
        ping_at, sent_at, self._pong_by = dumped
        self._ping_at, self._sent_at = ping_at or 0, sent_at or 0
