"""What people are to each other, as far as chat is concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.context import sql

if TYPE_CHECKING:
    from services.context import Context

BLOCKED = (
    "SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = ?2"
    " UNION ALL SELECT 1 FROM blocks WHERE user_id = ?2 AND blocked_id = ?1"
)


async def blocked_between(context: Context, one: str, other: str) -> bool:
    """Whether either has blocked the other."""
    return await context.db.first(sql(BLOCKED, one, other)) is not None
