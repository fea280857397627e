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
from services.notifications.notifier import NAMESPACE, PRESENCE

if TYPE_CHECKING:
    from collections.abc import Collection

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
    "UPDATE members SET notified_seq = ?1 WHERE notified_seq < ?1"
    " AND user_id IN (SELECT value FROM json_each(?2))"
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
            self._leave_out([member for member in due if member.user_id in listening])
            others = [member for member in due if member.user_id not in listening]
            await asyncio.gather(*(self._tell(member) for member in others[:BATCH]))
        finally:
            self._telling = False

    def _leave_out(self, members: list[Member]) -> None:
        """Take what was said so far for known to those who have the room open."""
        seq = self._room.seq
        for member in members:
            member.notified_seq = seq
        if members:
            users = to_json([member.user_id for member in members])
            self._room.store.rows(_NOTE, seq, users)

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

    async def _tell(self, member: Member) -> None:
        known = max(member.read_seq, member.notified_seq)
        news = self._room.store.rows(_NEWS, known, member.user_id)
        if news:
            self._not_before[member.user_id] = self._context.clock.now() + AGAIN_AFTER
            try:
                await self._notify(member, news[0])
            except Exception as error:  # noqa: BLE001 - it is tried again, and the others are told
                self._context.log.warning("notification_failed", reason=str(error))
                return
        self._note(member, news[0]["seq"] if news else self._room.seq)

    async def _notify(self, member: Member, row: Row) -> None:
        room = self._room
        await self._context.objects.get(NAMESPACE, member.user_id).call(
            "notify",
            user_id=member.user_id,
            notification_id=self._context.random.id(),
            kind="chat_message",
            data=_told(room, member, row),
            subject=f"chat:{room.id}",
            urgency="high" if room.direct else "normal",
        )

    def _note(self, member: Member, seq: int) -> None:
        member.notified_seq = max(member.notified_seq, seq)
        self._room.store.rows(
            "UPDATE members SET notified_seq = ? WHERE user_id = ?", member.notified_seq, member.user_id
        )


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
