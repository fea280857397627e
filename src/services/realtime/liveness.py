"""Tells D1 which rooms are talked in live: their rows lag behind, so that lists ask the rooms themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.chat.projection import LONGEST_LAG
from services.context import sql

if TYPE_CHECKING:
    from services.context import Context

LIVE_FOR = 60_000
"""Milliseconds for which lists ask a room itself, once people talk live in it."""
AT_LEAST = 3 * LONGEST_LAG
"""So long after a change they must: time enough for the room to write it, even at the second attempt."""

_LIVE = (
    "UPDATE chat_rooms SET live_until = ?2, active_at = max(active_at, j.value ->> 1)"
    " FROM json_each(?1) j WHERE chat_rooms.id = j.value ->> 0"
)


class LiveRooms:
    """What one object full of connections tells D1: each room once in a while, many together.

    One write at a time is under way; what comes meanwhile goes with the next.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._until: dict[tuple[str, bool], int] = {}
        """For each room, and whether something was said there; swept once in a while."""
        self._sweep_at = 0
        self._new: dict[str, int] = {}
        self._telling = False

    def note(self, room_id: str, *, said: bool) -> None:
        """Something was said there, which makes it the latest active one, or something was read."""
        now = self._context.clock.now()
        enough = now + AT_LEAST
        if any(self._until.get((room_id, kind), 0) >= enough for kind in {True, said}):
            return
        if now >= self._sweep_at:
            self._sweep_at = now + LIVE_FOR
            self._until = {key: until for key, until in self._until.items() if until >= enough}
        self._until[room_id, said] = now + LIVE_FOR
        self._new[room_id] = now if said else 0
        if not self._telling:
            self._telling = True
            self._context.defer(self._tell())

    async def _tell(self) -> None:
        try:
            while self._new:
                rooms, self._new = self._new, {}
                until = self._context.clock.now() + LIVE_FOR
                await self._context.db.run(sql(_LIVE, json.dumps(list(rooms.items())), until))
        except Exception:
            self._until.clear()
            self._new.clear()
            raise
        finally:
            self._telling = False
