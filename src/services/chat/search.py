"""Search over the rooms that one is in, newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.chat.models import Message, SearchQuery
from services.chat.words import match_words
from services.context import sql
from services.models import Page
from services.paging import LAST_NUMBER, decode_cursor, split

if TYPE_CHECKING:
    from services.context import Context, Row

MAX_ROOMS = 500
"""The latest active ones are searched."""

# The rooms are part of the match, so that what others write costs nothing and cannot be found; joining the
# membership once more holds the gate even if the expression were wrong.
SEARCH = (
    "SELECT c.id, c.message, u.display_name FROM chat_search s JOIN chat_messages c ON c.id = s.rowid"
    " JOIN chat_members m ON m.room_id = c.room_id AND m.user_id = ?1 AND m.left_at IS NULL"
    " JOIN users u ON u.id = c.sender_id WHERE chat_search MATCH (SELECT '{room} : (' ||"
    "  coalesce(group_concat('\"' || room_id || '\"', ' OR '), 'nowhere') || ') AND {words} : (' || ?2 || ')' FROM"
    "  (SELECT o.room_id FROM chat_members o JOIN chat_rooms r ON r.id = o.room_id WHERE o.user_id = ?1"
    "   AND o.left_at IS NULL AND (?3 IS NULL OR o.room_id = ?3) ORDER BY r.active_at DESC LIMIT ?6))"
    " AND s.rowid < ?4 ORDER BY s.rowid DESC LIMIT ?5"
)


async def search(context: Context, user_id: str, query: SearchQuery) -> Page[Message]:
    """Messages in the caller's rooms that have all the words."""
    (before,) = decode_cursor(query.cursor, int) if query.cursor else (LAST_NUMBER,)
    words = match_words(query.q)
    if not words:
        return Page[Message](items=[])
    rows = await context.db.all(
        sql(SEARCH, user_id, words, query.room_id, before, query.limit + 1, MAX_ROOMS)
    )
    page, cursor = split(rows, query.limit, lambda row: (row["id"],))
    return Page[Message](items=[_message(row) for row in page], next_cursor=cursor)


def _message(row: Row) -> Message:
    message = json.loads(row["message"])
    message["sender"]["displayName"] = row["display_name"]
    return Message.model_validate(message)
