"""What members do with messages: send, edit, delete, react, read. Each is validated, then written at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.chat.files import discard
from services.chat.problems import (
    InvalidMessage,
    MessageDeleted,
    MessageNotFound,
    NotAllowed,
    TooMuch,
)
from services.chat.room import READ_RECEIPTS_UP_TO, to_json
from services.problems import FieldError
from services.text import tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.chat.room import Member, Room
    from services.objects import Row

MAX_BODY = 4000
"""Visible characters."""
MAX_ATTACHMENTS = 10
MAX_CLIENT_ID = 128
MAX_EDITS = 100
MAX_EMOJI_LENGTH = 32
MAX_EMOJI = 20
"""Different ones on a message."""
MAX_DIGITS = 15
"""Of a message's number."""
MAX_REACTIONS = 500
"""On a message, in all."""


def send(
    room: Room,
    user_id: str,
    *,
    client_message_id: str,
    body: str,
    attachments: Sequence[str] = (),
    reply_to: str | None = None,
) -> Row:
    """Store a message and number it. The same ``client_message_id`` of the same sender is the same message.

    Raises ``RoomNotFound``, ``InvalidMessage``, ``MessageNotFound`` for a reply to nothing.
    """
    room.access(user_id)
    known = _sent_before(room, user_id, _client_id(client_message_id))
    if known:
        return known
    files = _unsent(room, user_id, attachments)
    text = _body(body, least=0 if files else 1)
    answered = None if reply_to is None else existing(room, reply_to)["seq"]
    return _store(room, (user_id, client_message_id), text, files, answered)


def edit(room: Room, user_id: str, message_id: str, *, body: str) -> Row:
    """Replace the text of one's own message; what it was is kept. The same text again changes nothing.

    Raises ``MessageNotFound``, ``NotAllowed``, ``MessageDeleted``, ``InvalidMessage``, ``TooMuch``.
    """
    row = _own(room, user_id, message_id)
    text = _body(body, least=0 if row["attachments"] != "[]" else 1)
    if text == row["body"]:
        return row
    number = len(edits(room, user_id, message_id)) + 1
    if number > MAX_EDITS:
        raise TooMuch
    written = row["edited_at"] or row["created_at"]
    room.store.rows("INSERT INTO edits VALUES (?, ?, ?, ?)", row["seq"], number, row["body"], written)
    row |= {"body": text, "edited_at": room.clock.now()}
    room.store.rows(
        "UPDATE messages SET body = ?, edited_at = ? WHERE seq = ?", text, row["edited_at"], row["seq"]
    )
    return _changed(room, "edited", row)


def edits(room: Room, user_id: str, message_id: str) -> list[Row]:
    """What the message said before, oldest first: ``body`` and ``written_at``."""
    room.access(user_id)
    seq = existing(room, message_id)["seq"]
    return room.store.rows("SELECT body, written_at FROM edits WHERE seq = ? ORDER BY number", seq)


def delete(room: Room, user_id: str, message_id: str) -> Row:
    """Leave a tombstone in place of the message; its text, edits, reactions and files are gone for good.

    Its sender and a group's owner may. Again is no failure. Raises ``MessageNotFound``, ``NotAllowed``.
    """
    member = room.access(user_id)
    row = existing(room, message_id)
    if row["sender"] != user_id and (room.direct or member.role != "owner"):
        raise NotAllowed
    if row["deleted_at"] is not None:
        return row
    for file in json.loads(row["attachments"]):
        discard(room, file["id"])
    room.store.rows("DELETE FROM attachments WHERE seq = ?", row["seq"])
    room.store.rows("DELETE FROM edits WHERE seq = ?", row["seq"])
    row |= {"body": "", "attachments": "[]", "reactions": "{}", "deleted_at": room.clock.now()}
    room.store.rows(
        "UPDATE messages SET body = '', attachments = '[]', reactions = '{}', deleted_at = ? WHERE seq = ?",
        row["deleted_at"], row["seq"],
    )  # fmt: skip
    return _changed(room, "deleted", row)


def react(room: Room, user_id: str, message_id: str, *, emoji: str, added: bool) -> Row:
    """Put one's reaction on a message or take it off; what is so already stays so.

    Raises ``MessageNotFound``, ``MessageDeleted``, ``InvalidMessage``, ``TooMuch``.
    """
    room.access(user_id)
    row = _living(room, message_id)
    emoji = _emoji(emoji)
    reactions: dict[str, list[str]] = json.loads(row["reactions"])
    users = reactions.setdefault(emoji, [])
    if (user_id in users) == added:
        return row
    if added:
        users.append(user_id)
        if len(reactions) > MAX_EMOJI or sum(map(len, reactions.values())) > MAX_REACTIONS:
            raise TooMuch
    else:
        users.remove(user_id)
        reactions = {key: value for key, value in reactions.items() if value}
    row["reactions"] = to_json(reactions)
    room.store.rows("UPDATE messages SET reactions = ? WHERE seq = ?", row["reactions"], row["seq"])
    room.record(
        "reaction", row=row, messageId=room.message_id(row["seq"]), seq=row["seq"], userId=user_id,
        emoji=emoji, added=added, count=len(users),
    )  # fmt: skip
    room.project(f"m:{row['seq']}")
    return row


