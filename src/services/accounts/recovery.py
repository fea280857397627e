"""Confirming an address and choosing a new password, by links in mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.accounts import emails, letters, one_time, passwords, people
from services.accounts.endings import end_sessions
from services.accounts.one_time import Purpose
from services.accounts.problems import InvalidOneTimeToken
from services.accounts.registration import verification
from services.accounts.sessions import EVENTS, revocation
from services.context import sql
from services.mail import deliver_outbox, post

if TYPE_CHECKING:
    from services.accounts.models import ResetBody
    from services.accounts.people import Person
    from services.accounts.principal import Principal
    from services.context import Context, Statement

REPEAT_AFTER = 60_000
"""Milliseconds between two mails of a kind to one person: nobody's mailbox can be flooded."""


async def verify_email(context: Context, token: str) -> None:
    """Confirm the address that a token was mailed to; raises ``InvalidOneTimeToken``."""
    redeemed = await one_time.redeem(context, Purpose.VERIFY_EMAIL, token)
    if redeemed is None:
        raise InvalidOneTimeToken
    now = context.clock.now()
    await context.db.run(
        sql(
            "UPDATE users SET email_verified_at = coalesce(email_verified_at, ?) WHERE id = ?",
            now,
            redeemed.user_id,
        )
    )


async def resend_verification(context: Context, principal: Principal) -> None:
    """Mail the link to confirm the address again, unless it is confirmed or was mailed just now."""
    person = await people.find(context, people.by_id(principal.user_id))
    email = await person.email(context) if person else None
    if person is None or email is None or person.email_verified:
        return
    if await _mailed_lately(context, person, Purpose.VERIFY_EMAIL):
        return
    await context.db.batch(await verification(context, person.id, email, person.locale))
    context.defer(deliver_outbox(context))


async def forgot_password(context: Context, address: str) -> None:
    """Mail a link to choose a new password, if there is such an account.

    For ``context.defer``: a caller must not tell from the time it takes whether there is.
    """
    try:
        email = emails.normalise(address)
    except emails.BadEmail:
        return
    person = await people.find(context, people.by_email(context, email))
    if person is None or await _mailed_lately(context, person, Purpose.RESET_PASSWORD):
        return
    token, store = one_time.issue(context, Purpose.RESET_PASSWORD, person.id)
    letter = letters.write(context, "reset_password", recipient=email, locale=person.locale, token=token)
    await context.db.batch([store, await post(context, letter)])
    await deliver_outbox(context)


async def reset_password(context: Context, body: ResetBody) -> None:
    """Set a new password and sign all devices out; who got the mail has proven the address too.

    Raises ``InvalidOneTimeToken``, ``WeakPassword``.
    """
    query = sql(
        "SELECT p.* FROM one_time_tokens t JOIN people p ON p.user_id = t.user_id"
        " WHERE t.token_hash = ? AND t.purpose = ? AND t.expires_at > ?",
        one_time.token_hash(body.token), Purpose.RESET_PASSWORD.label, context.clock.now(),
    )  # fmt: skip
    person = await people.find(context, query)
    if person is None:
        raise InvalidOneTimeToken
    email = await person.email(context)
    passwords.check_strength(body.password, email)
    hashed = await passwords.hash_password(context, body.password)
    if await one_time.redeem(context, Purpose.RESET_PASSWORD, body.token) is None:
        raise InvalidOneTimeToken
    results = await context.db.batch(await _reset(context, person, email, hashed))
    end_sessions(context, person.id, (row["id"] for row in results[0]))
    context.metrics.count(EVENTS, event="password_reset", outcome="ok")
    context.defer(deliver_outbox(context))


async def _reset(context: Context, person: Person, email: str | None, hashed: str) -> list[Statement]:
    """The writes of a reset; the first tells which device sessions it ends."""
    now = context.clock.now()
    statements = [
        revocation(context, person.id),
        sql(
            "UPDATE users SET password_hash = ?, email_verified_at = coalesce(email_verified_at, ?),"
            " updated_at = ? WHERE id = ?",
            hashed, now, now, person.id,
        ),
        sql(
            "DELETE FROM one_time_tokens WHERE user_id = ? AND purpose = ?",
            person.id, Purpose.RESET_PASSWORD.label,
        ),
    ]  # fmt: skip
    if not person.email_verified:  # whoever linked them has never proven the address
        statements.append(sql("DELETE FROM identities WHERE user_id = ?", person.id))
    if email:
        letter = letters.write(context, "password_changed", recipient=email, locale=person.locale)
        statements.append(await post(context, letter))
    return statements


async def _mailed_lately(context: Context, person: Person, purpose: Purpose) -> bool:
    since = context.clock.now() - REPEAT_AFTER
    query = sql(
        "SELECT 1 FROM one_time_tokens WHERE user_id = ? AND purpose = ? AND created_at > ?",
        person.id, purpose.label, since,
    )  # fmt: skip
    return await context.db.first(query) is not None
