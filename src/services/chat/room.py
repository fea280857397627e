"""A room as its single writer holds it: who is in it, its two counters, its numbered events.

``seq`` numbers messages from 1 without gaps: clients resume from it. ``event`` numbers every change that
others are told of (a message, an edit, a deletion, a reaction, a read mark, a member, the room's name): the
fan-out resumes from it. What changes the room is in ``messages`` and ``membership``; what reads it in
``reading``.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from services.chat.problems import NotAllowed, RoomNotFound
from services.models import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.context import Clock
    from services.objects import ObjectStore, Row

MAX_MEMBERS = 1000
READ_RECEIPTS_UP_TO = 100
"""Members; in larger rooms nobody is told how far the others have read."""
MAX_TAIL = 512
"""Events kept ready for the fan-out."""
FOREVER = 2**52
_ABOUT = (
    "SELECT room.*, (SELECT coalesce(max(seq), 0) FROM messages) AS seq,"
    " (SELECT coalesce(max(event), 0) FROM events) AS event, coalesce(max(version), 0) AS stamp,"
    " coalesce(min(version), 1) AS unwritten FROM room LEFT JOIN outbox"
)
_TAKE = "INSERT INTO arriving VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

Type = Literal["message", "edited", "deleted", "reaction", "read", "member", "room", "closed"]
ABOUT_MESSAGES = frozenset(("message", "edited", "deleted"))


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Event(NamedTuple):
    """One change. ``text`` is the JSON that clients get: for changes of messages the message itself."""

    number: int
    type: str
    text: str


@dataclass(slots=True)
class Member:
    """Somebody who is or was in the room."""

    user_id: str
    name: str
    role: str
    joined_at: int
    joined_seq: int
    read_seq: int
    notified_seq: int
    muted_until: int | None = None
    left_at: int | None = None


class Room:
    """A founded room, loaded from its storage."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        (about,) = store.rows(_ABOUT)
        self.store = store
        self.clock = clock
        self.id: str = about["id"]
        self.type: str = about["type"]
        self.name: str | None = about["name"]
        self.created_at: int = about["created_at"]
        self.closed_at: int | None = about["closed_at"]
        self.people = {row["user_id"]: Member(**row) for row in store.rows("SELECT * FROM members")}
        self.seq: int = about["seq"]
        self.event: int = about["event"]
        self.stamp: int = about["stamp"]
        self.unwritten: int = about["unwritten"]
        """When it was loaded, the oldest entry of the outbox; beyond the last if there was none."""
        self.forgotten = 0
        """The last event that is not kept any more, as far as is known."""
        self.tail: deque[Event] = deque(maxlen=MAX_TAIL)
        self._rendered = (0, 0, "")

    @property
    def direct(self) -> bool:
        """Whether it belongs to two people for good."""
        return self.type == "direct"

    @property
    def present(self) -> list[Member]:
        """Who is in it now, in no order."""
        return [member for member in self.people.values() if member.left_at is None]

    @property
    def members(self) -> list[Member]:
        """Who is in it now, in the order in which they came."""
        return sorted(self.present, key=lambda member: (member.joined_at, member.user_id))

    def access(self, user_id: str) -> Member:
        """The caller as a member; whoever is none may not know that the room exists: ``RoomNotFound``."""
        member = self.people.get(user_id)
        if member is None or member.left_at is not None or self.closed_at is not None:
            raise RoomNotFound
        return member

    def access_as_owner(self, user_id: str) -> Member:
        """As ``access``; raises ``NotAllowed`` for members who do not own the room."""
        member = self.access(user_id)
        if member.role != "owner":
            raise NotAllowed
        return member

    def take(self, row: Row) -> None:
        """Store a new message, numbered as the next one and the next event."""
        columns = ("seq", "event", "sender", "client_id", "body", "attachments", "reply_to", "created_at")
        self.store.rows(_TAKE, *(row[name] for name in columns), self.stamp + 1)
        self.seq += 1
        self.event += 1
        self.stamp += 1
        self.tail.append(Event(self.event, "message", self.render(row)))

    def record(self, kind: Type, *, row: Row | None = None, **data: Any) -> Event:
        """Number a change and keep it. ``row`` is the message that it is about."""
        self.event += 1
        about_message = row is not None and kind in ABOUT_MESSAGES
        text = self.render(row) if row is not None and about_message else self._told(data)
        self.store.rows(
            "INSERT INTO events (event, type, seq, data) VALUES (?, ?, ?, ?)",
            self.event, kind, row["seq"] if row else None, None if about_message else text,
        )  # fmt: skip
        event = Event(self.event, kind, text)
        self.tail.append(event)
        return event

    def project(self, *keys: str) -> None:
        """Note what D1 has to learn: ``m:<seq>``, ``u:<user>`` or ``r``."""
        for key in keys:
            self.stamp += 1
            self.store.rows("INSERT OR REPLACE INTO outbox (key, version) VALUES (?, ?)", key, self.stamp)

    def save(self, member: Member) -> None:
        """Write a member as they are now, here and in time in D1."""
        self.people[member.user_id] = member
        self._rendered = (0, 0, "")
        self.store.rows(
            "INSERT OR REPLACE INTO members"
            " (user_id, name, role, joined_at, joined_seq, read_seq, notified_seq, muted_until, left_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            member.user_id, member.name, member.role, member.joined_at, member.joined_seq, member.read_seq,
            member.notified_seq, member.muted_until, member.left_at,
        )  # fmt: skip
        self.project(f"u:{member.user_id}")

    def message(self, seq: int) -> Row | None:
        """The stored message of that number."""
        found = self.store.rows("SELECT * FROM messages WHERE seq = ?", seq)
        return found[0] if found else None

    def message_id(self, seq: int) -> str:
        """What clients call the message."""
        return f"{self.id}-{seq}"

    def render(self, row: Row) -> str:
        """A message as JSON, the same for everyone who reads it."""
        seq, event, text = self._rendered
        if (seq, event) != (row["seq"], self.event):
            text = to_json(self._shown(row))
            self._rendered = (row["seq"], self.event, text)
        return text

    def _shown(self, row: Row) -> dict[str, Any]:
        sender = self.people.get(row["sender"])
        deleted = row["deleted_at"] is not None
        return {
            "id": self.message_id(row["seq"]),
            "roomId": self.id,
            "seq": row["seq"],
            "clientMessageId": row["client_id"],
            "sender": {"id": row["sender"], "displayName": sender.name if sender else ""},
            "body": "" if deleted else row["body"],
            "attachments": [] if deleted else json.loads(row["attachments"]),
            "replyTo": self.message_id(row["reply_to"]) if row["reply_to"] else None,
            "createdAt": iso(row["created_at"]),
            "editedAt": iso(row["edited_at"]) if row["edited_at"] else None,
            "deletedAt": iso(row["deleted_at"]) if deleted else None,
            "reactions": [] if deleted else _reactions(json.loads(row["reactions"])),
        }

    def stored_events(self, rows: Iterable[Row]) -> list[Event]:
        """Events of joined rows of ``events`` and ``messages``, messages with their present content."""
        return [
            Event(row["number"], row["type"], self.render(row) if row["data"] is None else row["data"])
            for row in rows
        ]

    def _told(self, data: Mapping[str, Any]) -> str:
        return to_json({"roomId": self.id, **data})


def to_json(value: Any) -> str:
    """JSON as it goes over the wire: compact, not escaped."""
    return _encode(value)


def _reactions(found: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    return [{"emoji": emoji, "count": len(users), "userIds": users} for emoji, users in found.items()]
