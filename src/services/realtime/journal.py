"""How far clients got when they were cut off, for Socket.IO's connection state recovery.

A client of many rooms remembers one offset, that of the last event it had. So each batch of a room that one
object passes on gets a *position*, which rises with every batch of any room: up to an offset's position a client
has had all batches of its rooms. Which batch ended with which event is noted here, nothing else: the events
themselves are kept by the rooms.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.context import Clock, Defer
    from services.objects import ObjectStore, Row

KEPT = 120_000
"""Milliseconds for which a client that was cut off can be recovered."""
FLUSH_AFTER = 1.0
"""Seconds for which positions wait to be stored together. A crash loses them, and no wrong answer comes of it."""
TRIM_EVERY = 30_000
MARK = ""
"""Stands for a room where a position is taken that is no batch's."""


def own(user_id: str) -> str:
    """The name, among those of rooms, of what one person is told."""
    return f"@{user_id}"


_OFFSET = re.compile(r"(\d{1,6})/(\d{1,16})(?:\.(\d{1,15}))?", re.ASCII)
REACHED = (
    "SELECT j.value AS room, p.position, p.event FROM json_each(?1) j LEFT JOIN passed p ON p.position ="
    " (SELECT max(position) FROM passed WHERE room = j.value AND position <= ?2)"
)
TRIM = (
    "DELETE FROM passed WHERE position < ?1 AND position < (SELECT max(position) FROM passed)"
    " AND (room NOT IN (SELECT value FROM json_each(?2))"
    " OR EXISTS (SELECT 1 FROM passed later WHERE later.room = passed.room"
    "  AND later.position > passed.position AND later.position <= ?1))"
)


class Offset(NamedTuple):
    """What a client tells of the last event it had: from which shard, at which position, which of its batch."""

    shard: str
    position: int
    event: int | None

    @classmethod
    def parse(cls, text: str) -> Offset | None:
        """Read what ``Journal.offset`` wrote; None for anything else."""
        match = _OFFSET.fullmatch(text)
        if match is None:
            return None
        shard, position, event = match.groups()
        return cls(shard, int(position), None if event is None else int(event))


class Reached(NamedTuple):
    """The last event of a room that was passed on up to some position, and the position of its batch."""

    position: int
    event: int


class Journal:
    """The positions of one object; ``shard`` is its number."""

    def __init__(self, store: ObjectStore, clock: Clock, defer: Defer, shard: str) -> None:
        self._store = store
        self._clock = clock
        self._defer = defer
        self._shard = shard
        self._begun = self.position = clock.now() * 1000
        self._head = f"{shard}/{self.position}"
        self._room: str | None = None
        self._unstored: list[tuple[int, str, int]] = []
        self._trimmed_at = 0
        store.rows(
            "CREATE TABLE IF NOT EXISTS passed (position INTEGER PRIMARY KEY, room TEXT, event INTEGER)"
        )
        store.rows("CREATE INDEX IF NOT EXISTS passed_by_room ON passed (room, position)")
        self._ended = store.rows("SELECT coalesce(max(position), 0) AS n FROM passed")[0]["n"]
        """Where the object's former life ended, as far as it was stored."""

    @property
    def floor(self) -> int:
        """The position of two minutes ago: what was passed on before has long arrived or is lost."""
        return (self._clock.now() - KEPT) * 1000

    def passing(self, room: str, last_event: int) -> None:
        """Take a position for a batch that ends with that event; until ``passed`` its events are sent."""
        self._step(room, last_event)
        self._room = room

    def passed(self) -> None:
        """Take note that the batch is sent."""
        self._room = None

    def mark(self) -> int:
        """Take a position that is no batch's."""
        self._step(MARK, 0)
        return self.position

    def offset(self, room: str, event: int) -> str:
        """The offset of an event that is sent now; one of a replay tells only of the batches before."""
        return f"{self._head}.{event}" if room == self._room else self._head

    def reached(self, offset: Offset, rooms: Iterable[str]) -> dict[str, Reached] | None:
        """How far somebody got who had this offset in rooms of which batches were passed; None if unknown."""
        self.flush()
        if not (offset.position <= self._ended or self._begun <= offset.position <= self.position):
            return None
        found = self._reached_by(offset.position, rooms)
        if offset.event is not None:
            room = self._store.rows("SELECT room FROM passed WHERE position = ?", offset.position)
            if room and room[0]["room"] in found:
                found[room[0]["room"]] = Reached(offset.position, offset.event)
        return found

    def settled(self, rooms: Iterable[str]) -> dict[str, Reached]:
        """How far everybody got in rooms who can still be recovered."""
        return self._reached_by(self.floor, rooms)

    def flush(self) -> None:
        """Store what waits to be."""
        rows, self._unstored = self._unstored, []
        if rows:
            self._store.rows(
                "INSERT INTO passed SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
                json.dumps(rows),
            )

    def trim(self, rooms: Iterable[str]) -> None:
        """Forget, now and then, what nobody can ask for; ``rooms`` are those that are listened to.

        What was ``settled`` when a session was parked stays so while that can be claimed.
        """
        now = self._clock.now()
        if now >= self._trimmed_at + TRIM_EVERY:
            self._trimmed_at = now
            self._store.rows(TRIM, self.floor - KEPT * 1000, json.dumps(list(rooms)))

    def _step(self, room: str, event: int) -> None:
        self.position = max(self.position + 1, self._clock.now() * 1000)
        self._head = f"{self._shard}/{self.position}"
        if not self._unstored:
            self._defer(self._flush_soon())
        self._unstored.append((self.position, room, event))

    async def _flush_soon(self) -> None:
        await asyncio.sleep(FLUSH_AFTER)
        self.flush()

    def _reached_by(self, position: int, rooms: Iterable[str]) -> dict[str, Reached]:
        rows: list[Row] = self._store.rows(REACHED, json.dumps(list(rooms)), position)
        return {
            row["room"]: Reached(row["position"], row["event"]) for row in rows if row["position"] is not None
        }
