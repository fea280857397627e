"""The outbox of a room: what lists, search and unread counts in D1 know of it.

Each write carries the present state of what changed and the event it reflects; it may come twice or late and
never undoes a newer one.
"""

from __future__ import annotations

import asyncio
import json
from binascii import crc32
from typing import TYPE_CHECKING, Any

from services.chat.reading import preview
from services.chat.room import to_json
from services.chat.words import index_words
from services.context import sql

if TYPE_CHECKING:
    from services.chat.room import Member, Room
    from services.context import Context, Statement
    from services.objects import Row

BATCH = 200
"""Entries of the outbox that one transaction takes."""
SHORTEST_LAG = 3_000
"""Milliseconds that a room in which people talk live lets pass before it writes; the longer they do, the rarer."""
LONGEST_LAG = 6_000

_ROOM = (
    "INSERT INTO chat_rooms"
    " (id, type, name, last_seq, last_message, active_at, created_at, closed_at, version)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET name = ?3, last_seq = ?4,"
    " last_message = ?5, active_at = ?6, closed_at = ?8, version = ?9 WHERE version <= ?9"
)
_MEMBERS = (
    "INSERT INTO chat_members (room_id, user_id, role, joined_at, read_seq, muted_until, left_at, version)"
    " SELECT ?1, m.value ->> 0, m.value ->> 1, m.value ->> 2, m.value ->> 3, m.value ->> 4, m.value ->> 5, ?3"
    " FROM json_each(?2) m WHERE true ON CONFLICT (room_id, user_id) DO UPDATE SET role = excluded.role,"
    " joined_at = excluded.joined_at, read_seq = excluded.read_seq, muted_until = excluded.muted_until,"
    " left_at = excluded.left_at, version = excluded.version WHERE version <= excluded.version"
)
_MESSAGES = (
    "INSERT INTO chat_messages (room_id, seq, sender_id, message, created_at, deleted_at, version)"
    " SELECT ?1, m.value ->> 0, m.value ->> 1, m.value ->> 2, m.value ->> 3, m.value ->> 4, ?3"
    " FROM json_each(?2) m WHERE true ON CONFLICT (room_id, seq) DO UPDATE SET message = excluded.message,"
    " deleted_at = excluded.deleted_at, version = excluded.version WHERE version <= excluded.version"
)
_CHANGED = "SELECT * FROM messages WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
_OF_THESE = (
    " FROM json_each(?2) m JOIN chat_messages c INDEXED BY chat_messages_by_seq"
    " ON c.room_id = ?1 AND c.seq = m.value ->> 0 WHERE c.version = ?3"
)
_UNINDEX = f"DELETE FROM chat_search WHERE rowid IN (SELECT c.id{_OF_THESE})"  # noqa: S608 - ours
_INDEX = f"INSERT OR REPLACE INTO chat_search (rowid, room, words) SELECT c.id, ?1, m.value ->> 1{_OF_THESE}"
# Who has read the messages has read what they were notified of.
_NOTIFIED = (
    "UPDATE notifications SET read_at = ?3 WHERE read_at IS NULL AND subject = 'chat:' || ?1 AND EXISTS"
    " (SELECT 1 FROM json_each(?2) m WHERE m.value ->> 0 = notifications.user_id"
    "  AND m.value ->> 3 >= notifications.data ->> '$.seq')"
    " AND user_id IN (SELECT m.value ->> 0 FROM json_each(?2) m)"
)
CLOSED = (
    "DELETE FROM chat_search WHERE rowid IN (SELECT id FROM chat_messages WHERE room_id = ?1)",
    "DELETE FROM chat_messages WHERE room_id = ?1",
    "DELETE FROM chat_members WHERE room_id = ?1",
)


