"""What a room knows of its files: who may send and fetch them, and which are to be thrown away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from services.chat.problems import AttachmentNotFound, TooManyUnsent
from services.chat.room import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.chat.room import Room

MAX_UNSENT = 50
"""Uploads of one member that are in no message yet."""
KEPT_UNSENT = 86_400_000
"""Milliseconds."""

_LEFT = (
    "SELECT EXISTS (SELECT 1 FROM trash) AS trash,"
    " (SELECT min(created_at) FROM attachments WHERE seq IS NULL) AS oldest"
)


def key(room_id: str, attachment_id: str) -> str:
    """Where in the bucket a file lies."""
    return f"chat/{room_id}/{attachment_id}"


def attach(room: Room, user_id: str, about: Mapping[str, Any]) -> None:
    """Take note of an upload, which the member may then send. Again is no failure.

    Raises ``RoomNotFound``, ``TooManyUnsent``.
    """
    room.access(user_id)
    counted = "SELECT count(*) AS n FROM attachments WHERE seq IS NULL AND uploader = ?"
    if room.store.rows(counted, user_id)[0]["n"] >= MAX_UNSENT:
        raise TooManyUnsent
    room.store.rows(
        "INSERT OR IGNORE INTO attachments (id, uploader, about, created_at) VALUES (?, ?, ?, ?)",
        about["id"], user_id, to_json(about), room.clock.now(),
    )  # fmt: skip


def fetched(room: Room, user_id: str, attachment_id: str) -> dict[str, Any]:
    """What is known of a file: for members once it is sent, for its uploader before.

    Raises ``RoomNotFound``, ``AttachmentNotFound``.
    """
    room.access(user_id)
    found = room.store.rows(
        "SELECT about FROM attachments WHERE id = ? AND (seq IS NOT NULL OR uploader = ?)",
        attachment_id,
        user_id,
    )
    if not found:
        raise AttachmentNotFound
    return json.loads(found[0]["about"])


class Left(NamedTuple):
    """What is to be thrown away: whether there is trash, and when the oldest upload not sent will be."""

    trash: bool
    stale_at: int | None


def left(room: Room) -> Left:
    """What a room has to throw away."""
    (found,) = room.store.rows(_LEFT)
    oldest = found["oldest"]
    return Left(bool(found["trash"]), None if oldest is None else oldest + KEPT_UNSENT)


def thrown_away(room: Room) -> list[str]:
    """Files to delete from the bucket, some at a time, with uploads that were never sent in time."""
    has = left(room)
    if has.stale_at is not None and has.stale_at <= room.clock.now():
        _discard_stale(room)
    elif not has.trash:
        return []
    return [row["key"] for row in room.store.rows("SELECT key FROM trash LIMIT 1000")]


def forget(room: Room, keys: Sequence[str]) -> None:
    """Take note that these files are deleted."""
    room.store.rows("DELETE FROM trash WHERE key IN (SELECT value FROM json_each(?))", to_json(keys))


def _discard_stale(room: Room) -> None:
    stale = room.store.rows(
        "DELETE FROM attachments WHERE seq IS NULL AND created_at <= ? RETURNING id",
        room.clock.now() - KEPT_UNSENT,
    )
    for file in stale:
        discard(room, file["id"])


def discard(room: Room, attachment_id: str) -> None:
    """Have a file deleted from the bucket."""
    room.store.rows("INSERT OR IGNORE INTO trash VALUES (?)", key(room.id, attachment_id))
