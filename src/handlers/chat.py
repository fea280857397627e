"""Chat: ``/api/v1/chat``. The rules are the room's own (docs/chat.md); what one may not see is 404."""

from __future__ import annotations

from typing import Any

from edge.http.messages import Reply
from edge.http.routes import Call, Routes
from handlers.media import answer, asked
from services.chat import attachments, conversation, problems, rooms, search
from services.chat.models import (
    Attachment,
    Edits,
    EmojiBody,
    EmojiQuery,
    HistoryQuery,
    Message,
    MessageEdit,
    Mute,
    NewMembers,
    NewMessage,
    NewRoom,
    ReadMark,
    ReadState,
    Room,
    RoomUpdate,
    SearchQuery,
)
from services.images import BrokenImage, ImageTooLarge
from services.media import RangeNotSatisfiable, select_any
from services.models import Model, Page
from services.multipart import MalformedMultipart
from services.paging import InvalidCursor, PageQuery
from services.problems import PayloadTooLarge

routes = Routes("/api/v1/chat", "chat")

_ROOM = (problems.RoomNotFound,)
_GROUP = (problems.RoomNotFound, problems.DirectRoom, problems.NotAllowed)
_MESSAGE = (problems.MessageNotFound, problems.MessageDeleted, problems.NotAllowed)


@routes.get("/rooms", problems=(InvalidCursor,))
async def list_chat_rooms(call: Call, query: PageQuery) -> Page[Room]:
    """The caller's rooms, the latest active first, with unread counts."""
    return await rooms.list_rooms(call.context, call.user.user_id, query)


@routes.post(
    "/rooms",
    status=201,
    idempotent=True,
    problems=(problems.MemberNotFound, problems.ContactRefused, problems.RoomFull),
)
async def create_chat_room(call: Call, body: NewRoom) -> Room:
    """Found a room. Two people have one direct room: asked for again, it is that one that comes back."""
    room = await rooms.create_room(call.context, call.user.user_id, call.new_id(), body)
    return await _kept(call, room)


@routes.get("/rooms/{room_id}", problems=_ROOM)
async def read_chat_room(call: Call, room_id: str) -> Room:
    """A room with all its members."""
    return await rooms.read_room(call.context, call.user.user_id, room_id)


@routes.patch("/rooms/{room_id}", problems=_GROUP)
async def update_chat_room(call: Call, room_id: str, body: RoomUpdate) -> Room:
    """Name a group; its owner may."""
    return await conversation.rename(call.context, call.user.user_id, room_id, body.name)


@routes.delete("/rooms/{room_id}", problems=_GROUP)
async def delete_chat_room(call: Call, room_id: str) -> None:
    """End a group for everyone, with all that was said; its owner may."""
    await rooms.hub(call.context, room_id).call("close", user_id=call.user.user_id)


@routes.get("/rooms/{room_id}/messages", problems=(*_ROOM, InvalidCursor))
async def list_chat_messages(call: Call, room_id: str, query: HistoryQuery) -> Page[Message]:
    """Messages in the order of the room: after `afterSeq`, before `beforeSeq`, or the latest.

    `nextCursor` goes on in the same direction.
    """
    return await conversation.history(call.context, call.user.user_id, room_id, query)


@routes.post(
    "/rooms/{room_id}/messages",
    status=201,
    idempotent=True,
    problems=(*_ROOM, problems.MessageNotFound, problems.InvalidMessage, problems.ContactRefused),
)
async def send_chat_message(call: Call, room_id: str, body: NewMessage) -> Message:
    """Send a message: text, files uploaded before, or both. It is durable when this answers.

    A retry with the same `clientMessageId`, or the same `Idempotency-Key`, makes no second message.
    """
    message = await conversation.send(call.context, call.user.user_id, room_id, call.new_id(), body)
    return await _kept(call, message)


@routes.post("/rooms/{room_id}/read", problems=_ROOM)
async def mark_chat_read(call: Call, room_id: str, body: ReadMark) -> ReadState:
    """Mark messages as read, only forward."""
    return await conversation.read(call.context, call.user.user_id, room_id, body)


@routes.post("/rooms/{room_id}/mute", problems=_ROOM)
async def mute_chat_room(call: Call, room_id: str, body: Mute) -> Room:
    """Be notified of nothing in this room, for some minutes or for good. Unread messages still count."""
    return await conversation.mute(call.context, call.user.user_id, room_id, body)


@routes.delete("/rooms/{room_id}/mute", problems=_ROOM)
async def unmute_chat_room(call: Call, room_id: str) -> None:
    """Be notified again."""
    await rooms.hub(call.context, room_id).call("mute", user_id=call.user.user_id, until=None)


