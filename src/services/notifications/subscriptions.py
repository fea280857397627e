"""Which browsers of a person take pushes."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.context import sql
from services.encoding import from_b64url
from services.notifications.models import PushSubscription, Subscribed
from services.problems import FieldError, Unprocessable
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.context import Context, Row

MAX_SUBSCRIPTIONS = 10
"""Of one person; the oldest goes when there are more."""
PURPOSE = "push_subscriptions.subscription"

OF_USER = "SELECT id, subscription_sealed FROM push_subscriptions WHERE user_id = ?1 ORDER BY created_at"
_SURPLUS = (
    "DELETE FROM push_subscriptions WHERE id IN (SELECT id FROM push_subscriptions WHERE user_id = ?1"
    " ORDER BY created_at DESC, id LIMIT -1 OFFSET ?2)"
)


class UnknownPushService(Unprocessable):
    """The endpoint is not one of a push service that this deployment talks to."""

    code = "unknown_push_service"
    title = "Pushes are not sent to this address."


async def subscribe(
    context: Context, user_id: str, subscription: PushSubscription, user_agent: str
) -> Subscribed:
    """Send this person's pushes to this browser, and nobody else's. Raises ``UnknownPushService``."""
    check_endpoint(context, subscription.endpoint)
    await _check_key(context, subscription.keys.p256dh)
    now, key = context.clock.now(), subscription_id(subscription.endpoint)
    sealed = await Sealer(context.config).seal(context, subscription.model_dump_json(), PURPOSE)
    keep = sql(
        "INSERT INTO push_subscriptions (id, user_id, subscription_sealed, user_agent, created_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET"
        " created_at = iif(user_id = ?2, created_at, ?5), user_id = ?2, subscription_sealed = ?3,"
        " user_agent = ?4"
        " RETURNING id, created_at",
        key, user_id, sealed, user_agent[:200], now,
    )  # fmt: skip
    kept, _ = await context.db.batch([keep, sql(_SURPLUS, user_id, MAX_SUBSCRIPTIONS)])
    return Subscribed(**kept[0])


async def unsubscribe(context: Context, user_id: str, endpoint: str) -> None:
    """Send no more pushes to this browser; it is no failure if none were sent."""
    key = subscription_id(endpoint)
    await context.db.run(sql("DELETE FROM push_subscriptions WHERE id = ? AND user_id = ?", key, user_id))


async def opened(context: Context, row: Row) -> PushSubscription:
    """The subscription of a row."""
    text = await Sealer(context.config).open(context, row["subscription_sealed"], PURPOSE)
    return PushSubscription.model_validate(json.loads(text))


async def _check_key(context: Context, key: str) -> None:
    """Agree with the browser's key once: 65 bytes need not be a point of the curve."""
    try:
        await context.crypto.ecdh_p256(from_b64url(key))
    except ValueError:
        raise Unprocessable(errors=(FieldError("$.keys.p256dh", "must be a public key of P-256"),)) from None


def subscription_id(endpoint: str) -> str:
    """What a subscription is called here; the endpoint itself is a secret."""
    return sha256(endpoint.encode()).hexdigest()[:32]


def check_endpoint(context: Context, endpoint: str) -> None:
    """Raise ``UnknownPushService`` unless it is of a known push service: callers could name any address."""
    try:
        where = urlsplit(endpoint)
        host, port = where.hostname or "", where.port
    except ValueError:
        host, port, where = "", None, urlsplit("")
    known = any(_is_of(host, pattern) for pattern in context.config.get("PUSH_HOSTS").split())
    local = context.config.get("ENVIRONMENT") == "dev" and where.scheme == "http"
    if not known or where.username or not (local or (where.scheme == "https" and port in (None, 443))):
        raise UnknownPushService(errors=(FieldError("$.endpoint", "must be of a push service"),))


def _is_of(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
