"""Presence: ``/api/v1/presence``."""

from __future__ import annotations

from edge.http.routes import Call, Routes
from services.models import Page
from services.realtime import sight
from services.realtime.sight import MyPresence, PresenceQuery, Seen

routes = Routes("/api/v1/presence", "presence")


@routes.get("")
async def list_presence(call: Call, query: PresenceQuery) -> Page[Seen]:
    """Whether people are online, away or offline, at most a minute ago.

    Whom the caller may not see is left out: people decide in their settings (`privacy.presence`) whether
    everyone, those with whom they share a room, or nobody sees it.
    """
    return Page(items=await sight.see(call.context, call.user.user_id, query.user_ids))


@routes.get("/me")
async def read_own_presence(call: Call) -> MyPresence:
    """The caller as others see them, and the devices on which they are connected."""
    return await sight.see_oneself(call.context, call.user.user_id)
