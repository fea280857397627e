"""The pushes of one person that wait for push services: durable, retried, given up when they are stale."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from services.context import UpstreamError, sql
from services.encoding import from_b64url
from services.notifications import webpush
from services.notifications.subscriptions import OF_USER, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Context
    from services.notifications.models import PushSubscription
    from services.objects import ObjectStore, Row

SCHEMA = (
    # What is to be sent, to which browser; another one about the same subject takes its place.
    "CREATE TABLE IF NOT EXISTS pushes (id INTEGER PRIMARY KEY, browser TEXT NOT NULL, topic TEXT NOT NULL,"
    " payload TEXT NOT NULL, urgency TEXT NOT NULL, expires_at INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, UNIQUE (browser, topic))"
)
MAX_WAITING = 200
"""Pushes of one person; the oldest are given up."""
MAX_ATTEMPTS = 12
FIRST_RETRY = 5_000
"""Milliseconds; doubled after each failure."""
LONGEST_RETRY = 3_600_000
TIMEOUT = 10.0
SENT = "studymate_pushes_total"

Urgency = Literal["very-low", "low", "normal", "high"]
Outcome = Literal["sent", "gone", "retry", "refused"]
_GONE = frozenset((404, 410))
_BUSY = frozenset((408, 425, 429))


class Push(NamedTuple):
    """A push before it is addressed. ``topic`` names what it is about; ``ttl`` is in seconds."""

    payload: str
    topic: str
    urgency: Urgency
    ttl: int


class Pushes:
    """The queue of one person."""

    def __init__(self, store: ObjectStore, context: Context) -> None:
        self._store = store
        self._context = context
        store.rows(SCHEMA)

    def enqueue(self, push: Push, browsers: Sequence[str]) -> None:
        """Have it sent to these browsers."""
        now = self._context.clock.now()
        for browser in browsers:
            self._store.rows(
                "INSERT OR REPLACE INTO pushes (browser, topic, payload, urgency, expires_at, due_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                browser, _topic(push.topic), push.payload, push.urgency, now + push.ttl * 1000, now,
            )  # fmt: skip
        self._store.rows(
            "DELETE FROM pushes WHERE id <= (SELECT max(id) FROM pushes) - ?"
            " AND (SELECT count(*) FROM pushes) > ?",
            MAX_WAITING, MAX_WAITING,
        )  # fmt: skip

    def next_due(self) -> int | None:
        """When there is something to send again."""
        return self._store.rows("SELECT min(due_at) AS at FROM pushes")[0]["at"]

    async def send_due(self, user_id: str) -> None:
        """Send what is due; what fails is due again later, what is too old is given up."""
        now = self._context.clock.now()
        self._store.rows("DELETE FROM pushes WHERE expires_at <= ?", now)
        waiting = self._store.rows("SELECT * FROM pushes WHERE due_at <= ? ORDER BY id", now)
        if not waiting:
            return
        rows = await self._context.db.all(sql(OF_USER, user_id))
        browsers = {row["id"]: await opened(self._context, row) for row in rows}
        for push in waiting:
            browser = browsers.get(push["browser"])
            if browser is None:
                self._forget(push)
            else:
                await self._send(push, browser)

    async def _send(self, push: Row, browser: PushSubscription) -> None:
        outcome, wait = await self._attempt(push, browser)
        self._context.metrics.count(SENT, outcome=outcome)
        if outcome == "gone":
            self._store.rows("DELETE FROM pushes WHERE browser = ?", push["browser"])
            await self._context.db.run(sql("DELETE FROM push_subscriptions WHERE id = ?", push["browser"]))
        elif outcome == "retry" and push["attempts"] + 1 < MAX_ATTEMPTS:
            self._store.rows(
                "UPDATE pushes SET attempts = attempts + 1, due_at = ? WHERE id = ?",
                self._context.clock.now() + wait,
                push["id"],
            )
        else:
            self._forget(push)

    async def _attempt(self, push: Row, browser: PushSubscription) -> tuple[Outcome, int]:
        """Try once: how it went, and for a retry after how many milliseconds."""
        wait = min(FIRST_RETRY * 2 ** push["attempts"], LONGEST_RETRY)
        try:
            status, announced = await self._post(push, browser)
        except UpstreamError:
            return "retry", wait
        if status in _GONE:
            return "gone", 0
        if status in _BUSY or status >= 500:  # noqa: PLR2004 - the server's failures
            return "retry", max(wait, announced)
        if status >= 300:  # noqa: PLR2004 - neither taken nor to be repeated
            self._context.log.warning("push_refused", status=status)
            return "refused", 0
        return "sent", 0

    async def _post(self, push: Row, browser: PushSubscription) -> tuple[int, int]:
        """The push service's status, and its Retry-After in milliseconds."""
        keys = browser.keys
        target = webpush.Browser(browser.endpoint, from_b64url(keys.p256dh), from_b64url(keys.auth))
        headers = {
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(max(0, (push["expires_at"] - self._context.clock.now()) // 1000)),
            "urgency": push["urgency"],
            "topic": push["topic"],
            "authorization": await webpush.authorization(self._context, browser.endpoint),
        }
        body = await webpush.encrypt(self._context, target, push["payload"].encode())
        reply = await self._context.http.fetch(
            "POST", browser.endpoint, headers=headers, body=body, timeout=TIMEOUT, max_bytes=65_536
        )
        after = reply.headers.get("retry-after", "")
        return reply.status, min(int(after) * 1000, LONGEST_RETRY) if after.isdecimal() else 0

    def _forget(self, push: Row) -> None:
        self._store.rows("DELETE FROM pushes WHERE id = ?", push["id"])


def payload(notification: str) -> str:
    """A notification as a push: without its long texts if it would not fit into one record."""
    if len(notification.encode()) <= webpush.MAX_PLAINTEXT:
        return notification
    told = json.loads(notification)
    told["data"] = {key: value for key, value in told["data"].items() if not isinstance(value, str | dict)}
    return json.dumps(told)


def _topic(subject: str) -> str:
    """At most 32 characters of base64url (RFC 8030, section 5.4)."""
    return urlsafe_b64encode(sha256(subject.encode()).digest()[:24]).decode()
