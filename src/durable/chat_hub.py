"""``ChatHub``: a chat room; see ``services.chat.hub`` and docs/chat.md."""

from __future__ import annotations

from typing import Any

from edge.objects import LiveObject
from services.chat.hub import Hub


class ChatHub(LiveObject):
    """One object per room: the only writer of everything in it."""

    exposed = Hub.exposed

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.served = self.hub = Hub(self, self.context)

    async def alarm(self, *_: Any) -> None:
        """Do what was left undone."""
        await self.hub.alarm()
