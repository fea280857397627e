"""Device sessions: one per sign-in, each a family of refresh tokens of which one is current (RFC 9700, 4.14).

A refresh token is spent by its first use. A second use means that two parties hold it, the owner and a thief,
and nothing tells which is which: so the whole family is revoked and the owner is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from services.accounts import letters, one_time
from services.accounts.endings import end_sessions
from services.accounts.models import DeviceSession, SignedIn
from services.accounts.people import Person
from services.accounts.problems import InvalidRefreshToken, RefreshTokenReused
from services.accounts.tokens import LIFETIME, issue_access_token
from services.context import sql
from services.mail import deliver_outbox, post
from services.notifications import inbox
from services.notifications.notifier import notify
from services.problems import InvalidToken, NotFound

if TYPE_CHECKING:
    from services.accounts.principal import Principal
    from services.context import Context, Row, Statement

REFRESH_LIFETIME = 7 * 24 * 60 * 60
"""Seconds; each rotation begins them anew."""
MAX_SESSIONS = 50
"""Devices that a person may be signed in on; the one unused for longest gives way."""
EVENTS = "studymate_auth_events_total"


class Opened(NamedTuple):
    """A device session that begins or goes on: what the person gets, and the writes that make it so."""

    session_id: str
    reply: SignedIn
    statements: tuple[Statement, ...] = ()


async def open_session(context: Context, person: Person, device: str) -> Opened:
    """A new device session; it exists once its statements are executed.

    The first tells whether: none begins for somebody who has been locked out, or has another password, since
    ``person`` was read.
    """
    session_id, token, now = context.random.id(), context.random.token(), context.clock.now()
    insert = sql(
        "INSERT INTO device_sessions (id, user_id, token_hash, user_agent, created_at, used_at, expires_at)"
        " SELECT ?, id, ?, ?, ?, ?, ? FROM users"
        " WHERE id = ? AND password_hash IS ? AND suspended_at IS NULL AND deleted_at IS NULL RETURNING id",
        session_id, one_time.token_hash(token), device, now, now, now + REFRESH_LIFETIME * 1000,
        person.id, person.password_hash,
    )  # fmt: skip
    drop = sql(
        "DELETE FROM device_sessions WHERE id IN (SELECT id FROM device_sessions WHERE user_id = ?"
        " ORDER BY used_at DESC, id DESC LIMIT -1 OFFSET ?)",
        person.id, MAX_SESSIONS,
    )  # fmt: skip
    return Opened(session_id, await _reply(context, person, session_id, token), (insert, drop))


async def refresh(context: Context, token: str) -> Opened:
    """Spend a refresh token for the next one, in one transaction: of two at once, one is the first.

    Raises ``RefreshTokenReused`` and revokes the family, ``InvalidRefreshToken``, or ``AccountSuspended``.
    """
    successor = context.random.token()
    *_, rows = await context.db.batch(_rotation(context, token, successor))
    if not rows:
        raise await _refused(context, token)
    context.metrics.count(EVENTS, event="refresh", outcome="ok")
    session_id = rows[0]["session_id"]
    return Opened(session_id, await _reply(context, Person.of(rows[0]), session_id, successor))


def _rotation(context: Context, token: str, successor: str) -> list[Statement]:
    now = context.clock.now()
    spent, current, end = (
        one_time.token_hash(token),
        one_time.token_hash(successor),
        now + REFRESH_LIFETIME * 1000,
    )
    rotate = sql(
        "UPDATE device_sessions SET token_hash = ?, used_at = ?, expires_at = ?"
        " WHERE token_hash = ? AND revoked_at IS NULL AND expires_at > ? AND EXISTS (SELECT 1 FROM users u"
        "  WHERE u.id = device_sessions.user_id AND u.suspended_at IS NULL AND u.deleted_at IS NULL)",
        current, now, end, spent, now,
    )  # fmt: skip
    remember = sql(
        "INSERT INTO spent_refresh_tokens (token_hash, session_id, spent_at, expires_at)"
        " SELECT ?, id, ?, ? FROM device_sessions WHERE token_hash = ?",
        spent, now, end, current,
    )  # fmt: skip
    read = sql(
        "SELECT p.*, s.id AS session_id FROM device_sessions s JOIN people p ON p.user_id = s.user_id"
        " WHERE s.token_hash = ?",
        current,
    )
    return [rotate, remember, read]


async def _reply(context: Context, person: Person, session_id: str, refresh_token: str) -> SignedIn:
    return SignedIn(
        user=await person.view(context),
        access_token=issue_access_token(context, person.id, session_id, person.roles),
        refresh_token=refresh_token,
        expires_in=LIFETIME,
    )


async def _refused(context: Context, token: str) -> InvalidToken:
    """Why a refresh token was not taken; a reused one is dealt with."""
    row = await context.db.first(_family(token))
    if row is None:
        context.metrics.count(EVENTS, event="refresh", outcome="unknown")
        return InvalidRefreshToken()
    if row["spent"]:
        await _punish_reuse(context, row)
        return RefreshTokenReused()
    Person.of(row).check_may_sign_in()
    context.metrics.count(EVENTS, event="refresh", outcome="expired")
    return InvalidRefreshToken()


def _family(token: str) -> Statement:
    """The query for the device session that a current or spent refresh token belongs to."""
    digest = one_time.token_hash(token)
    return sql(
        "SELECT p.*, s.id AS session_id, s.user_agent, s.revoked_at, s.token_hash <> ? AS spent"
        " FROM device_sessions s JOIN people p ON p.user_id = s.user_id WHERE s.id = coalesce("
        "  (SELECT id FROM device_sessions WHERE token_hash = ?),"
        "  (SELECT session_id FROM spent_refresh_tokens WHERE token_hash = ?))",
        digest, digest, digest,
    )  # fmt: skip


async def _punish_reuse(context: Context, row: Row) -> None:
    """Revoke the family and tell its owner, by notification and mail, in one transaction."""
    context.metrics.count(EVENTS, event="refresh", outcome="reused")
    if row["revoked_at"] is not None:
        return
    person, now = Person.of(row), context.clock.now()
    revoke = sql(
        "UPDATE device_sessions SET revoked_at = ?, revoked_why = 'refresh_token_reused'"
        " WHERE id = ? AND revoked_at IS NULL",
        now, row["session_id"],
    )  # fmt: skip
    about = {"sessionId": row["session_id"], "device": row["user_agent"]}
    told = inbox.Entry(person.id, context.random.id(), "refresh_token_reused", about)
    await context.db.batch(
        [revoke, *inbox.insert(context, [told]), *await _warning(context, person, row["user_agent"])]
    )
    end_sessions(context, person.id, [row["session_id"]])
    context.log.warning("refresh_token_reused", session=row["session_id"])
    context.defer(deliver_outbox(context))
    context.defer(notify(context, told.user_id, kind=told.kind, data=about, notification_id=told.id))


async def _warning(context: Context, person: Person, device: str) -> list[Statement]:
    email = await person.email(context)
    if email is None:
        return []
    letter = letters.write(
        context, "refresh_token_reused", recipient=email, locale=person.locale, device=device
    )
    return [await post(context, letter)]


async def session_of(context: Context, token: str) -> str | None:
    """The device session that a refresh token belongs or belonged to."""
    row = await context.db.first(_family(token))
    return row["session_id"] if row else None


async def check_fresh(context: Context, principal: Principal) -> None:
    """Raise ``InvalidToken`` unless the access token still tells the truth.

    It does not when the device has been signed out, when the person is suspended or gone, or when a role that
    it names has been taken away.
    """
    alive = sql(
        "SELECT p.* FROM device_sessions s JOIN people p ON p.user_id = s.user_id"
        " WHERE s.id = ? AND s.user_id = ? AND s.revoked_at IS NULL AND s.expires_at > ?",
        principal.session_id, principal.user_id, context.clock.now(),
    )  # fmt: skip
    row = await context.db.first(alive)
    person = Person.of(row) if row else None
    if person is None or person.suspended or not principal.roles <= set(person.roles):
        raise InvalidToken


async def list_sessions(context: Context, principal: Principal) -> list[DeviceSession]:
    """The devices on which the caller is signed in, last used first; at most ``MAX_SESSIONS``."""
    listed = sql(
        "SELECT id, user_agent, created_at, used_at, expires_at FROM device_sessions"
        " WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY used_at DESC, id DESC",
        principal.user_id, context.clock.now(),
    )  # fmt: skip
    return [
        DeviceSession(
            id=row["id"],
            device=row["user_agent"],
            created_at=row["created_at"],
            last_used_at=row["used_at"],
            expires_at=row["expires_at"],
            current=row["id"] == principal.session_id,
        )
        for row in await context.db.all(listed)
    ]


async def sign_out(context: Context, user_id: str, session_id: str) -> None:
    """Sign one of the person's devices out; raises ``NotFound`` if it is not signed in."""
    if not await context.db.first(revocation(context, user_id, session_id)):
        raise NotFound
    end_sessions(context, user_id, [session_id])
    context.metrics.count(EVENTS, event="sign_out", outcome="ok")


async def sign_out_everywhere(context: Context, user_id: str) -> None:
    """Sign all of the person's devices out."""
    ended = await context.db.all(revocation(context, user_id))
    end_sessions(context, user_id, (row["id"] for row in ended))
    context.metrics.count(EVENTS, event="sign_out", outcome="all")


def revocation(context: Context, user_id: str, session_id: str | None = None) -> Statement:
    """The statement that signs one of a person's devices out, or all."""
    return sql(
        "UPDATE device_sessions SET revoked_at = ?, revoked_why = 'signed_out'"
        " WHERE user_id = ? AND id = coalesce(?, id) AND revoked_at IS NULL RETURNING id",
        context.clock.now(), user_id, session_id,
    )  # fmt: skip


async def purge_expired(context: Context) -> None:
    """Forget what has expired; for cron."""
    now = context.clock.now()
    await context.db.batch(
        [
            sql("DELETE FROM one_time_tokens WHERE expires_at <= ?", now),
            sql("DELETE FROM spent_refresh_tokens WHERE expires_at <= ?", now),
            sql("DELETE FROM device_sessions WHERE expires_at <= ?", now),
        ]
    )
