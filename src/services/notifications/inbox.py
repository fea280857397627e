"""The inbox: what a person was told, until they delete it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from services.context import sql
from services.models import Page
from services.notifications.models import Notification, UnreadNotifications
from services.paging import PageQuery, decode_cursor, split
from services.problems import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.context import Context, Row, Statement

COUNTED_UP_TO = 1000
_NEWEST = "~"
"""Sorts after every id."""

# Who sent something is named when it is read: names change, and people go.
_COLUMNS = (
    "id, kind, data, read_at, created_at,"
    " (SELECT display_name FROM users WHERE id = data ->> '$.sender.id') AS sender_name"
)
LIST = f"SELECT {_COLUMNS} FROM notifications WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"  # noqa: S608 - ours
READ = f"SELECT {_COLUMNS} FROM notifications WHERE user_id = ?1 AND id = ?2"  # noqa: S608 - ours
_READ_THESE = (
    f"SELECT user_id, {_COLUMNS} FROM notifications"  # noqa: S608 - ours
    " WHERE (user_id, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"
)
_SUPERSEDED = (
    "DELETE FROM notifications INDEXED BY notifications_by_subject WHERE read_at IS NULL"
    " AND (user_id, subject) IN (SELECT value ->> 0, value ->> 4 FROM json_each(?))"
)
_NEW = (
    "INSERT OR IGNORE INTO notifications (user_id, id, kind, data, subject, created_at)"
    " SELECT users.id, n.value ->> 1, n.value ->> 2, n.value ->> 3, n.value ->> 4, ?2"
    " FROM json_each(?1) n JOIN users ON users.id = n.value ->> 0"
)
UNREAD = (
    "SELECT count(*) AS n FROM (SELECT 1 FROM notifications INDEXED BY notifications_unread"
    " WHERE user_id = ?1 AND read_at IS NULL LIMIT ?2)"
)


class NotificationNotFound(NotFound):
    """There is no such notification in the caller's inbox."""

    code = "notification_not_found"
    title = "There is no such notification."


async def list_notifications(context: Context, user_id: str, query: PageQuery) -> Page[Notification]:
    """What the person was told, the newest first."""
    (before,) = decode_cursor(query.cursor, str) if query.cursor else (_NEWEST,)
    rows = await context.db.all(sql(LIST, user_id, before, query.limit + 1))
    page, cursor = split(rows, query.limit, lambda row: (row["id"],))
    return Page[Notification](items=[shown(row) for row in page], next_cursor=cursor)


async def count_unread(context: Context, user_id: str) -> UnreadNotifications:
    """How many the person has not read."""
    row = await context.db.first(sql(UNREAD, user_id, COUNTED_UP_TO))
    return UnreadNotifications(count=row["n"] if row else 0)


async def mark_read(context: Context, user_id: str, notification_id: str) -> Notification:
    """Mark one as read; again changes nothing. Raises ``NotificationNotFound``."""
    mark = sql(
        "UPDATE notifications SET read_at = ?3 WHERE user_id = ?1 AND id = ?2 AND read_at IS NULL",
        user_id, notification_id, context.clock.now(),
    )  # fmt: skip
    _, rows = await context.db.batch([mark, sql(READ, user_id, notification_id)])
    if not rows:
        raise NotificationNotFound
    return shown(rows[0])


async def mark_all_read(context: Context, user_id: str) -> None:
    """Mark all as read."""
    await context.db.run(
        sql(
            "UPDATE notifications SET read_at = ? WHERE user_id = ? AND read_at IS NULL",
            context.clock.now(),
            user_id,
        )
    )


async def delete_notification(context: Context, user_id: str, notification_id: str) -> None:
    """Delete one; it is no failure if it is gone."""
    await context.db.run(
        sql("DELETE FROM notifications WHERE user_id = ? AND id = ?", user_id, notification_id)
    )


class Entry(NamedTuple):
    """What is put into an inbox."""

    user_id: str
    id: str
    kind: str
    data: Mapping[str, Any]
    subject: str | None = None


def insert(context: Context, entries: Sequence[Entry]) -> list[Statement]:
    """The writes that put them into the inboxes, each in place of an unread one about the same subject."""
    new = json.dumps(
        [(each.user_id, each.id, each.kind, _stored(each.data), each.subject) for each in entries]
    )
    return [sql(_SUPERSEDED, new), sql(_NEW, new, context.clock.now())]


def read(entries: Sequence[Entry]) -> Statement:
    """What reads them, with the person's ``user_id``."""
    return sql(_READ_THESE, json.dumps([(entry.user_id, entry.id) for entry in entries]))


def shown(row: Row) -> Notification:
    """A row as its owner sees it."""
    data, name = json.loads(row["data"]), row["sender_name"]
    if name is not None:
        data["sender"]["displayName"] = name
    return Notification(
        id=row["id"], kind=row["kind"], data=data, read_at=row["read_at"], created_at=row["created_at"]
    )


def _stored(data: Mapping[str, Any]) -> str:
    nameless = {"sender": {"id": data["sender"]["id"]}} if "sender" in data else {}
    return json.dumps({**data, **nameless}, ensure_ascii=False)
