"""What a room does when it is called: decide, store, answer; then fan out, project, notify.

The reply to a call leaves after what it wrote is durable. Those who listen and those who are away are told at once,
D1 soon, by an alarm that also does again what failed: a crash at any point loses nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from services.chat import files, membership, messages, reading
from services.chat.fanout import Fanout
from services.chat.herald import Herald
from services.chat.problems import RoomNotFound
from services.chat.projection import Projector
from services.chat.relations import blocked_between
from services.chat.room import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.chat.room import Room
    from services.context import Context
    from services.objects import Home, Row

CHECK_AGAIN = 5_000
"""Milliseconds after which the alarm looks whether anything was left undone."""
CONTACT_KNOWN = 10_000
"""Milliseconds for which a direct room relies on what it knows of blocks; it is told of new ones at once."""

Answer = dict[str, Any]


class Hub:
    """One room, or none yet, in the object that is its home."""

    exposed = frozenset(
        (
            "create", "describe", "glance", "update", "close", "subscribe", "replay", "unsubscribe",
            "send", "edit", "edits", "delete", "react", "read", "typing", "history", "find",
            "attach", "attachment", "add_members", "remove_member", "mute", "erase", "introduce", "recheck_contact",
        )
    )  # fmt: skip

    def __init__(self, home: Home, context: Context) -> None:
        self._home = home
        self._context = context
        self._awaited: int | None = None
        self._room: Room | None = None
        self._contact = (True, 0)
        self._in_order = asyncio.Lock()
        self._enter(membership.open_room(home, context.clock))

    async def create(
        self, *, room_id: str, kind: str, name: str | None, owner: str, people: Mapping[str, str]
    ) -> Answer:
        """Found the room, unless it is there already; as ``owner`` sees it."""
        if self._room is None:
            home, clock = self._home, self._context.clock
            self._enter(
                membership.found_room(
                    home, clock, room_id=room_id, kind=kind, name=name, owner=owner, people=people
                )
            )
            self._context.defer(self._herald.invite(people, after=0))
        await self._follow_up(projected=True)
        return await self.describe(user_id=owner)

    async def describe(self, *, user_id: str) -> Answer:
        """The room as the caller sees it."""
        return reading.describe(self._open(), user_id)

    async def glance(self, *, user_id: str) -> Answer:
        """What a list shows of the room that may have changed since it was written to D1."""
        return reading.glance(self._open(), user_id)

    async def subscribe(
        self,
        *,
        user_id: str,
        shard: str,
        last_seq: int | None = None,
        last_event: int | None = None,
        background: bool = False,
    ) -> Answer:
        """Let a shard have the room's events for this member, who in the ``background`` does not look at them.

        Answers ``{room, seq, event, replay, next, truncated}``:
        ``replay`` is what the member missed, a batch as ``deliver`` takes it; while ``next`` is not null,
        ``replay(after=next)`` continues.
        """
        room = self._open()
        missed = reading.missed(room, user_id, last_seq=last_seq, last_event=last_event)
        self._fanout.register(shard)
        if not background:
            self._herald.opened(user_id)
        about = {"id": room.id, "type": room.type, "name": room.name}
        return {"room": about, "seq": room.seq, "event": room.event, "truncated": missed.truncated} | _page(
            missed
        )

    async def replay(self, *, user_id: str, after: int) -> Answer:
        """The next page of what a member missed: ``{replay, next}``."""
        room = self._open()
        return _page(reading.missed(room, user_id, last_event=after))

    async def unsubscribe(self, *, shard: str) -> None:
        """Nobody is left on this shard."""
        if self._room:
            self._fanout.drop(shard)

    async def send(
        self,
        *,
        user_id: str,
        client_message_id: str,
        body: str,
        attachments: Sequence[str] = (),
        reply_to: str | None = None,
        projected: bool = False,
        shard: str = "",
        seen: int = 0,
        here: int = 0,
    ) -> Answer:
        """Store a message: ``{message, seq}``, ``message`` being its JSON as text.

        With ``projected`` the answer waits until lists, search and unread counts know of it. A ``shard`` that has
        ``seen`` the room's events so far may get what follows in ``events``, instead of by ``deliver``; so many
        people have the room open ``here``, on that shard.
        """
        room = self._open()
        async with self._in_order:
            await self._check_contact(room, user_id)
            row = messages.send(
                room,
                user_id,
                client_message_id=client_message_id,
                body=body,
                attachments=attachments,
                reply_to=reply_to,
            )
        events = self._fanout.enclose(shard, seen)
        self._herald.counted(here)
        self._herald.wake()
        told = await self._told(room, row, projected=projected)
        return told if events is None else told | {"events": events}

    async def edit(self, *, user_id: str, message_id: str, body: str, projected: bool = False) -> Answer:
        """Replace the text of one's own message; as ``send``."""
        room = self._open()
        async with self._in_order:
            await self._check_contact(room, user_id)
            row = messages.edit(room, user_id, message_id, body=body)
        return await self._told(room, row, projected=projected)

    async def edits(self, *, user_id: str, message_id: str) -> list[Row]:
        """What a message said before."""
        return messages.edits(self._open(), user_id, message_id)

    async def delete(self, *, user_id: str, message_id: str, projected: bool = False) -> Answer:
        """Leave a tombstone; as ``send``."""
        room = self._open()
        return await self._told(room, messages.delete(room, user_id, message_id), projected=projected)

    async def react(
        self, *, user_id: str, message_id: str, emoji: str, added: bool, projected: bool = False
    ) -> Answer:
        """Put a reaction on a message or take it off; as ``send``."""
        room = self._open()
        row = messages.react(room, user_id, message_id, emoji=emoji, added=added)
        return await self._told(room, row, projected=projected)

    async def read(self, *, user_id: str, seq: int, projected: bool = False) -> Answer:
        """Mark as read: ``{read_seq, unread_count}``."""
        room = self._open()
        member = messages.read(room, user_id, seq=seq)
        await self._follow_up(projected=projected)
        return {"read_seq": member.read_seq, "unread_count": reading.unread(room, member)}

    async def typing(self, *, user_id: str) -> None:
        """Tell those who are connected that somebody is writing; never stored."""
        room = self._open()
        room.access(user_id)
        self._context.defer(self._fanout.typing(user_id))

    async def history(
        self, *, user_id: str, after_seq: int | None = None, before_seq: int | None = None, limit: int
    ) -> list[str]:
        """Messages in their order, each as JSON text."""
        room = self._open()
        rows = reading.history(room, user_id, after_seq=after_seq, before_seq=before_seq, limit=limit)
        return [room.render(row) for row in rows]

    async def find(self, *, user_id: str, message_id: str) -> str:
        """One message as JSON text."""
        room = self._open()
        room.access(user_id)
        return room.render(messages.existing(room, message_id))

    async def attach(self, *, user_id: str, about: Mapping[str, Any]) -> None:
        """Take note of an upload of a member."""
        files.attach(self._open(), user_id, about)
        self._ring_soon()

    async def attachment(self, *, user_id: str, attachment_id: str) -> Answer:
        """What is known of a file that the member may fetch."""
        return files.fetched(self._open(), user_id, attachment_id)

    async def add_members(self, *, user_id: str, people: Mapping[str, str]) -> Answer:
        """Let people in; the room as it is then."""
        room = self._open()
        before = room.event
        membership.add_members(room, user_id, people)
        self._context.defer(self._herald.invite(people, after=before))
        await self._follow_up(projected=True)
        return await self.describe(user_id=user_id)

    async def remove_member(self, *, user_id: str, member_id: str) -> None:
        """Put somebody out, or leave."""
        membership.remove_member(self._open(), user_id, member_id)
        await self._follow_up(projected=True)

    async def update(self, *, user_id: str, name: str) -> Answer:
        """Name the room; the room as it is then."""
        membership.rename(self._open(), user_id, name)
        await self._follow_up(projected=True)
        return await self.describe(user_id=user_id)

    async def close(self, *, user_id: str) -> None:
        """End the room for everyone."""
        membership.close(self._open(), user_id)
        await self._follow_up(projected=True)

    async def mute(self, *, user_id: str, until: int | None) -> Answer:
        """Notify the member of nothing until then; the room as they see it."""
        membership.mute(self._open(), user_id, until)
        await self._follow_up(projected=True)
        return await self.describe(user_id=user_id)

    async def erase(self, *, user_id: str) -> None:
        """Take away a person's name and place."""
        if self._room:
            membership.erase(self._room, user_id)
            await self._follow_up(projected=True)

    async def introduce(self, *, user_id: str, name: str) -> None:
        """A person has a new name."""
        if self._room:
            membership.introduce(self._room, user_id, name)
            await self._follow_up(projected=False)

    async def recheck_contact(self) -> None:
        """The two people of this room may have blocked each other, or not any more."""
        self._contact = (True, 0)

    async def alarm(self) -> None:
        """Do what was left undone, and come back as long as something is."""
        self._awaited = None
        room = self._room
        if room is None:
            return
        reading.forget_old_events(room)
        work = (
            self._fanout.settle(), self._projector.catch_up(), self._herald.tell(), self._empty_trash(room),
        )  # fmt: skip
        for failure in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(failure, Exception):
                self._context.log.warning("room_work_failed", room=room.id, reason=str(failure))
        self._fanout.save()
        if room.closed_at and not self._fanout.behind and not self._projector.pending:
            await self._vanish(room)
        else:
            self._ring_when_due()

    def _enter(self, room: Room | None) -> None:
        self._room = room
        if room:
            self._fanout = Fanout(room, self._context)
            self._projector = Projector(room, self._context)
            self._herald = Herald(room, self._context, self._fanout)
            self._followed = -1

    def _open(self) -> Room:
        if self._room is None:
            raise RoomNotFound
        return self._room

    async def _told(self, room: Room, row: Row, *, projected: bool) -> Answer:
        text = room.render(row)
        await self._follow_up(projected=projected)
        return {"message": text, "seq": row["seq"]}

    async def _follow_up(self, *, projected: bool) -> None:
        """Begin what follows from a change; the alarm is set first, durable together with the change."""
        room = self._open()
        if room.stamp != self._followed:
            self._followed = room.stamp
            self._ring_soon(CHECK_AGAIN if projected else self._projector.lag)
            self._fanout.wake()
        if projected:
            await self._projector.catch_up()

    def _ring_soon(self, within: int = CHECK_AGAIN) -> None:
        """Have the alarm look for what was left undone, unless it is about to do so anyway."""
        now = self._context.clock.now()
        if self._awaited is None or not now - CHECK_AGAIN <= self._awaited <= now + within:
            self._ring(now + within)

    def _ring_when_due(self) -> None:
        """Have the alarm come back when there will be something to do."""
        room = self._open()
        left = files.left(room)
        undone = self._fanout.behind or self._projector.pending or left.trash or room.closed_at
        again = self._context.clock.now() + CHECK_AGAIN if undone else None
        times = (again, self._herald.next_due(), left.stale_at)
        if any(times):
            self._ring(min(time for time in times if time is not None))

    def _ring(self, at: int) -> None:
        self._awaited = at
        self._home.wake_at(at)

    async def _vanish(self, room: Room) -> None:
        """Leave nothing of a closed room of which everyone knows."""
        while keys := (await self._context.media.list(files.key(room.id, "")))[0]:
            await self._context.media.delete(keys)
        await self._home.forget()
        self._room = None

    async def _empty_trash(self, room: Room) -> None:
        if keys := files.thrown_away(room):
            await self._context.media.delete(keys)
            files.forget(room, keys)

    async def _check_contact(self, room: Room, user_id: str) -> None:
        if not room.direct:
            return
        room.access(user_id)
        now = self._context.clock.now()
        blocked, known_until = self._contact
        if now >= known_until:
            blocked = await blocked_between(self._context, *room.people)
            self._contact = (blocked, now + CONTACT_KNOWN)
        membership.check_contact(room, user_id, blocked=blocked)


def _page(page: reading.Replay) -> Answer:
    return {"replay": to_json(page.events), "next": page.after}
