"""``TestSession``: a running level test; see ``services.leveltest.session``."""

from __future__ import annotations

from typing import Any

from edge.objects import LiveObject
from services.leveltest.session import TestRun

ATTEMPT = "attempt"
"""The key of the only value."""


class TestSession(LiveObject):
    """One object per test: its owner's answers go in, its report comes out."""

    exposed = TestRun.exposed

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.served = self.run = TestRun(self, self.context)

    def read(self) -> str | None:
        """The stored attempt. Whoever asks for a test that does not exist leaves nothing behind."""
        found = self.storage.kv.get(ATTEMPT)
        return found if isinstance(found, str) else None

    def write(self, text: str, alarm_at: int) -> None:
        """Store the attempt and set the alarm, in one transaction: nothing is awaited between them."""
        self.storage.kv.put(ATTEMPT, text)
        self.wake_at(alarm_at)

    def clear(self) -> None:
        """Forget everything."""
        self.storage.deleteAlarm()
        self.storage.deleteAll()

    async def alarm(self, *_: Any) -> None:
        """Do what is due."""
        await self.run.alarm()
