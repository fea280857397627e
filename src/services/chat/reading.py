"""What members see of a room: itself, its history, and what they missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from services.chat.problems import RoomNotFound

if TYPE_CHECKING:
    from services.chat.room import Event, Member, Room
    from services.objects import Row

COUNTED_UP_TO = 1000
"""Unread messages; so many mean: so many or more."""
MAX_PAGE = 500
"""Events of one page of a replay."""
MAX_PAGE_TEXT = 500_000
"""Characters after which a page ends."""
MAX_REPLAY = 10_000
"""Events that one can catch up with; further back is the history's business."""
MAX_PREVIEW = 200
"""Characters of the last message that lists show."""

UNREAD = (
    "SELECT count(*) AS n FROM"
    " (SELECT 1 FROM messages WHERE seq > ?1 AND sender <> ?2 AND deleted_at IS NULL LIMIT ?3)"
)
EVENTS = (
    "SELECT e.event AS number, e.type, e.data, m.* FROM events e LEFT JOIN messages m ON m.seq = e.seq"
    " WHERE e.event > ? AND e.event <= ? ORDER BY e.event LIMIT ?"
)


class Replay(NamedTuple):
    """A page of what was missed.

    ``after`` continues it, None when it is complete; ``truncated``: what is older than it was left out.
    """

    events: list[Event]
    after: int | None
    truncated: bool


def unread(room: Room, member: Member) -> int:
    """How many messages of others the member has not read; deleted ones do not count."""
    return room.store.rows(UNREAD, member.read_seq, member.user_id, COUNTED_UP_TO)[0]["n"]


def describe(room: Room, user_id: str) -> dict[str, Any]:
    """The room as the caller sees it. Raises ``RoomNotFound``."""
    return glance(room, user_id) | {
        "id": room.id,
        "type": room.type,
        "created_at": room.created_at,
        "members": [
            {
                "id": member.user_id,
                "display_name": member.name,
                "role": member.role,
                "joined_at": member.joined_at,
                "read_seq": member.read_seq,
            }
            for member in room.members
        ],
    }


def glance(room: Room, user_id: str) -> dict[str, Any]:
    """What changes of a room as people use it, as the caller sees it. Raises ``RoomNotFound``."""
    caller = room.access(user_id)
    last = room.message(room.seq)
    return {
        "name": room.name,
        "role": caller.role,
        "read_seq": caller.read_seq,
        "muted_until": caller.muted_until,
        "unread_count": unread(room, caller),
        "last_seq": room.seq,
        "last_message": room.render(last) if last else None,
        "active_at": last["created_at"] if last else room.created_at,
    }


def preview(body: str) -> str:
    """As much of a message as lists show."""
    return body if len(body) <= MAX_PREVIEW else body[: MAX_PREVIEW - 1] + "…"


def history(
    room: Room, user_id: str, *, after_seq: int | None = None, before_seq: int | None = None, limit: int
) -> list[Row]:
    """Up to ``limit`` messages in their order: the first after one, the last before one, or the latest."""
    room.access(user_id)
    if after_seq is not None:
        return room.store.rows("SELECT * FROM messages WHERE seq > ? ORDER BY seq LIMIT ?", after_seq, limit)
    before = room.seq + 1 if before_seq is None else before_seq
    found = room.store.rows("SELECT * FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, limit)
    return found[::-1]


def missed(room: Room, user_id: str, *, last_seq: int | None = None, last_event: int | None = None) -> Replay:
    """The first page of what happened since the caller's last event, or since the message ``last_seq`` came.

    Without either there is nothing to catch up with. Raises ``RoomNotFound``.
    """
    room.access(user_id)
    if last_event is None:
        last_event = room.event if last_seq is None else _event_of(room, last_seq)
    earliest = max(room.event - MAX_REPLAY, _oldest_kept(room) - 1)
    truncated = last_event < earliest
    page = replay(room, max(last_event, earliest))
    return page._replace(truncated=truncated)


def forget_old_events(room: Room) -> None:
    """Keep as many events as anyone can ask for."""
    if room.event - MAX_REPLAY > room.forgotten:
        room.forgotten = room.event - MAX_REPLAY
        room.store.rows("DELETE FROM events WHERE event <= ?", room.forgotten)


def replay(room: Room, after: int) -> Replay:
    """The events after that one, messages with their present content."""
    rows = room.store.rows(EVENTS, after, room.event, MAX_PAGE)
    events: list[Event] = []
    size = 0
    for event in room.stored_events(rows):
        events.append(event)
        size += len(event.text)
        if size >= MAX_PAGE_TEXT:
            break
    last = events[-1].number if events else room.event
    return Replay(events, last if last < room.event else None, truncated=False)


def live(room: Room, after: int) -> list[Event]:
    """The events after that one as they happened, for those who are connected; a page at most."""
    if room.tail and room.tail[0].number <= after + 1:
        return _page([event for event in room.tail if event.number > after])
    return replay(room, after).events


def check_member(room: Room | None, user_id: str) -> Room:
    """The room, for those who are in it. Raises ``RoomNotFound``."""
    if room is None:
        raise RoomNotFound
    room.access(user_id)
    return room


def _page(events: list[Event]) -> list[Event]:
    size = 0
    for number, event in enumerate(events):
        size += len(event.text)
        if size >= MAX_PAGE_TEXT:
            return events[: number + 1]
    return events


def _event_of(room: Room, seq: int) -> int:
    """The event that brought a message; the beginning for none, the present for one that is not there yet."""
    if seq <= 0:
        return 0
    row = room.message(min(seq, room.seq))
    return row["event"] if row else 0


def _oldest_kept(room: Room) -> int:
    rows = room.store.rows("SELECT min(event) AS n FROM events")
    return rows[0]["n"] or 1