def read(room: Room, user_id: str, *, seq: int) -> Member:
    """Mark messages up to ``seq`` as read. Only forward, and not beyond what there is; the member."""
    member = room.access(user_id)
    seq = min(seq, room.seq)
    if seq <= member.read_seq:
        return member
    member.read_seq = seq
    room.save(member)
    if len(room.present) <= READ_RECEIPTS_UP_TO:
        room.record("read", userId=user_id, seq=seq)
    return member


def existing(room: Room, message_id: str) -> Row:
    """The message, deleted or not. Raises ``MessageNotFound``."""
    row = room.message(_seq_of(room, message_id))
    if row is None:
        raise MessageNotFound
    return row


def _seq_of(room: Room, message_id: str) -> int:
    room_id, _, seq = message_id.rpartition("-")
    if room_id != room.id or not seq.isdecimal() or len(seq) > MAX_DIGITS:
        raise MessageNotFound
    return int(seq)


def _store(room: Room, key: tuple[str, str], body: str, files: list[str], answered: int | None) -> Row:
    sender, client_id = key
    row: Row = {
        "seq": room.seq + 1, "event": room.event + 1, "sender": sender, "client_id": client_id, "body": body,
        "attachments": f"[{','.join(files)}]", "reply_to": answered, "created_at": room.clock.now(),
        "edited_at": None, "deleted_at": None, "reactions": "{}",
    }  # fmt: skip
    room.take(row)
    for file in files:
        room.store.rows("UPDATE attachments SET seq = ? WHERE id = ?", row["seq"], json.loads(file)["id"])
    return row


def _changed(room: Room, kind: str, row: Row) -> Row:
    room.record(kind, row=row)  # type: ignore[arg-type]
    room.project(f"m:{row['seq']}")
    return row


def _sent_before(room: Room, user_id: str, client_id: str) -> Row | None:
    found = room.store.rows("SELECT * FROM messages WHERE sender = ? AND client_id = ?", user_id, client_id)
    return found[0] if found else None


def _living(room: Room, message_id: str) -> Row:
    row = existing(room, message_id)
    if row["deleted_at"] is not None:
        raise MessageDeleted
    return row


def _own(room: Room, user_id: str, message_id: str) -> Row:
    room.access(user_id)
    row = _living(room, message_id)
    if row["sender"] != user_id:
        raise NotAllowed
    return row


def _unsent(room: Room, user_id: str, ids: Sequence[str]) -> list[str]:
    """What is stored about these uploads, as JSON: the sender's own, in this room, in no message yet."""
    if len(ids) > MAX_ATTACHMENTS or len(set(ids)) < len(ids):
        raise _invalid("$.attachments", f"must name at most {MAX_ATTACHMENTS} files, each once")
    found = [
        room.store.rows(
            "SELECT about FROM attachments WHERE id = ? AND uploader = ? AND seq IS NULL", file, user_id
        )
        for file in ids
    ]
    if not all(found):
        raise _invalid("$.attachments", "must be uploads of yours to this room that were not sent yet")
    return [rows[0]["about"] for rows in found]


def _body(body: str, *, least: int) -> str:
    if len(body) > MAX_BODY * 8:
        raise _invalid("$.body", f"must have at most {MAX_BODY} characters")
    try:
        return tidy(body, least=least, most=MAX_BODY, multiline=True)
    except ValueError as error:
        raise _invalid("$.body", str(error)) from None


def _client_id(client_id: str) -> str:
    if not 1 <= len(client_id) <= MAX_CLIENT_ID or not client_id.isprintable():
        raise _invalid("$.clientMessageId", f"must be 1 to {MAX_CLIENT_ID} printable characters")
    return client_id


def _emoji(emoji: str) -> str:
    if not 1 <= len(emoji) <= MAX_EMOJI_LENGTH or any(character.isspace() for character in emoji):
        raise _invalid("$.emoji", f"must be 1 to {MAX_EMOJI_LENGTH} characters without blanks")
    try:
        return tidy(emoji, least=1, most=MAX_EMOJI_LENGTH)
    except ValueError as error:
        raise _invalid("$.emoji", str(error)) from None


def _invalid(path: str, message: str) -> InvalidMessage:
    return InvalidMessage(errors=(FieldError(path, message),))