@routes.post(
    "/rooms/{room_id}/members",
    problems=(*_GROUP, problems.MemberNotFound, problems.ContactRefused, problems.RoomFull),
)
async def add_chat_members(call: Call, room_id: str, body: NewMembers) -> Room:
    """Let people into a group; every member may. For them the messages before do not count as unread."""
    return await conversation.add_members(call.context, call.user.user_id, room_id, body.member_ids)


@routes.delete("/rooms/{room_id}/members/{user_id}", problems=(*_GROUP, problems.MemberNotFound))
async def remove_chat_member(call: Call, room_id: str, user_id: str) -> None:
    """Put somebody out of a group, as its owner, or leave it oneself. It takes effect at once."""
    await conversation.remove_member(call.context, call.user.user_id, room_id, user_id)


@routes.post("/rooms/{room_id}/leave", status=204, problems=_GROUP)
async def leave_chat_room(call: Call, room_id: str) -> None:
    """Leave a group. When its owner leaves, who has been there longest owns it; the last one ends it."""
    await conversation.remove_member(call.context, call.user.user_id, room_id, call.user.user_id)


@routes.post(
    "/rooms/{room_id}/attachments",
    status=201,
    idempotent=True,
    max_body=attachments.MAX_FORM,
    accepts=("multipart/form-data", "application/octet-stream", "image/*", "audio/*"),
    problems=(
        *_ROOM, problems.TooManyUnsent, PayloadTooLarge, MalformedMultipart, BrokenImage, ImageTooLarge,
    ),
)  # fmt: skip
async def upload_chat_attachment(call: Call, room_id: str, body: bytes) -> Attachment:
    """Upload a file up to 10 MB, as the form field `file` or as the body, then send it in a message.

    Pictures lose where and with what they were taken. What is not sent within a day is thrown away.
    """
    upload = attachments.uploaded(call.request.headers.get("content-type", ""), body)
    stored = await attachments.store(call.context, call.user.user_id, room_id, call.new_id(), upload)
    return await _kept(call, stored)


@routes.get(
    "/rooms/{room_id}/attachments/{attachment_id}",
    produces="application/octet-stream",
    problems=(*_ROOM, problems.AttachmentNotFound, RangeNotSatisfiable),
)
async def read_chat_attachment(call: Call, room_id: str, attachment_id: str) -> Reply:
    """A file, for members of the room. Answers byte ranges and conditional requests; keep it to yourself."""
    found = await attachments.fetch(call.context, call.user.user_id, room_id, attachment_id)
    conditions, head = asked(call.request)
    key = attachments.key(room_id, found.id)
    return answer(
        await select_any(call.context, key, conditions, head=head),
        [
            ("cache-control", "private, max-age=31536000, immutable"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("content-disposition", attachments.disposition(found)),
        ],
    )


@routes.patch("/messages/{message_id}", problems=(*_MESSAGE, problems.InvalidMessage, problems.TooMuch))
async def edit_chat_message(call: Call, message_id: str, body: MessageEdit) -> Message:
    """Replace the text of one's own message. What it said before is kept with it."""
    return await conversation.edit(call.context, call.user.user_id, message_id, body.body)


@routes.delete("/messages/{message_id}", problems=(problems.MessageNotFound, problems.NotAllowed))
async def delete_chat_message(call: Call, message_id: str) -> None:
    """Leave a tombstone in place of a message; its sender may, and the owner of a group."""
    await conversation.delete(call.context, call.user.user_id, message_id)


@routes.get("/messages/{message_id}/edits", problems=(problems.MessageNotFound,))
async def list_chat_edits(call: Call, message_id: str) -> Edits:
    """What a message said before."""
    return await conversation.edits(call.context, call.user.user_id, message_id)


@routes.post("/messages/{message_id}/reactions", problems=(*_MESSAGE, problems.TooMuch))
async def add_chat_reaction(call: Call, message_id: str, body: EmojiBody) -> Message:
    """Put an emoji on a message."""
    return await conversation.react(call.context, call.user.user_id, message_id, body.emoji, added=True)


@routes.delete("/messages/{message_id}/reactions", status=200, problems=_MESSAGE)
async def remove_chat_reaction(call: Call, message_id: str, query: EmojiQuery) -> Message:
    """Take one's emoji off a message."""
    return await conversation.react(call.context, call.user.user_id, message_id, query.emoji, added=False)


@routes.get("/search", problems=(InvalidCursor,))
async def search_chat(call: Call, query: SearchQuery) -> Page[Message]:
    """Messages in the caller's rooms that have all the words, the newest first.

    The last word may be unfinished; in Chinese, Japanese, Korean and Thai any part of a text is found.
    """
    return await search.search(call.context, call.user.user_id, query)


async def _kept(call: Call, reply: Model) -> Any:
    """The reply, stored for retries with the same ``Idempotency-Key``."""
    return await call.commit([], reply) if call.idempotency else reply
