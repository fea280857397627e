"""All route groups of the Worker, in the order of the documentation."""

from __future__ import annotations

from handlers import (
    ai,
    auth,
    chat,
    leveltest,
    media,
    notifications,
    oauth,
    operation,
    outbox,
    presence,
    realtime,
    site,
    users,
)

GROUPS = (
    auth.routes,
    oauth.routes,
    auth.well_known,
    users.routes,
    ai.routes,
    leveltest.routes,
    leveltest.seeds,
    chat.routes,
    notifications.routes,
    presence.routes,
    media.routes,
    operation.routes,
    outbox.routes,
    realtime.routes,
    site.routes,
)

ROUTES = tuple(route for group in GROUPS for route in group.declared)
