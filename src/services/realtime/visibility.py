"""Who may see whether somebody is online: by their own setting, and never across a block.

``everyone``: whoever is signed in; ``partners``: those with whom they share a room; ``nobody``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from services.context import sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Context

LARGE = 100
"""Members; in larger rooms nobody is told that somebody came or went."""

VISIBLE = (
    "SELECT u.id FROM json_each(?2) j JOIN users u ON u.id = j.value"
    " WHERE u.deleted_at IS NULL AND u.suspended_at IS NULL AND (u.id = ?1 OR ("
    "  CASE coalesce(u.settings ->> '$.privacy.presence', 'partners')"
    "   WHEN 'everyone' THEN 1 WHEN 'nobody' THEN 0"
    "   ELSE EXISTS (SELECT 1 FROM chat_members mine JOIN chat_members theirs"
    "    ON theirs.room_id = mine.room_id AND theirs.user_id = u.id AND theirs.left_at IS NULL"
    "    WHERE mine.user_id = ?1 AND mine.left_at IS NULL) END"
    "  AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = u.id)"
    "  AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = u.id AND blocked_id = ?1)))"
)
SHARED_ROOMS = (
    "SELECT m.room_id FROM chat_members m JOIN users u ON u.id = m.user_id"
    " WHERE m.user_id = ?1 AND m.left_at IS NULL AND u.deleted_at IS NULL"
    " AND coalesce(u.settings ->> '$.privacy.presence', 'partners') <> 'nobody'"
    " AND (SELECT count(*) FROM (SELECT 1 FROM chat_members o WHERE o.room_id = m.room_id"
    "  AND o.left_at IS NULL LIMIT ?2 + 1)) <= ?2"
)
BLOCKS = (
    "SELECT blocked_id AS id FROM blocks WHERE user_id = ?1"
    " UNION SELECT user_id AS id FROM blocks WHERE blocked_id = ?1"
)


class Audience(NamedTuple):
    """Those who have one of ``rooms`` open, without those in ``hidden``."""

    rooms: list[str]
    hidden: list[str]


async def visible(context: Context, viewer_id: str, ids: Sequence[str]) -> list[str]:
    """Those of the people whose presence the viewer may see, in the order asked."""
    rows = await context.db.replica().all(sql(VISIBLE, viewer_id, json.dumps(list(ids))))
    found = {row["id"] for row in rows}
    return [user_id for user_id in dict.fromkeys(ids) if user_id in found]


async def audience(context: Context, user_id: str) -> Audience:
    """Who is told when a person comes or goes."""
    rooms, blocked = await context.db.batch([sql(SHARED_ROOMS, user_id, LARGE), sql(BLOCKS, user_id)])
    return Audience([row["room_id"] for row in rooms], [row["id"] for row in blocked])
