"""Whether this code and the database belong together.

``schema_version`` holds the version that the migrations led to and the oldest code version that still works
with it, so that old code refuses a newer database as clearly as new code refuses an older one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.context import sql
from services.problems import Unavailable

if TYPE_CHECKING:
    from services.context import Context

SCHEMA_VERSION = 4
"""The version that this code is written for: that of the last migration."""


class SchemaMismatch(Unavailable):
    """The database has not been migrated for this code, or has been for newer code."""

    code = "schema_mismatch"
    title = "The database and the code are of different versions."


async def check_schema(context: Context) -> None:
    """Raise ``SchemaMismatch``, and tell the log what to do, unless code and database fit."""
    version, compatible_from = await _versions(context)
    if version < SCHEMA_VERSION:
        _refuse(
            context,
            f"the database is at version {version}, this code needs {SCHEMA_VERSION}: run `make migrate` here,"
            " or `wrangler d1 migrations apply DB --remote` for a deployment",
        )
    if compatible_from > SCHEMA_VERSION:
        _refuse(
            context,
            f"the database is at version {version}, which code before version {compatible_from} must not use;"
            f" this code is of version {SCHEMA_VERSION}: deploy the newer code",
        )


async def _versions(context: Context) -> tuple[int, int]:
    known = await context.db.first(sql("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'"))
    row = (
        await context.db.first(sql("SELECT version, compatible_from FROM schema_version")) if known else None
    )
    return (row["version"], row["compatible_from"]) if row else (0, 0)


def _refuse(context: Context, reason: str) -> None:
    context.log.error("schema_mismatch", reason=reason)
    raise SchemaMismatch(retry_after=60)
