"""``RateLimiter``: the window of one policy and subject."""

from __future__ import annotations

import json
from typing import Any

from edge.objects import LiveObject
from services.ratelimit import Window

KEPT_AFTER_RESET = 60_000


class RateLimiter(LiveObject):
    """Grants leases of events; see ``services.ratelimit``. Its window survives a restart."""

    exposed = frozenset({"grant"})

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._window: Window | None = None

    async def grant(self, *, wanted: int, quota: int, window: int) -> dict[str, int]:
        """Up to ``wanted`` of ``quota`` events per ``window`` seconds."""
        if self._window is None:
            self._window = await self._load()
        granted = self._window.grant(wanted=wanted, quota=quota, window=window, now=self.context.clock.now())
        if granted["granted"]:
            self._save(granted)
        return granted

    async def alarm(self, *_: Any) -> None:
        """The window is long over: forget everything."""
        await self.storage.deleteAll()
        self._window = None

    async def _load(self) -> Window:
        stored = await self.storage.get("window")
        return Window(*json.loads(stored)) if isinstance(stored, str) else Window()

    def _save(self, grant: dict[str, int]) -> None:
        assert self._window is not None  # noqa: S101 - loaded before
        self.storage.put("window", json.dumps([self._window.started, self._window.granted]))
        if self._window.granted == grant["granted"]:  # the window's first
            self.wake_at(grant["resetAt"] + KEPT_AFTER_RESET)
