"""What the routes of chat take and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from services.chat.messages import MAX_ATTACHMENTS, MAX_BODY, MAX_CLIENT_ID, MAX_EMOJI_LENGTH
from services.chat.room import MAX_MEMBERS
from services.models import Model, Timestamp
from services.paging import LAST_NUMBER, PageQuery
from services.text import tidy


def _room_name(name: str) -> str:
    return tidy(name, least=1, most=80)


RoomType = Literal["direct", "group"]
Role = Literal["owner", "member"]
UserId = Annotated[str, Field(min_length=1, max_length=64)]
RoomName = Annotated[str, AfterValidator(_room_name), Field(max_length=640)]
"""1 to 80 visible characters."""


class NewRoom(Model):
    """A room to found: ``direct`` with one other person and no name, ``group`` with up to 999 others."""

    type: RoomType
    member_ids: Annotated[list[UserId], Field(max_length=MAX_MEMBERS)]
    name: RoomName | None = None


class RoomUpdate(Model):
    """A group's new name."""

    name: RoomName


class NewMembers(Model):
    """People to let in."""

    member_ids: Annotated[list[UserId], Field(min_length=1, max_length=MAX_MEMBERS)]


class Sender(Model):
    """Who wrote a message."""

    id: str
    display_name: str


class Attachment(Model):
    """A file of a message; members of the room fetch it from ``url``.

    ``width`` and ``height`` are of pictures, ``durationSeconds`` of recordings.
    """

    id: str
    name: str
    kind: Literal["image", "audio", "file"]
    content_type: str
    size: int
    url: str
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None


class Reaction(Model):
    """Who put this emoji on a message."""

    emoji: str
    count: int
    user_ids: list[str]


class Message(Model):
    """A message; ``seq`` counts the room's from 1. A deleted one keeps its place without its content."""

    id: str
    room_id: str
    seq: int
    client_message_id: str
    sender: Sender
    body: str
    attachments: list[Attachment]
    reply_to: str | None
    created_at: str
    edited_at: str | None
    deleted_at: str | None
    reactions: list[Reaction]


class RoomMember(Model):
    """Somebody in a room. ``readSeq``: up to which message they have read."""

    id: str
    display_name: str
    profile_image_url: str | None
    role: Role
    joined_at: Timestamp
    read_seq: int


class Room(Model):
    """A room as the caller sees it.

    ``unreadCount`` counts messages of others after ``readSeq``; 1000 means that many or more. ``mutedUntil``
    is null while ``muted`` for one that is muted for good. Lists name up to ten members, a room itself all.
    """

    id: str
    type: RoomType
    name: str | None
    role: Role
    member_count: int
    members: list[RoomMember]
    last_seq: int
    last_message: Message | None
    read_seq: int
    unread_count: int
    muted: bool
    muted_until: Timestamp | None
    created_at: Timestamp


class HistoryQuery(PageQuery):
    """Which messages: after one, before one, or the latest; always in the order of the room."""

    after_seq: Annotated[int, Field(ge=0, le=LAST_NUMBER)] | None = None
    before_seq: Annotated[int, Field(ge=1, le=LAST_NUMBER)] | None = None


class NewMessage(Model):
    """A message to send. The same ``clientMessageId`` again is the same message and gets the same answer."""

    body: Annotated[str, Field(max_length=MAX_BODY * 8)] = ""
    client_message_id: Annotated[str, Field(min_length=1, max_length=MAX_CLIENT_ID)] | None = None
    attachments: Annotated[list[str], Field(max_length=MAX_ATTACHMENTS, default_factory=list)]
    reply_to: Annotated[str, Field(max_length=64)] | None = None


class MessageEdit(Model):
    """A message's new text."""

    body: Annotated[str, Field(max_length=MAX_BODY * 8)]


class EmojiBody(Model):
    """A reaction."""

    emoji: Annotated[str, Field(min_length=1, max_length=MAX_EMOJI_LENGTH)]


class EmojiQuery(Model):
    """The reaction to take off."""

    emoji: Annotated[str, Field(min_length=1, max_length=MAX_EMOJI_LENGTH)]


class ReadMark(Model):
    """Up to which message the caller has read; left out, up to the last."""

    seq: Annotated[int, Field(ge=0, le=LAST_NUMBER)] | None = None


class ReadState(Model):
    """How far the caller has read and what is left."""

    read_seq: int
    unread_count: int


class Mute(Model):
    """For how long; left out, for good."""

    minutes: Annotated[int, Field(ge=1, le=527_040)] | None = None


class Edit(Model):
    """What a message said before."""

    body: str
    written_at: Timestamp


class Edits(Model):
    """All that a message said before, oldest first."""

    items: list[Edit]


class SearchQuery(PageQuery):
    """Words that all must be in the message; the last one may be unfinished."""

    q: Annotated[str, Field(min_length=1, max_length=200)]
    room_id: Annotated[str, Field(max_length=64)] | None = None