class Projector:
    """Empties the outbox of one room, oldest entries first, in one transaction at a time."""

    def __init__(self, room: Room, context: Context) -> None:
        self._room = room
        self._context = context
        self._batch: asyncio.Future[None] | None = None
        self._wrote_at = 0
        self._lag = SHORTEST_LAG
        # Rooms in which people begin to talk at the same moment do not write at the same moment.
        self._tempo = 0.5 + crc32(room.id.encode()) / 2**32
        self._written = room.unwritten - 1

    @property
    def lag(self) -> int:
        """For how long (milliseconds) the next write waits for more: half to one and a half of what rooms wait."""
        quiet = self._context.clock.now() >= self._wrote_at + 2 * self._lag
        return round(self._tempo * (SHORTEST_LAG if quiet else self._lag))

    @property
    def pending(self) -> bool:
        """Whether D1 has something to learn."""
        return self._written < self._room.stamp

    async def catch_up(self) -> None:
        """Wait until D1 knows what has happened up to now.

        Raises what the database raises; then it is still to be written.
        """
        stamp = self._room.stamp
        while self._written < stamp:
            await asyncio.shield(self._begin())

    def _begin(self) -> asyncio.Future[None]:
        if self._batch is None or self._batch.done():
            self._batch = asyncio.ensure_future(self._write())
        return self._batch

    async def _write(self) -> None:
        store, now = self._room.store, self._context.clock.now()
        busy = now < self._wrote_at + 2 * self._lag
        self._lag = min(2 * self._lag, LONGEST_LAG) if busy else SHORTEST_LAG
        self._wrote_at = now
        entries = store.rows("SELECT key, version FROM outbox ORDER BY version LIMIT ?", BATCH)
        await self._context.db.batch(statements(self._room, [entry["key"] for entry in entries]))
        # What changed again meanwhile has a later version.
        self._written = entries[-1]["version"]
        store.rows("DELETE FROM outbox WHERE version <= ?", self._written)


def statements(room: Room, keys: list[str]) -> list[Statement]:
    """The writes that bring D1 up to date with these entries of the outbox."""
    if room.closed_at is not None:
        return [_room(room), *(sql(text, room.id) for text in CLOSED)]
    seqs = [int(key[2:]) for key in keys if key.startswith("m:")]
    users = [key[2:] for key in keys if key.startswith("u:")]
    writes = [_room(room)]
    if users:
        rows = to_json([_member(room.people[user]) for user in users])
        writes.append(sql(_MEMBERS, room.id, rows, room.event))
        writes.append(sql(_NOTIFIED, room.id, rows, room.clock.now()))
    if seqs:
        writes += _messages(room, seqs)
    return writes


def _room(room: Room) -> Statement:
    last = room.message(room.seq)
    active_at = last["created_at"] if last else room.created_at
    shown = _preview(room, last) if last else None
    return sql(
        _ROOM, room.id, room.type, room.name, room.seq, shown, active_at, room.created_at, room.closed_at,
        room.event,
    )  # fmt: skip


def _messages(room: Room, seqs: list[int]) -> list[Statement]:
    rows = room.store.rows(_CHANGED, to_json(seqs))
    stored = [
        [
            row["seq"],
            row["sender"],
            to_json(_shown(room, row)),
            row["created_at"],
            row["deleted_at"],
        ]
        for row in rows
    ]
    words = [[row["seq"], index_words(row["body"])] for row in rows]
    found = [entry for entry in words if entry[1]]
    wordless = [entry for entry in words if not entry[1]]
    indexing = ((_UNINDEX, wordless), (_INDEX, found))
    return [
        sql(_MESSAGES, room.id, to_json(stored), room.event),
        *(sql(text, room.id, to_json(entries), room.event) for text, entries in indexing if entries),
    ]


def _member(member: Member) -> list[str | int | None]:
    return [
        member.user_id, member.role, member.joined_at, member.read_seq, member.muted_until, member.left_at,
    ]  # fmt: skip


def _shown(room: Room, row: Row) -> dict[str, Any]:
    """The message without the sender's name, which is looked up where it is read."""
    shown = json.loads(room.render(row))
    shown["sender"]["displayName"] = ""
    return shown


def _preview(room: Room, row: Row) -> str:
    shown = _shown(room, row)
    return to_json(shown | {"body": preview(shown["body"])})
