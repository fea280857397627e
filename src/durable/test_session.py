"""``TestSession``: a running level test; see ``services.leveltest.session``."""

from __future__ import annotations

from typing import Any

from edge.objects import LiveObject
from services.leveltest.session import TestRun


class TestSession(LiveObject):
    """One object per test: its owner's answers go in, its report comes out."""

    exposed = TestRun.exposed

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.rows(
            "CREATE TABLE IF NOT EXISTS attempt (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)"
        )
        self.served = self.run = TestRun(self, self.context)

    def read(self) -> str | None:
        """The stored attempt."""
        found = self.rows("SELECT state FROM attempt")
        return found[0]["state"] if found else None

    def write(self, text: str, alarm_at: int) -> None:
        """Store the attempt and set the alarm, in one transaction: nothing is awaited between them."""
        self.rows("INSERT OR REPLACE INTO attempt (id, state) VALUES (1, ?)", text)
        self.storage.setAlarm(alarm_at)

    def clear(self) -> None:
        """Forget everything."""
        self.rows("DELETE FROM attempt")
        self.storage.deleteAlarm()

    async def alarm(self, *_: Any) -> None:
        """Do what is due."""
        await self.run.alarm()
