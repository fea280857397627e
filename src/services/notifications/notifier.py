"""What tells people something: into the inbox, to their open connections, to their browsers.

The inbox is D1's, written for all who are told in one transaction. Pushes are queued in one object per person, where
an alarm can repeat them.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from services.context import sql
from services.notifications import inbox, pushes
from services.notifications.inbox import Entry
from services.notifications.preferences import is_quiet, wanted
from services.notifications.pushes import Push, Pushes, Urgency
from services.users.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.context import Context, Row
    from services.objects import Home

NAMESPACE = "NOTIFIER"
PRESENCE = "USER_PRESENCE"
QUEUE = "/user/queue/notifications"
DAY_SECONDS = 86_400
_PEOPLE = (
    "SELECT id, settings, time_zone,"
    " (SELECT json_group_array(p.id) FROM push_subscriptions p WHERE p.user_id = users.id) AS browsers"
    " FROM users WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL"
)


class Notifier:
    """The pushes of one person, in the object that is their home."""

    exposed = frozenset(("push", "forget"))

    def __init__(self, home: Home, context: Context) -> None:
        self._home = home
        self._context = context

    async def push(
        self, *, user_id: str, browsers: Sequence[str], payload: str, topic: str, urgency: Urgency, ttl: int
    ) -> None:
        """Have the person's browsers told; see ``Push``."""
        queue = Pushes(self._home, self._context)
        self._home.rows("CREATE TABLE IF NOT EXISTS person (user_id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._home.rows("INSERT OR REPLACE INTO person VALUES (?)", user_id)
        queue.enqueue(Push(payload, topic, urgency, ttl), browsers)
        self._wake(queue)

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

    def _wake(self, queue: Pushes) -> None:
        due = queue.next_due()
        if due is not None:
            self._home.wake_at(due)


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
    """Tell a person something; it is durable when this returns. See ``notify_all``."""
    entry = Entry(user_id, notification_id or context.random.id(), kind, data, subject)
    for error in (await notify_all(context, [entry], urgency=urgency)).values():
        raise error


async def notify_all(
    context: Context, entries: Sequence[Entry], *, urgency: Urgency = "normal"
) -> dict[str, BaseException]:
    """Tell several people something, each one thing; whom of them it did not reach, and why.

    When this returns it is in the inboxes of all who want to be told of its kind. The same id again is the same
    notification. An unread one about the same ``subject`` is superseded. ``urgency`` is for pushes.
    """
    ids = json.dumps([entry.user_id for entry in entries])
    people = {row["id"]: _Person(context, row) for row in await context.db.all(sql(_PEOPLE, ids))}
    told = {
        entry.user_id: entry
        for entry in entries
        if entry.user_id in people and people[entry.user_id].wants(entry.kind)
    }
    if not told:
        return {}
    new = list(told.values())
    *_, rows = await context.db.batch([*inbox.insert(context, new), inbox.read(new)])
    texts = {row["user_id"]: inbox.shown(row).model_dump_json() for row in rows}
    calls = [people[each].reach(told[each], text, urgency) for each, text in texts.items()]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return {
        each: answer for each, answer in zip(texts, answers, strict=True) if isinstance(answer, BaseException)
    }


class _Person:
    """Somebody as D1 knows them, and the ways to them."""

    def __init__(self, context: Context, row: Row) -> None:
        self._context = context
        self._wishes = Settings.model_validate_json(row["settings"]).notifications
        self._time_zone: str = row["time_zone"]
        self._browsers: list[str] = json.loads(row["browsers"])

    def wants(self, kind: str) -> bool:
        """Whether to tell them of this at all."""
        return wanted(self._wishes, kind)

    async def reach(self, entry: Entry, text: str, urgency: Urgency) -> None:
        """Push what is in their inbox, unless they rest, and tell their open connections."""
        objects = self._context.objects
        quiet = is_quiet(self._wishes, self._context.clock, self._time_zone)
        if self._wishes.push and self._browsers and not quiet:
            await objects.get(NAMESPACE, entry.user_id).call(
                "push", user_id=entry.user_id, browsers=self._browsers, payload=pushes.payload(text),
                topic=entry.subject or entry.id, urgency=urgency, ttl=DAY_SECONDS,
            )  # fmt: skip
        await objects.get(PRESENCE, entry.user_id).call("direct", destination=QUEUE, payload=text)
