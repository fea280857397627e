"""Blocks and reports."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from services.context import sql
from services.models import Page
from services.paging import LAST_NUMBER, PageQuery, decode_cursor, split
from services.problems import NotFound, Unprocessable
from services.users.models import BlockedUser, Report, Reported
from services.users.profile import image_url

if TYPE_CHECKING:
    from services.context import Context

DAY = 86_400_000

LIST_BLOCKS = (
    "SELECT u.id, u.display_name, u.image_key, b.created_at FROM blocks b JOIN users u ON u.id = b.blocked_id"
    " WHERE b.user_id = ?1 AND (b.created_at, b.blocked_id) < (?2, ?3)"
    " ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT ?4"
)
_LATEST = (LAST_NUMBER, "")


class NotYourself(Unprocessable):
    """One cannot block or report oneself."""

    code = "not_yourself"
    title = "This cannot be done to yourself."


async def block(context: Context, user_id: str, other_id: str) -> None:
    """Neither sees the other any more; it is no failure to have done so before.

    Raises ``NotYourself``, and ``NotFound`` when there is no such person.
    """
    if user_id == other_id:
        raise NotYourself
    insert = sql(
        "INSERT OR IGNORE INTO blocks (user_id, blocked_id, created_at)"
        " SELECT ?1, id, ?3 FROM users WHERE id = ?2 AND deleted_at IS NULL",
        user_id, other_id, context.clock.now(),
    )  # fmt: skip
    exists = sql("SELECT 1 FROM blocks WHERE user_id = ? AND blocked_id = ?", user_id, other_id)
    _, found = await context.db.batch([insert, exists])
    if not found:
        raise NotFound


async def unblock(context: Context, user_id: str, other_id: str) -> None:
    """Take a block back; it is no failure if there was none."""
    await context.db.run(sql("DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?", user_id, other_id))


async def list_blocks(context: Context, user_id: str, query: PageQuery) -> Page[BlockedUser]:
    """Whom the person has blocked, the latest first."""
    at, last = decode_cursor(query.cursor, int, str) if query.cursor else _LATEST
    rows = await context.db.all(sql(LIST_BLOCKS, user_id, at, last, query.limit + 1))
    page, cursor = split(rows, query.limit, lambda row: (row["created_at"], row["id"]))
    items = [
        BlockedUser(
            id=row["id"],
            display_name=row["display_name"],
            profile_image_url=image_url(row["image_key"]),
            blocked_at=row["created_at"],
        )
        for row in page
    ]
    return Page[BlockedUser](items=items, next_cursor=cursor)


async def report(context: Context, user_id: str, other_id: str, body: Report) -> Reported:
    """Ask moderators to look at somebody. The same reason again on the same day (UTC) is the same report.

    Raises ``NotYourself``, and ``NotFound`` when there is no such person.
    """
    if user_id == other_id:
        raise NotYourself
    now = context.clock.now()
    report_id = sha256(f"{user_id} {other_id} {body.reason} {now // DAY}".encode()).hexdigest()[:26]
    insert = sql(
        "INSERT OR IGNORE INTO reports (id, reporter_id, subject_id, reason, detail, created_at)"
        " SELECT ?1, ?2, id, ?4, ?5, ?6 FROM users WHERE id = ?3 AND deleted_at IS NULL",
        report_id, user_id, other_id, body.reason, body.detail, now,
    )  # fmt: skip
    kept = sql("SELECT id, status, created_at FROM reports WHERE id = ?", report_id)
    _, rows = await context.db.batch([insert, kept])
    if not rows:
        raise NotFound
    return Reported.model_validate(rows[0])
