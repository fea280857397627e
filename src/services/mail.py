"""Mail: written in the transaction that it tells of, delivered after it, tried again until it is taken.

Production posts to an HTTP API in the form of Resend's (resend.com/docs/api-reference/emails/send-email) at
``MAIL_API_URL`` with the secret ``MAIL_API_KEY``; the mail's id is its idempotency key, so that a lost answer
makes no second mail. Without ``MAIL_API_URL``, as in development, mail stays in the outbox to be read there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from services.context import UpstreamError, sql
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.context import Context, HttpReply, Row, Statement

RECIPIENT = "outbox_mail.recipient"
BODY = "outbox_mail.body"
BATCH = 20
MINUTE = 60_000
MAX_ATTEMPTS = 12
"""The waits double from one minute, so this is about three days."""
STALE = 30 * 24 * 60 * MINUTE
"""Milliseconds that mail lies in an outbox from which nothing is delivered."""
SHOWN = 100
TIMEOUT = 10.0
REFUSED = frozenset({400, 413, 422})
"""The provider will never take this mail."""


class Mail(NamedTuple):
    """One mail in plain text."""

    recipient: str
    subject: str
    text: str


class Waiting(NamedTuple):
    """A mail in the outbox."""

    id: str
    mail: Mail
    created_at: int


async def post(context: Context, mail: Mail) -> Statement:
    """The statement that puts a mail into the outbox; for the batch of what it tells of."""
    sealer, now = Sealer(context.config), context.clock.now()
    recipient = await sealer.seal(context, mail.recipient, RECIPIENT)
    body = await sealer.seal(context, mail.text, BODY)
    return sql(
        "INSERT INTO outbox_mail (id, recipient_sealed, subject, body_sealed, next_attempt_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        context.random.id(), recipient, mail.subject, body, now, now,
    )  # fmt: skip


async def deliver_outbox(context: Context) -> None:
    """Hand what is due to the provider; called after each post and by cron. Two calls never send the same."""
    url = context.config.get("MAIL_API_URL")
    if not url:
        return
    key = context.config.secret("MAIL_API_KEY")
    for row in await _claim(context):
        waiting = await _open(context, row)
        if await _deliver(context, url, key, waiting) or row["attempts"] >= MAX_ATTEMPTS:
            await context.db.run(sql("DELETE FROM outbox_mail WHERE id = ?", waiting.id))


async def purge_outbox(context: Context) -> None:
    """Forget mail that nobody has delivered for so long that it would only confuse."""
    await context.db.run(
        sql("DELETE FROM outbox_mail WHERE next_attempt_at <= ?", context.clock.now() - STALE)
    )


async def read_outbox(context: Context) -> list[Waiting]:
    """The newest mails of the outbox, newest first."""
    rows = await context.db.all(
        sql(
            "SELECT id, recipient_sealed, subject, body_sealed, created_at FROM outbox_mail"
            " ORDER BY id DESC LIMIT ?",
            SHOWN,
        )
    )
    return [await _open(context, row) for row in rows]


async def _claim(context: Context) -> list[Row]:
    """Take the due mails for oneself: the next attempt of each is put off before this one begins."""
    now = context.clock.now()
    claim = sql(
        "UPDATE outbox_mail SET attempts = attempts + 1, next_attempt_at = ? + (? << attempts)"
        " WHERE id IN"
        "  (SELECT id FROM outbox_mail WHERE next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?)"
        " RETURNING id, recipient_sealed, subject, body_sealed, attempts, created_at",
        now, MINUTE, now, BATCH,
    )  # fmt: skip
    return await context.db.all(claim)


async def _open(context: Context, row: Row) -> Waiting:
    sealer = Sealer(context.config)
    recipient = await sealer.open(context, row["recipient_sealed"], RECIPIENT)
    text = await sealer.open(context, row["body_sealed"], BODY)
    return Waiting(row["id"], Mail(recipient, row["subject"], text), row["created_at"])


async def _deliver(context: Context, url: str, key: str, waiting: Waiting) -> bool:
    """Whether the provider is done with this mail, by taking or by refusing it."""
    try:
        reply = await _send(context, url, key, waiting)
    except UpstreamError as error:
        context.log.warning("mail_not_taken", mail=waiting.id, reason=str(error))
        return False
    taken = 200 <= reply.status < 300  # noqa: PLR2004 - HTTP's successes
    if not taken:
        context.log.warning("mail_not_taken", mail=waiting.id, status=reply.status)
    context.metrics.count("studymate_mails_total", outcome="sent" if taken else "failed")
    return taken or reply.status in REFUSED


async def _send(context: Context, url: str, key: str, waiting: Waiting) -> HttpReply:
    mail = waiting.mail
    message = {
        "from": context.config.get("MAIL_FROM", "StudyMate <no-reply@localhost>"),
        "to": [mail.recipient],
        "subject": mail.subject,
        "text": mail.text,
    }
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "idempotency-key": waiting.id,
    }
    body = json.dumps(message).encode()
    return await context.http.fetch("POST", url, headers=headers, body=body, timeout=TIMEOUT)
