"""What members do in a room, asked of the room's object; answered when lists and search know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from services.chat.models import Edit, Edits, Message, ReadState
from services.chat.problems import MessageNotFound, RoomNotFound
from services.chat.room import FOREVER
from services.chat.rooms import hub, reachable, shown
from services.models import Page
from services.paging import LAST_NUMBER, InvalidCursor, decode_cursor, encode_cursor
from services.problems import NotFound

if TYPE_CHECKING:
    from services.chat.models import HistoryQuery, Mute, NewMessage, ReadMark, Room
    from services.context import Context, Stub

MINUTE = 60_000
Direction = Literal["after", "before"]


async def send(context: Context, user_id: str, room_id: str, new_id: str, body: NewMessage) -> Message:
    """Send a message; without a ``clientMessageId`` it gets ``new_id`` for one."""
    sent = await hub(context, room_id).call(
        "send",
        user_id=user_id,
        client_message_id=body.client_message_id or new_id,
        body=body.body,
        attachments=body.attachments,
        reply_to=body.reply_to,
        projected=True,
    )
    return Message.model_validate_json(sent["message"])


async def history(context: Context, user_id: str, room_id: str, query: HistoryQuery) -> Page[Message]:
    """A page of messages in the order of the room."""
    direction, seq = _place(query)
    wanted = {f"{direction}_seq": seq} if seq is not None else {}
    texts = await hub(context, room_id).call("history", user_id=user_id, limit=query.limit + 1, **wanted)
    items = [Message.model_validate_json(text) for text in texts]
    if len(items) <= query.limit:
        return Page[Message](items=items)
    kept = items[: query.limit] if direction == "after" else items[1:]
    edge = kept[-1] if direction == "after" else kept[0]
    return Page[Message](items=kept, next_cursor=encode_cursor((direction, edge.seq)))


async def read(context: Context, user_id: str, room_id: str, mark: ReadMark) -> ReadState:
    """Mark as read up to a message, or up to the last."""
    seq = LAST_NUMBER if mark.seq is None else mark.seq
    state = await hub(context, room_id).call("read", user_id=user_id, seq=seq, projected=True)
    return ReadState(**state)


async def mute(context: Context, user_id: str, room_id: str, wanted: Mute) -> Room:
    """Mute for some minutes or for good."""
    until = FOREVER if wanted.minutes is None else context.clock.now() + wanted.minutes * MINUTE
    return await shown(context, await hub(context, room_id).call("mute", user_id=user_id, until=until))


async def rename(context: Context, user_id: str, room_id: str, name: str) -> Room:
    """Name a group."""
    return await shown(context, await hub(context, room_id).call("update", user_id=user_id, name=name))


async def add_members(context: Context, user_id: str, room_id: str, ids: list[str]) -> Room:
    """Let people in; who may not know the room is told so before anything about the people."""
    room = hub(context, room_id)
    await room.call("describe", user_id=user_id)
    people = await reachable(context, user_id, dict.fromkeys(ids))
    return await shown(context, await room.call("add_members", user_id=user_id, people=people))


async def remove_member(context: Context, user_id: str, room_id: str, member_id: str) -> None:
    """Put somebody out, or leave."""
    await hub(context, room_id).call("remove_member", user_id=user_id, member_id=member_id)


async def edit(context: Context, user_id: str, message_id: str, body: str) -> Message:
    """Replace the text of a message."""
    return await _changed(context, "edit", user_id, message_id, body=body)


async def delete(context: Context, user_id: str, message_id: str) -> None:
    """Leave a tombstone."""
    await _changed(context, "delete", user_id, message_id)


async def react(context: Context, user_id: str, message_id: str, emoji: str, *, added: bool) -> Message:
    """Put a reaction on a message or take it off."""
    return await _changed(context, "react", user_id, message_id, emoji=emoji, added=added)


async def edits(context: Context, user_id: str, message_id: str) -> Edits:
    """What a message said before."""
    rows = await _ask(context, "edits", user_id, message_id)
    return Edits(items=[Edit(**row) for row in rows])


async def _changed(context: Context, method: str, user_id: str, message_id: str, **wanted: Any) -> Message:
    answer = await _ask(context, method, user_id, message_id, projected=True, **wanted)
    return Message.model_validate_json(answer["message"])


async def _ask(context: Context, method: str, user_id: str, message_id: str, **wanted: Any) -> Any:
    """Ask the room of a message; a room that the caller may not know has no messages for them."""
    try:
        room: Stub = hub(context, message_id.rpartition("-")[0])
        return await room.call(method, user_id=user_id, message_id=message_id, **wanted)
    except NotFound as problem:
        # Raised in another object, it arrives as a class of its own with the same code.
        if problem.code == RoomNotFound.code:
            raise MessageNotFound from None
        raise


def _place(query: HistoryQuery) -> tuple[Direction, int | None]:
    """Where the page begins and in which direction it goes."""
    if query.cursor is not None:
        direction, seq = decode_cursor(query.cursor, str, int)
        if direction not in {"after", "before"}:
            raise InvalidCursor
        return ("after" if direction == "after" else "before"), int(seq)
    if query.after_seq is not None:
        return "after", query.after_seq
    return "before", query.before_seq
