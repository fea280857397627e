"""What tells one person something: into the inbox, to their open connections, to their browsers.

One object per person does it, so that pushes are queued where an alarm can repeat them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.context import sql
from services.notifications import inbox, pushes
from services.notifications.preferences import is_quiet, wanted
from services.notifications.pushes import Push, Pushes, Urgency
from services.notifications.subscriptions import OF_USER
from services.users.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.context import Context, Row
    from services.objects import Home

NAMESPACE = "NOTIFIER"
PRESENCE = "USER_PRESENCE"
QUEUE = "/user/queue/notifications"
DAY_SECONDS = 86_400
_PERSON = "SELECT settings, time_zone FROM users WHERE id = ? AND deleted_at IS NULL"


class Notifier:
    """The notifications of one person, in the object that is their home."""

    exposed = frozenset(("notify", "forget"))

    def __init__(self, home: Home, context: Context) -> None:
        self._home = home
        self._context = context

    async def notify(
        self,
        *,
        user_id: str,
        notification_id: str,
        kind: str,
        data: Mapping[str, Any],
        subject: str | None = None,
        urgency: Urgency = "normal",
        ttl: int = DAY_SECONDS,
    ) -> None:
        """Tell the person.

        The same ``notification_id`` again is the same notification. An unread one about the same ``subject``
        is superseded. ``ttl`` (seconds) and ``urgency`` are for pushes.
        """
        person, browsers = await self._look_up(user_id)
        settings = Settings.model_validate_json(person["settings"] if person else "{}")
        if person is None or not wanted(settings.notifications, kind):
            return
        told = await self._keep(inbox.Entry(user_id, notification_id, kind, data, subject))
        quiet = is_quiet(settings.notifications, self._context.clock, person["time_zone"])
        if settings.notifications.push and browsers and not quiet:
            push = Push(pushes.payload(told), subject or notification_id, urgency, ttl)
            self._enqueue(user_id, push, [row["id"] for row in browsers])
        await self._presence(user_id).call("direct", destination=QUEUE, payload=told)

    async def forget(self) -> None:
        """Forget the person, and what is still to be pushed to them."""
        await self._home.forget()

    async def alarm(self) -> None:
        """Send the pushes that are due."""
        known = self._home.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'person'")
        if known:
            queue = Pushes(self._home, self._context)
            await queue.send_due(self._home.rows("SELECT user_id FROM person")[0]["user_id"])
            self._wake(queue)

    async def _look_up(self, user_id: str) -> tuple[Row | None, list[Row]]:
        people, browsers = await self._context.db.batch([sql(_PERSON, user_id), sql(OF_USER, user_id)])
        return (people[0] if people else None), browsers

    async def _keep(self, entry: inbox.Entry) -> str:
        """Put it into the inbox; as JSON."""
        context = self._context
        writes = inbox.insert(context, entry)
        *_, rows = await context.db.batch([*writes, sql(inbox.READ, entry.user_id, entry.id)])
        return inbox.shown(rows[0]).model_dump_json()

    def _enqueue(self, user_id: str, push: Push, browsers: list[str]) -> None:
        queue = Pushes(self._home, self._context)
        self._home.rows("CREATE TABLE IF NOT EXISTS person (user_id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._home.rows("INSERT OR REPLACE INTO person VALUES (?)", user_id)
        queue.enqueue(push, browsers)
        self._wake(queue)

    def _wake(self, queue: Pushes) -> None:
        due = queue.next_due()
        if due is not None:
            self._home.wake_at(due)

    def _presence(self, user_id: str) -> Any:
        return self._context.objects.get(PRESENCE, user_id)


async def forget_notifications(context: Context, user_id: str) -> None:
    """Push nothing more to a deleted person."""
    await context.objects.get(NAMESPACE, user_id).call("forget")


async def notify(
    context: Context,
    user_id: str,
    *,
    kind: str,
    data: Mapping[str, Any],
    notification_id: str | None = None,
    subject: str | None = None,
    urgency: Urgency = "normal",
) -> None:
    """Tell a person something; it is durable when this returns. See ``Notifier.notify``."""
    await context.objects.get(NAMESPACE, user_id).call(
        "notify",
        user_id=user_id,
        notification_id=notification_id or context.random.id(),
        kind=kind,
        data=data,
        subject=subject,
        urgency=urgency,
    )
