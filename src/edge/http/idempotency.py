"""``Idempotency-Key``: the same request again gets the first answer.

See draft-ietf-httpapi-idempotency-key-header.

A key is reserved before the handler runs and completed in the same transaction as the handler's writes, so a
crash leaves either no effect and an unfinished reservation, which a later retry may take over, or the effect
together with the answer. Stored answers are sealed: they may hold tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from edge.http import routes
from edge.http.messages import Reply
from services.context import Statement, sql
from services.problems import BadRequest, Conflict
from services.sealing import Sealer

if TYPE_CHECKING:
    from edge.http.messages import Request
    from services.context import Context
    from services.models import Model

HOUR = 3_600_000
KEPT = 24 * HOUR
ABANDONED_AFTER = 60_000
"""Milliseconds after which an unfinished reservation is taken for the trace of a crash."""
MAX_KEY = 255


class IdempotencyKeyReused(Conflict):
    """The key came with another request before."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for a different request."


class IdempotencyInProgress(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still being answered."


@dataclass(frozen=True, slots=True)
class Reservation(routes.Idempotency):
    """A reserved key, to be completed or released."""

    context: Context
    scope: str
    key: str
    derived_id: str
    started_at: int

    async def completion(self, status: int, reply: Model) -> Statement:
        """The statement that stores the answer; it belongs into the handler's own batch."""
        sealed = await _sealer(self.context).seal(self.context, reply.model_dump_json(), _purpose(self.scope))
        return sql(
            "UPDATE idempotency_keys SET status = ?, reply_sealed = ? WHERE scope = ? AND key = ?",
            status, sealed, self.scope, self.key,
        )  # fmt: skip

    async def release(self) -> None:
        """Forget the reservation of a request that failed, so that it may be tried again; not a later holder's."""
        await self.context.db.run(
            sql(
                "DELETE FROM idempotency_keys WHERE scope = ? AND key = ? AND started_at = ? AND status IS NULL",
                self.scope, self.key, self.started_at,
            )
        )  # fmt: skip


async def reserve(
    context: Context, request: Request, *, operation: str, subject: str, body: bytes
) -> Reservation | Reply | None:
    """Reserve the request's key: a ``Reservation`` to work under, the stored ``Reply``, or None without a key.

    Raises ``BadRequest`` for a bad key, ``Conflict`` for a reused or concurrent one.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key or len(key) > MAX_KEY or not key.isprintable():
        raise BadRequest(f"Idempotency-Key must be 1 to {MAX_KEY} printable characters.")
    scope, digest = f"{subject} {operation}", sha256(body).hexdigest()
    now = context.clock.now()
    inserted, rows = await context.db.batch(_claim(scope, key, digest, context.random.id(), now))
    if inserted:
        return Reservation(context, scope, key, inserted[0]["resource_id"], now)
    (row,) = rows
    if row["request_hash"] != digest:
        raise IdempotencyKeyReused
    if row["status"] is None:
        raise IdempotencyInProgress(retry_after=1)
    text = await _sealer(context).open(context, row["reply_sealed"], _purpose(scope))
    return Reply(
        row["status"], text, [("content-type", "application/json"), ("idempotency-replayed", "true")]
    )


def _claim(scope: str, key: str, digest: str, new_id: str, now: int) -> list[Statement]:
    """Insert the key, or take over an expired one, or an unfinished one that a crash left behind.

    The id of a crashed attempt is kept: what it may have created elsewhere is found again under it.
    """
    claim = sql(
        "INSERT INTO idempotency_keys (scope, key, request_hash, resource_id, started_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, key) DO UPDATE SET"
        "  resource_id = iif(expires_at <= excluded.started_at, excluded.resource_id, resource_id),"
        "  request_hash = excluded.request_hash, status = NULL, reply_sealed = NULL,"
        "  started_at = excluded.started_at, expires_at = excluded.expires_at"
        " WHERE expires_at <= excluded.started_at"
        "  OR (status IS NULL AND request_hash = excluded.request_hash AND started_at <= excluded.started_at - ?)"
        " RETURNING resource_id",
        scope, key, digest, new_id, now, now + KEPT, ABANDONED_AFTER,
    )  # fmt: skip
    read = sql(
        "SELECT request_hash, status, reply_sealed FROM idempotency_keys WHERE scope = ? AND key = ?",
        scope,
        key,
    )
    return [claim, read]


def _sealer(context: Context) -> Sealer:
    return Sealer(context.config)


def _purpose(scope: str) -> str:
    return f"idempotency {scope}"
