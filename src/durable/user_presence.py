"""``UserPresence``: where one person is connected; see ``services.realtime.whereabouts``."""

from __future__ import annotations

from typing import Any

from edge.objects import LiveObject
from services.realtime.whereabouts import Whereabouts


class UserPresence(LiveObject):
    """One object per person."""

    exposed = Whereabouts.exposed

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.served = self.whereabouts = Whereabouts(self, self.context)

    async def alarm(self, *_: Any) -> None:
        """Do what is due."""
        await self.whereabouts.alarm()
