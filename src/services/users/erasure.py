"""The end of an account: everything about the person is erased or made anonymous, wherever it lies.

The account is marked and the database cleared in one transaction. What lies elsewhere follows at once, and
again by the cron after ``SETTLED``: a request of the same moment may have written something behind the first
pass, and a crash may have kept it from running. Only the cron's pass settles the matter.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from services.accounts import emails, passwords
from services.accounts.endings import end_sessions
from services.accounts.sessions import revocation
from services.context import sql
from services.problems import FieldError, Forbidden, InvalidToken, Unprocessable
from services.sealing import Sealer
from services.users.personal_data import HOLDINGS, PURGES

if TYPE_CHECKING:
    from services.context import Context, Row, Statement
    from services.users.models import DeleteAccount

SETTLED = 3_600_000
"""Milliseconds after which no access token of a deleted account is valid and no request of it under way."""
BATCH = 100

UNSETTLED = (
    "SELECT id, deleted_at FROM users WHERE deleted_at IS NOT NULL AND erased_at IS NULL"
    " AND deleted_at <= ?1 AND (deleted_at, id) > (?2, ?3) ORDER BY deleted_at, id LIMIT ?4"
)


class NotConfirmed(Forbidden):
    """The password or the address that should confirm the deletion is not the account's."""

    code = "not_confirmed"
    title = "The password or e-mail address is not that of this account."


async def delete_account(context: Context, user_id: str, proof: DeleteAccount) -> None:
    """Erase the person and leave an empty row that others' rooms can point to.

    Raises ``Unprocessable`` without the proof that this account needs, ``NotConfirmed`` when it is wrong.
    """
    row = await context.db.first(
        sql("SELECT email_sealed, password_hash FROM users WHERE id = ? AND deleted_at IS NULL", user_id)
    )
    if row is None:
        raise InvalidToken("This account is gone.")
    await _check_meant(context, user_id, row, proof)
    mark = sql(
        "UPDATE users SET deleted_at = ?2, updated_at = ?2 WHERE id = ?1 AND deleted_at IS NULL",
        user_id, context.clock.now(),
    )  # fmt: skip
    _, ended, *_ = await context.db.batch([mark, revocation(context, user_id), *_clearing(user_id)])
    end_sessions(context, user_id, (device["id"] for device in ended))
    context.defer(_purge(context, user_id))


async def finish_erasures(context: Context) -> int:
    """Settle deletions that are older than ``SETTLED``; how many. Safe to repeat and to interrupt."""
    latest, after, settled = context.clock.now() - SETTLED, (0, ""), 0
    while rows := await context.db.all(sql(UNSETTLED, latest, *after, BATCH)):
        for row in rows:
            settled += await _settle(context, row["id"])
        after = rows[-1]["deleted_at"], rows[-1]["id"]
    return settled


async def _settle(context: Context, user_id: str) -> bool:
    """The last pass over one person. A failure is logged and left to the next run; others go on."""
    try:
        await context.db.batch(_clearing(user_id))
        await _purge(context, user_id)
        await context.db.run(sql("UPDATE users SET erased_at = ? WHERE id = ?", context.clock.now(), user_id))
    except Exception as error:  # noqa: BLE001 - whatever failed, the row stays unsettled
        context.log.error("erasure_failed", user=user_id, error=type(error).__name__)
        return False
    return True


def _clearing(user_id: str) -> list[Statement]:
    return [sql(text, user_id) for holding in HOLDINGS for text in holding.erase]


async def _purge(context: Context, user_id: str) -> None:
    for purge in PURGES:
        await purge(context, user_id)


async def _check_meant(context: Context, user_id: str, row: Row, proof: DeleteAccount) -> None:
    """The password where there is one, else the address, else the account's id."""
    if row["password_hash"]:
        if proof.password is None:
            raise Unprocessable(errors=(FieldError("$.password", "must be sent"),))
        meant = await passwords.verify_password(context, proof.password, row["password_hash"])
    else:
        if proof.confirm is None:
            raise Unprocessable(errors=(FieldError("$.confirm", "must be sent"),))
        expected = user_id
        if row["email_sealed"]:
            expected = await Sealer(context.config).open(context, row["email_sealed"], emails.PURPOSE)
        meant = hmac.compare_digest(proof.confirm.strip().lower().encode(), expected.lower().encode())
    if not meant:
        raise NotConfirmed
