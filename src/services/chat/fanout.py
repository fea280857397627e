"""From a room to the connection objects ("shards") that have subscribers: each event once, in order.

At most one ``deliver`` is under way to a shard; what happens meanwhile goes with the next. A shard with so many
sockets that one takes long is left alone for as long again, in which more comes together: one frame with ten messages
costs little more than one with a single message. How far a shard
has them is stored now and then, so that a room that was evicted goes on from there; a shard may then see a
batch again and knows it by its numbers.

A shard that hands in a message gets its events with the answer, if nothing else is on its way to it. Whether the
answer arrived is seen when the shard tells, with its next message, what it has; else what was in it is sent again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.chat.reading import live
from services.chat.room import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.chat.room import Event, Room
    from services.context import Context

NAMESPACE = "CONNECTIONS"
GIVE_UP_AFTER = 20
"""Failures in a row after which a shard is taken for gone; its clients resume when they are back."""
SHORT = 5
"""Milliseconds; after a ``deliver`` that took no longer the next one follows at once."""
LONGEST_REST = 50
"""Milliseconds for which a shard is left alone at most."""
TOLD_WITHIN = 5_000
"""Milliseconds in which a shard may tell that an answer arrived, before its events are sent again."""

_SAVE = "INSERT OR REPLACE INTO shards SELECT value ->> 0, value ->> 1 FROM json_each(?)"


@dataclass(slots=True)
class Shard:
    """One subscriber. ``cursor`` is the last event that it has; ``registrations`` counts who asked for it."""

    name: str
    cursor: int
    registrations: int = 0
    failures: int = 0
    busy: bool = False
    enclosed: int = 0
    """The last event that went with an answer."""
    enclosed_at: int = 0
    saved: int = 0
    """The cursor that is stored."""


class Fanout:
    """The subscribed shards of one room."""

    def __init__(self, room: Room, context: Context) -> None:
        self._room = room
        self._context = context
        rows = room.store.rows("SELECT name, cursor FROM shards")
        self.shards = {row["name"]: Shard(row["name"], row["cursor"], saved=row["cursor"]) for row in rows}
        self._batch: tuple[int, int, str] = (0, 0, "")

    @property
    def behind(self) -> list[Shard]:
        """Shards that do not have everything yet."""
        return [shard for shard in self.shards.values() if shard.cursor < self._room.event]

    def register(self, name: str) -> None:
        """Send what happens from now on to this shard as well."""
        shard = self.shards.get(name)
        if shard is None:
            shard = self.shards[name] = Shard(name, self._room.event)
            self.save()
        shard.registrations += 1

    def drop(self, name: str) -> None:
        """Send it nothing more."""
        if self.shards.pop(name, None):
            self._room.store.rows("DELETE FROM shards WHERE name = ?", name)

    def wake(self) -> None:
        """Begin to deliver to every shard that is behind and not being served."""
        for shard in self.behind:
            if not shard.busy and shard.enclosed < self._room.event:
                shard.busy = True
                self._context.defer(self._serve(shard))

    def save(self) -> None:
        """Store how far the shards are."""
        moved = [shard for shard in self.shards.values() if shard.saved != shard.cursor]
        if moved:
            cursors = to_json([[shard.name, shard.cursor] for shard in moved])
            self._room.store.rows(_SAVE, cursors)
        for shard in moved:
            shard.saved = shard.cursor

    def enclose(self, name: str, seen: int) -> str | None:
        """The batch for the answer to a shard that has everything up to the event ``seen``, or None."""
        shard = self.shards.get(name)
        if shard is None:
            return None
        shard.cursor = max(shard.cursor, seen)
        if shard.busy or shard.enclosed > shard.cursor or shard.cursor >= self._room.event:
            return None
        shard.enclosed, text = self._encoded(shard.cursor)
        shard.enclosed_at = self._room.clock.now()
        return text

    async def settle(self) -> None:
        """Deliver to all that are behind, once; those that fail stay behind."""
        event, recent = self._room.event, self._room.clock.now() - TOLD_WITHIN
        waiting = [
            shard
            for shard in self.behind
            if not shard.busy and (shard.enclosed < event or shard.enclosed_at <= recent)
        ]
        for shard in waiting:
            shard.busy = True
        await asyncio.gather(*(self._serve(shard) for shard in waiting))

    async def listeners(self) -> set[str]:
        """Who has the room open; a shard that does not answer has nobody."""
        calls = [self._call(name, "listeners") for name in self.shards]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        return {user for answer in answers if not isinstance(answer, BaseException) for user in answer}

    async def typing(self, user_id: str) -> None:
        """Tell every shard that somebody is writing; it is never stored and may be lost."""
        member = self._room.access(user_id)
        text = to_json({"roomId": self._room.id, "userId": user_id, "displayName": member.name})
        calls = [self._call(name, "typing", user_id=user_id, payload=text) for name in self.shards]
        await asyncio.gather(*calls, return_exceptions=True)

    async def _serve(self, shard: Shard) -> None:
        try:
            while self._owes(shard):
                began = self._room.clock.now()
                await self._deliver(shard)
                took = self._room.clock.now() - began
                if took > SHORT and self._owes(shard):
                    await asyncio.sleep(min(took, LONGEST_REST) / 1000)
        finally:
            shard.busy = False

    def _owes(self, shard: Shard) -> bool:
        return shard.cursor < self._room.event and self.shards.get(shard.name) is shard

    async def _deliver(self, shard: Shard) -> None:
        registrations = shard.registrations
        last, text = self._encoded(shard.cursor)
        try:
            reached = await self._call(shard.name, "deliver", events=text)
        except Exception as error:
            shard.failures += 1
            if shard.failures >= GIVE_UP_AFTER:
                self.drop(shard.name)
            self._context.log.warning("delivery_failed", shard=shard.name, error=type(error).__name__)
            raise
        shard.failures = 0
        if not reached and shard.registrations == registrations:
            self.drop(shard.name)
            return
        shard.cursor = last

    def _encoded(self, after: int) -> tuple[int, str]:
        """The batch after that event, and its last number; shards at the same place share the text."""
        first, last, text = self._batch
        if first != after or last != self._room.event:
            events = live(self._room, after)
            last, text = events[-1].number, encode(events)
            self._batch = after, last, text
        return last, text

    async def _call(self, shard: str, method: str, **arguments: str) -> Any:
        stub = self._context.objects.get(NAMESPACE, shard)
        return await stub.call(method, room_id=self._room.id, **arguments)


def encode(events: Sequence[Event]) -> str:
    """A batch as text: ``[[number, type, text], …]``, ``text`` being the JSON that clients get."""
    return to_json(events)
