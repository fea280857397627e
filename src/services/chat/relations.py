"""What people are to each other, as far as chat is concerned, and the end of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.chat.rooms import direct_room_id, hub
from services.context import sql

if TYPE_CHECKING:
    from services.context import Context

BLOCKED = (
    "SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = ?2"
    " UNION ALL SELECT 1 FROM blocks WHERE user_id = ?2 AND blocked_id = ?1"
)


ROOMS_OF = "SELECT room_id FROM chat_members WHERE user_id = ?1"


LATEST_ROOMS = (
    "SELECT m.room_id FROM chat_members m JOIN chat_rooms r ON r.id = m.room_id WHERE m.user_id = ?1"
    " AND m.left_at IS NULL AND r.closed_at IS NULL ORDER BY r.active_at DESC, r.id DESC LIMIT ?2"
)


async def rooms_of(context: Context, user_id: str, limit: int) -> list[str]:
    """The rooms that a person is in, the latest active first."""
    return [row["room_id"] for row in await context.db.all(sql(LATEST_ROOMS, user_id, limit))]


async def contact_changed(context: Context, one: str, other: str) -> None:
    """Let the direct room of two people, if there is one, know at once that a block came or went."""
    await hub(context, direct_room_id(one, other)).call("recheck_contact")


async def erase_from_rooms(context: Context, user_id: str) -> None:
    """Take a deleted person's name and place out of every room; what they wrote stays."""
    for row in await context.db.all(sql(ROOMS_OF, user_id)):
        await hub(context, row["room_id"]).call("erase", user_id=user_id)


async def tell_name(context: Context, user_id: str, name: str) -> None:
    """Have all rooms call a person by their new name."""
    for row in await context.db.all(sql(ROOMS_OF, user_id)):
        await hub(context, row["room_id"]).call("introduce", user_id=user_id, name=name)


async def blocked_between(context: Context, one: str, other: str) -> bool:
    """Whether either has blocked the other."""
    return await context.db.first(sql(BLOCKED, one, other)) is not None
