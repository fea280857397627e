"""Tells D1 which rooms are talked in live: their rows lag behind, so that lists ask the rooms themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.chat.projection import LIVE_FOR
from services.context import sql

if TYPE_CHECKING:
    from services.context import Context

_LIVE = (
    "UPDATE chat_rooms SET live_until = ?2, active_at = max(active_at, j.value ->> 1)"
    " FROM json_each(?1) j WHERE chat_rooms.id = j.value ->> 0"
)


class LiveRooms:
    """Writes one batch of rooms at a time; what comes meanwhile goes with the next."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._new: dict[str, int] = {}
        self._telling = False

    def begin(self, room_id: str, *, active: bool) -> None:
        """A room asks for it; ``active`` if something was said, which makes it the latest active one."""
        self._new[room_id] = self._context.clock.now() if active else 0
        if not self._telling:
            self._telling = True
            self._context.defer(self._tell())

    async def _tell(self) -> None:
        try:
            while self._new:
                rooms, self._new = self._new, {}
                until = self._context.clock.now() + LIVE_FOR
                await self._context.db.run(sql(_LIVE, json.dumps(list(rooms.items())), until))
        finally:
            self._telling = False
