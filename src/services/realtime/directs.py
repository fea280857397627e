"""What a person was told of late on all connections, for those that were cut off meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.realtime.journal import KEPT

if TYPE_CHECKING:
    from services.context import Clock
    from services.objects import ObjectStore

MOST = 100
"""Of so many at most a client that was cut off learns; one that missed more begins anew."""

Direct = tuple[int, str, str]
"""Number, destination and payload."""


class Directs:
    """The last things that one person was told, numbered by whoever tells them."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, number: int, destination: str, payload: str) -> None:
        """Keep one for as long as anybody can ask for it."""
        now, rows = self._clock.now(), self._store.rows
        rows(
            "CREATE TABLE IF NOT EXISTS directs"
            " (number INTEGER PRIMARY KEY, at INTEGER, destination TEXT, payload TEXT)"
        )
        rows("INSERT INTO directs VALUES (?, ?, ?, ?)", number, now, destination, payload)
        rows("DELETE FROM directs WHERE number <= ? OR at < ?", number - MOST, now - KEPT)

    def after(self, number: int, last: int) -> list[Direct] | None:
        """Those after a number up to the last one; None if some of them are gone."""
        if number >= last:
            return []
        found = self._store.rows(
            "SELECT number, destination, payload FROM directs WHERE number > ? ORDER BY number", number
        )
        return [(*row.values(),) for row in found] if len(found) == last - number else None
