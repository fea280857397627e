"""What people see of each other's presence, over REST."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.models import Model, Timestamp
from services.realtime.presence import Status
from services.realtime.visibility import visible
from services.realtime.whereabouts import NAMESPACE, key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Context

MAX_ASKED = 100
MAX_QUERY = 3_000


class Seen(Model):
    """One person's presence; ``last_seen`` is null for those who have never been connected."""

    user_id: str
    status: Status
    last_seen: Timestamp | None


class Device(Model):
    """One live connection of the caller."""

    device: str
    status: Literal["online", "away"]
    since: Timestamp


class MyPresence(Model):
    """The caller's own presence."""

    status: Status
    last_seen: Timestamp | None
    devices: list[Device]


def _few(text: str) -> str:
    if not 1 <= len(text.split(",")) <= MAX_ASKED:
        raise ValueError(f"must name at most {MAX_ASKED} people")
    return text


class PresenceQuery(Model):
    """Whom to look for: ids with commas between them."""

    users: Annotated[
        str, Field(min_length=1, max_length=MAX_QUERY, examples=["id1,id2"]), AfterValidator(_few)
    ]

    @property
    def user_ids(self) -> list[str]:
        """The ids."""
        return [each.strip() for each in self.users.split(",") if each.strip()]


async def see(context: Context, viewer_id: str, ids: Sequence[str]) -> list[Seen]:
    """Those of the people whom the viewer may see, as published."""
    found = await visible(context, viewer_id, ids)
    return list(await asyncio.gather(*(_published(context, user_id) for user_id in found)))


async def see_oneself(context: Context, user_id: str) -> MyPresence:
    """The caller's presence as their own object knows it."""
    answer = await context.objects.get(NAMESPACE, user_id).call("devices")
    return MyPresence.model_validate(answer)


async def _published(context: Context, user_id: str) -> Seen:
    text = await context.kv.get(key(user_id))
    known: dict[str, Any] = json.loads(text) if text else {"status": "offline", "lastSeen": None}
    return Seen(user_id=user_id, **known)
