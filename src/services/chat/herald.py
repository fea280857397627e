"""Who is to be notified of a room's messages: those who have not read them and do not have the room open.

A member is told of the first unread message at once and of more after a while, in one notification that takes
the place of the former. In large rooms they are told once until they read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from services.chat.reading import unread
from services.notifications.notifier import NAMESPACE

if TYPE_CHECKING:
    from services.chat.room import Member, Room
    from services.context import Context
    from services.objects import Row

AGAIN_AFTER = 10_000
"""Milliseconds between two notifications of a member."""
OPEN_FOR = 60_000
"""Milliseconds for which a member who opened the room is believed to have it open."""
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


class Herald:
    """Tells the members of one room."""

    def __init__(self, room: Room, context: Context) -> None:
        self._room = room
        self._context = context
        self._not_before: dict[str, int] = {}
        self._telling = False
        self._next_look = 0

    def opened(self, user_id: str) -> None:
        """A member has opened the room on a device."""
        self._not_before[user_id] = self._context.clock.now() + OPEN_FOR

    def next_due(self) -> int | None:
        """When somebody has to be told something."""
        times = [self._not_before.get(member.user_id, 0) for member in self._owed()]
        return max(min(times), self._context.clock.now() + PAUSE) if times else None

    async def tell(self) -> None:
        """Tell those whose turn it is."""
        now = self._context.clock.now()
        if self._telling or now < self._next_look:
            return
        self._telling = True
        if len(self._room.people) > LARGE:
            self._next_look = now + PAUSE
        try:
            due = [member for member in self._owed() if self._not_before.get(member.user_id, 0) <= now]
            await asyncio.gather(*(self._tell(member) for member in due[:BATCH]))
        finally:
            self._telling = False

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
        wait = AGAIN_AFTER
        if news:
            try:
                if await self._notify(member, news[0]):
                    wait = OPEN_FOR
            except Exception as error:  # noqa: BLE001 - it is tried again, and the others are told
                self._context.log.warning("notification_failed", reason=str(error))
                self._not_before[member.user_id] = self._context.clock.now() + wait
                return
            self._not_before[member.user_id] = self._context.clock.now() + wait
        self._note(member, news[0]["seq"] if news else self._room.seq)

    async def _notify(self, member: Member, row: Row) -> bool:
        """Whether the member turns out to have the room open."""
        room = self._room
        answer = await self._context.objects.get(NAMESPACE, member.user_id).call(
            "notify",
            user_id=member.user_id,
            notification_id=self._context.random.id(),
            kind="chat_message",
            data=_told(room, member, row),
            subject=f"chat:{room.id}",
            unless_open=room.id,
            urgency="high" if room.direct else "normal",
        )
        return answer["open"]

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
