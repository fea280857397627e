"""Secrets that work once: in mails, in redirects, in the URL of a socket. Stored as hashes."""

from __future__ import annotations

import json
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from services.accounts.principal import Principal
from services.context import sql
from services.problems import InvalidToken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.context import Context, Statement

MINUTE = 60_000
TICKET_SECONDS = 30


class Purpose(Enum):
    """What a token is for, and how many milliseconds it lives."""

    VERIFY_EMAIL = "verify_email", 48 * 60 * MINUTE
    RESET_PASSWORD = "reset_password", 60 * MINUTE
    TICKET = "ticket", TICKET_SECONDS * 1000
    OAUTH_STATE = "oauth_state", 10 * MINUTE
    OAUTH_CODE = "oauth_code", 1 * MINUTE

    def __init__(self, label: str, lifetime: int) -> None:
        self.label = label
        self.lifetime = lifetime


class Redeemed(NamedTuple):
    """What a spent token stood for."""

    user_id: str | None
    payload: dict[str, Any]


def token_hash(token: str) -> str:
    """The form in which a token is stored. It is as random as the hash is long, so no salt is needed."""
    return sha256(token.encode()).hexdigest()


def issue(
    context: Context, purpose: Purpose, user_id: str | None, payload: Mapping[str, Any] | None = None
) -> tuple[str, Statement]:
    """A new token and the statement that stores it."""
    token, now = context.random.token(), context.clock.now()
    store = sql(
        "INSERT INTO one_time_tokens (token_hash, purpose, user_id, payload, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        token_hash(token), purpose.label, user_id, json.dumps(payload or {}), now, now + purpose.lifetime,
    )  # fmt: skip
    return token, store


async def redeem(context: Context, purpose: Purpose, token: str) -> Redeemed | None:
    """Spend a token; None if it is unknown, spent or expired. Of two at once, one gets it."""
    spend = sql(
        "DELETE FROM one_time_tokens WHERE token_hash = ? AND purpose = ? AND expires_at > ?"
        " RETURNING user_id, payload",
        token_hash(token), purpose.label, context.clock.now(),
    )  # fmt: skip
    row = await context.db.first(spend)
    return Redeemed(row["user_id"], json.loads(row["payload"])) if row else None


async def issue_ticket(context: Context, principal: Principal) -> str:
    """A ticket for the caller, good for one connection within ``TICKET_SECONDS``."""
    payload = {"session": principal.session_id, "roles": sorted(principal.roles)}
    ticket, store = issue(context, Purpose.TICKET, principal.user_id, payload)
    await context.db.run(store)
    return ticket


async def redeem_ticket(context: Context, ticket: str) -> Principal:
    """Who presents a ticket; spends it. Raises ``InvalidToken``."""
    redeemed = await redeem(context, Purpose.TICKET, ticket)
    if redeemed is None or redeemed.user_id is None:
        raise InvalidToken("The ticket is unknown, used, or has expired.")
    payload = redeemed.payload
    return Principal(redeemed.user_id, payload["session"], frozenset(payload["roles"]))
