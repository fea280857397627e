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
MANY = 1_000
"""Rooms, beyond which those that have become quiet are forgotten."""

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
        self._until: dict[str, int] = {}
        self._new: dict[str, int] = {}
        self._telling = False

    def note(self, room_id: str, *, said: bool) -> None:
        """Something was said there, which makes it the latest active one, or something was read."""
        now = self._context.clock.now()
        if self._until.get(room_id, 0) >= now + AT_LEAST:
            return
        if len(self._until) >= MANY:
            self._until = {room: until for room, until in self._until.items() if until >= now + AT_LEAST}
        self._until[room_id] = now + LIVE_FOR
        self._new[room_id] = now if said else 0
        if not self._telling:
            self._telling = True
            self._context.defer(self._tell())

    async def _tell(self) -> None:
        rooms: dict[str, int] = {}
        try:
            while self._new:
                rooms, self._new = self._new, {}
                until = self._context.clock.now() + LIVE_FOR
                await self._context.db.run(sql(_LIVE, json.dumps(list(rooms.items())), until))
        except Exception:
            for room_id in rooms | self._new:
                self._until.pop(room_id, None)
            self._new = {}
            raise
        finally:
            self._telling = False
