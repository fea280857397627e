"""The Worker: its entrypoint and its Durable Object classes."""

from __future__ import annotations

from typing import Any

from workers import WorkerEntrypoint

from durable.chat_hub import ChatHub
from durable.connections import Connections
from durable.notifier import UserNotifier
from durable.rate_limiter import RateLimiter
from durable.test_session import TestSession
from durable.user_presence import UserPresence
from edge.application import application
from edge.crossing import unexamined
from edge.objects import LiveObject
from edge.worker import incoming, outgoing
from services.upkeep import run_upkeep

__all__ = ["ChatHub", "Connections", "Default", "RateLimiter", "TestSession", "UserNotifier", "UserPresence"]

LiveObject.make_context = staticmethod(lambda: application().platform.context(None))


class Default(WorkerEntrypoint):
    """Answers HTTP and runs what is scheduled."""

    @unexamined
    async def fetch(self, request: Any, *_: Any) -> Any:
        """Answer one request."""
        app = application()
        came = incoming(request)
        reply = await app.kernel.answer(came, app.platform.context(self.ctx, came.id))
        return outgoing(reply)

    async def scheduled(self, *_: Any) -> None:
        """Run what the crons of wrangler.toml are for."""
        await run_upkeep(application().platform.context(self.ctx))
