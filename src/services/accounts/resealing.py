"""After a rotation of ``COLUMN_KEYS``: columns sealed with older keys are sealed again with the current one.

Cron calls this; each call goes one page further, from where the last one stopped, until all is done. Where it
stopped is in KV under the id of the current key: stale by a minute it repeats a page, which changes nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from services.context import sql
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.context import Context, Row, Statement

PROGRESS = "reseal"


class Column(NamedTuple):
    """A sealed column: its purpose, its table's key, how to read a page of it and write one value."""

    purpose: str
    key: tuple[str, ...]
    read: str
    write: str


COLUMNS = (
    Column(
        "users.email",
        ("id",),
        "SELECT id, email_sealed AS sealed FROM users WHERE id > ? ORDER BY id LIMIT ?",
        "UPDATE users SET email_sealed = ? WHERE id = ? AND email_sealed = ?",
    ),
    Column(
        "users.birth_date",
        ("id",),
        "SELECT id, birth_date_sealed AS sealed FROM users WHERE id > ? ORDER BY id LIMIT ?",
        "UPDATE users SET birth_date_sealed = ? WHERE id = ? AND birth_date_sealed = ?",
    ),
    Column(
        "users.phone",
        ("id",),
        "SELECT id, phone_sealed AS sealed FROM users WHERE id > ? ORDER BY id LIMIT ?",
        "UPDATE users SET phone_sealed = ? WHERE id = ? AND phone_sealed = ?",
    ),
    Column(
        "identities.subject",
        ("provider", "subject_lookup"),
        "SELECT provider, subject_lookup, subject_sealed AS sealed FROM identities"
        " WHERE (provider, subject_lookup) > (?, ?) ORDER BY provider, subject_lookup LIMIT ?",
        "UPDATE identities SET subject_sealed = ?"
        " WHERE provider = ? AND subject_lookup = ? AND subject_sealed = ?",
    ),
)


class Progress(NamedTuple):
    """The next page: which column, after which key."""

    kid: str
    column: int = 0
    after: tuple[str, ...] = ("",)


async def reseal_columns(context: Context, limit: int = 100) -> bool:
    """Seal one page of at most ``limit`` rows again; whether nothing is left to do."""
    progress = await _progress(context)
    if progress.column == len(COLUMNS):
        return True
    column = COLUMNS[progress.column]
    rows = await context.db.all(sql(column.read, *progress.after, limit))
    updates = [update for row in rows if (update := await _resealed(context, column, row))]
    if updates:
        await context.db.batch(updates)
        context.log.info("resealed", column=column.purpose, rows=len(updates))
    following = _following(progress, rows, limit)
    await context.kv.put(PROGRESS, json.dumps(following))
    return following.column == len(COLUMNS)


async def _progress(context: Context) -> Progress:
    """Where the last call stopped; the beginning when the current key has changed since."""
    kid = Sealer(context.config).current
    known = await context.kv.get(PROGRESS)
    if known:
        stored_kid, column, after = json.loads(known)
        if stored_kid == kid:
            return Progress(kid, column, tuple(after))
    return Progress(kid)


async def _resealed(context: Context, column: Column, row: Row) -> Statement | None:
    """The statement that replaces a row's value, unless it is current or changes meanwhile."""
    sealer, sealed = Sealer(context.config), row["sealed"]
    if sealed is None or not sealer.needs_reseal(sealed):
        return None
    renewed = await sealer.seal(context, await sealer.open(context, sealed, column.purpose), column.purpose)
    return sql(column.write, renewed, *(row[name] for name in column.key), sealed)


def _following(progress: Progress, rows: list[Row], limit: int) -> Progress:
    if len(rows) == limit:
        return progress._replace(after=tuple(rows[-1][name] for name in COLUMNS[progress.column].key))
    column = progress.column + 1
    start = ("",) * len(COLUMNS[column].key) if column < len(COLUMNS) else ()
    return Progress(progress.kid, column, start)
