"""What the routes of notifications take and answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from services.encoding import from_b64url
from services.models import Model, Timestamp

POINT_BYTES = 65
"""An uncompressed point of P-256 (SEC 1, section 2.3.3)."""
AUTH_BYTES = 16


class Notification(Model):
    """Something that the person is told. ``data`` depends on the kind; see docs/notifications.md."""

    id: str
    kind: str
    data: dict[str, Any]
    read_at: Timestamp | None
    created_at: Timestamp


class UnreadNotifications(Model):
    """How many are unread; 1000 means that many or more."""

    count: int


class PushKey(Model):
    """What browsers want as ``applicationServerKey``: the public VAPID key, base64url."""

    public_key: str


def _of_length(length: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(from_b64url(text)) != length:
            raise ValueError(f"must be {length} bytes in base64url")
        return text

    return AfterValidator(check)


class PushKeys(Model):
    """The browser's keys (RFC 8291, section 2)."""

    p256dh: Annotated[str, Field(max_length=100), _of_length(POINT_BYTES)]
    auth: Annotated[str, Field(max_length=40), _of_length(AUTH_BYTES)]


class PushSubscription(Model):
    """A ``PushSubscription`` of the Push API, as ``toJSON()`` gives it."""

    endpoint: Annotated[str, Field(min_length=8, max_length=1000)]
    keys: PushKeys


class PushEndpoint(Model):
    """Which subscription."""

    endpoint: Annotated[str, Field(min_length=8, max_length=1000)]


class Subscribed(Model):
    """A subscription that is kept."""

    id: str
    created_at: Timestamp
