"""Who is to be notified of a room's messages: those who have not read them and do not have the room open.

Who has it open is asked of the connection objects, for all members at once, and believed for a while.

A member is told of the first unread message at once and of more after a while, in one notification that takes
the place of the former. In large rooms they are told once until they read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from services.chat.reading import unread
from services.chat.room import to_json
from services.notifications.inbox import Entry
from services.notifications.notifier import PRESENCE, notify_all

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from services.chat.fanout import Fanout
    from services.chat.room import Member, Room
    from services.context import Context
    from services.objects import Row

AGAIN_AFTER = 10_000
"""Milliseconds between two notifications of a member."""
OPEN_FOR = 60_000
"""Milliseconds for which a member who has the room open is believed to keep it open."""
LARGE = 100
"""Members; in larger rooms people are told once until they read."""
BATCH = 100
"""Members that are told in one go; the others follow a second later."""
PAUSE = 1_000
PREVIEW = 160
"""Characters."""

_NEWS = (
    "SELECT * FROM messages WHERE seq > ? AND sender <> ? AND deleted_at IS NULL ORDER BY seq DESC LIMIT 1"
)

_NOTE = (
    "UPDATE members SET notified_seq = j.value ->> 1 FROM json_each(?) j"
    " WHERE user_id = j.value ->> 0 AND notified_seq < j.value ->> 1"
)


class Herald:
    """Tells the members of one room."""

    def __init__(self, room: Room, context: Context, fanout: Fanout) -> None:
        self._room = room
        self._context = context
        self._fanout = fanout
        self._not_before: dict[str, int] = {}
        self._telling = False
        self._next_look = 0
        self._next_count = 0
        self._here = 0
        self._together = False

    def opened(self, user_id: str) -> None:
        """A member has opened the room on a device."""
        self._not_before[user_id] = self._context.clock.now() + OPEN_FOR

    def counted(self, here: int) -> None:
        """So many people have the room open on the shard that sends.

        While that is everyone, nobody need be asked; when it is not any more, what was believed is not either.
        """
        now = self._context.clock.now()
        if not here or (here == self._here and now < self._next_count):
            return
        members, together = self._room.present, self._together
        self._here, self._next_count = here, now + PAUSE
        self._together = here == len(members)
        if self._together:
            for member in members:
                self.opened(member.user_id)
        elif together:
            self._not_before.clear()

    async def invite(self, people: Collection[str], *, after: int) -> None:
        """Let connected people hear of a room that they are in now; in a crowd they will when they reconnect."""
        if len(people) > LARGE:
            return
        objects, room_id = self._context.objects, self._room.id
        calls = [objects.get(PRESENCE, each).call("follow", room_id=room_id, after=after) for each in people]
        await asyncio.gather(*calls, return_exceptions=True)

    def next_due(self) -> int | None:
        """When somebody has to be told something."""
        times = [self._not_before.get(member.user_id, 0) for member in self._owed()]
        return max(min(times), self._context.clock.now() + PAUSE) if times else None

    def wake(self) -> None:
        """Begin to tell those whose turn it is, if there are any."""
        now = self._context.clock.now()
        if self._telling or now < self._next_look:
            return
        if len(self._room.people) > LARGE:
            self._next_look = now + PAUSE
        if due := self._due():
            self._telling = True
            self._context.defer(self._tell_all(due))

    async def tell(self) -> None:
        """Tell those whose turn it is."""
        if not self._telling and (due := self._due()):
            self._telling = True
            await self._tell_all(due)

    async def _tell_all(self, due: list[Member]) -> None:
        try:
            listening = await self._fanout.listeners()
            for user_id in listening:
                self.opened(user_id)
            seq = self._room.seq
            self._note({member.user_id: seq for member in due if member.user_id in listening})
            others = [member for member in due if member.user_id not in listening]
            await self._tell_those(others[:BATCH])
        finally:
            self._telling = False

    def _due(self) -> list[Member]:
        now = self._context.clock.now()
        return [member for member in self._owed() if self._not_before.get(member.user_id, 0) <= now]

    def _owed(self) -> list[Member]:
        room, now = self._room, self._context.clock.now()
        members = [] if room.closed_at else room.present
        large = len(members) > LARGE
        return [
            member
            for member in members
            if max(member.read_seq, member.notified_seq) < room.seq
            and (member.muted_until is None or member.muted_until <= now)
            and not (large and member.notified_seq > max(member.read_seq, member.joined_seq))
        ]

    async def _tell_those(self, members: list[Member]) -> None:
        """Tell each of the latest that others said. Whom it does not reach is told again."""
        seq, news = self._room.seq, self._news(members)
        again = self._context.clock.now() + AGAIN_AFTER
        self._not_before |= dict.fromkeys(news, again)
        failed = await self._notify(
            [self._entry(member, news[member.user_id]) for member in members if member.user_id in news]
        )
        known = {member.user_id: seq for member in members} | {
            user_id: row["seq"] for user_id, row in news.items()
        }
        self._note({user_id: seq for user_id, seq in known.items() if user_id not in failed})

    def _news(self, members: list[Member]) -> dict[str, Row]:
        """For each, if there is any, the latest message of others that they were not told of."""
        known = {member.user_id: max(member.read_seq, member.notified_seq) for member in members}
        latest = self._said(min(known.values()), but="") if known else None
        news = {
            user_id: latest if latest is None or latest["sender"] != user_id else self._said(seq, but=user_id)
            for user_id, seq in known.items()
        }
        return {user_id: row for user_id, row in news.items() if row and row["seq"] > known[user_id]}

    def _said(self, after: int, *, but: str) -> Row | None:
        rows = self._room.store.rows(_NEWS, after, but)
        return rows[0] if rows else None

    def _entry(self, member: Member, row: Row) -> Entry:
        room = self._room
        new_id = self._context.random.id()
        return Entry(member.user_id, new_id, "chat_message", _told(room, member, row), f"chat:{room.id}")

    async def _notify(self, entries: list[Entry]) -> Collection[str]:
        """Tell these people; whom it did not reach."""
        if not entries:
            return ()
        urgency = "high" if self._room.direct else "normal"
        try:
            failed = await notify_all(self._context, entries, urgency=urgency)
        except Exception as error:  # noqa: BLE001 - it is tried again
            failed = {entry.user_id: error for entry in entries}
        for reason in {str(error) for error in failed.values()}:
            self._context.log.warning("notification_failed", reason=reason)
        return failed

    def _note(self, seqs: Mapping[str, int]) -> None:
        """Take what was said so far for known to these people."""
        for user_id, seq in seqs.items():
            member = self._room.people[user_id]
            member.notified_seq = max(member.notified_seq, seq)
        if seqs:
            self._room.store.rows(_NOTE, to_json(list(seqs.items())))


def _told(room: Room, member: Member, row: Row) -> dict[str, Any]:
    body: str = row["body"]
    return {
        "roomId": room.id,
        "roomType": room.type,
        "roomName": room.name,
        "messageId": room.message_id(row["seq"]),
        "seq": row["seq"],
        "sender": {"id": row["sender"], "displayName": room.people[row["sender"]].name},
        "preview": body if len(body) <= PREVIEW else body[: PREVIEW - 1] + "…",
        "unreadCount": unread(room, member),
    }
