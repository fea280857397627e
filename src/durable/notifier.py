"""``UserNotifier``: tells one person what concerns them; see ``services.notifications.notifier``."""

from __future__ import annotations

from typing import Any

from edge.objects import LiveObject
from services.notifications.notifier import Notifier


class UserNotifier(LiveObject):
    """One object per person."""

    exposed = Notifier.exposed

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.served = self.notifier = Notifier(self, self.context)

    async def alarm(self, *_: Any) -> None:
        """Send the pushes that are due."""
        await self.notifier.alarm()
