"""Rooms as people list and open them."""

from __future__ import annotations

import asyncio
import json
from base64 import b32encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from services.chat.models import Message, NewRoom, Room, RoomMember
from services.chat.problems import ContactRefused, MemberNotFound, RoomNotFound
from services.chat.reading import COUNTED_UP_TO, preview
from services.chat.room import FOREVER
from services.context import sql
from services.models import Page
from services.paging import LAST_NUMBER, PageQuery, decode_cursor, split
from services.problems import FieldError, NotFound, Unprocessable
from services.users.profile import image_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.context import Context, Row, Stub

NAMESPACE = "CHAT_HUB"
SHOWN_MEMBERS = 10
"""Of a room in a list."""
PATIENCE = 2.0
"""Seconds that a list waits for what live rooms say; then it shows what was last written of them."""
_LATEST = (LAST_NUMBER, "")

LIST = (
    "SELECT p.*,"
    " (SELECT count(*) FROM (SELECT 1 FROM chat_messages c INDEXED BY chat_messages_unread"
    "   WHERE c.room_id = p.id AND c.seq > p.read_seq AND c.sender_id <> ?1 AND c.deleted_at IS NULL"
    "   LIMIT ?5)) AS unread_count,"
    " (SELECT count(*) FROM chat_members o WHERE o.room_id = p.id AND o.left_at IS NULL) AS member_count,"
    " (SELECT json_group_array(json_object('id', f.user_id, 'display_name', u.display_name,"
    "   'image_key', u.image_key, 'role', f.role, 'joined_at', f.joined_at, 'read_seq', f.read_seq)) FROM"
    "   (SELECT * FROM chat_members WHERE room_id = p.id AND (left_at IS NULL OR p.type = 'direct')"
    "    ORDER BY joined_at, user_id LIMIT ?6) f JOIN users u ON u.id = f.user_id) AS members,"
    " (SELECT display_name FROM users WHERE id = p.last_message ->> '$.sender.id') AS sender_name"
    " FROM (SELECT r.id, r.type, r.name, r.last_seq, r.last_message, r.active_at, r.created_at, r.live_until,"
    "   m.role, m.read_seq, m.muted_until FROM chat_members m JOIN chat_rooms r ON r.id = m.room_id"
    "   WHERE m.user_id = ?1 AND m.left_at IS NULL AND r.closed_at IS NULL AND (r.active_at, r.id) < (?2, ?3)"
    "   ORDER BY r.active_at DESC, r.id DESC LIMIT ?4) p ORDER BY p.active_at DESC, p.id DESC"
)
PEOPLE = (
    "SELECT u.id, u.display_name, u.settings ->> '$.privacy.messages' AS audience,"
    " EXISTS (SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = u.id)"
    "  OR EXISTS (SELECT 1 FROM blocks WHERE user_id = u.id AND blocked_id = ?1) AS blocked"
    " FROM json_each(?2) j JOIN users u ON u.id = j.value WHERE u.deleted_at IS NULL"
)
FACES = "SELECT u.id, u.display_name, u.image_key FROM json_each(?1) j JOIN users u ON u.id = j.value"


def hub(context: Context, room_id: str) -> Stub:
    """The object of a room. Raises ``RoomNotFound`` for what no room is called."""
    if len(room_id) != _ID_LENGTH or not room_id.isalnum() or not room_id.isascii():
        raise RoomNotFound
    return context.objects.get(NAMESPACE, room_id)


def direct_room_id(one: str, other: str) -> str:
    """The one room of these two people."""
    digest = sha256(" ".join(sorted((one, other))).encode()).digest()
    return b32encode(digest).decode().lower()[:_ID_LENGTH]


_ID_LENGTH = 26


async def list_rooms(context: Context, user_id: str, query: PageQuery) -> Page[Room]:
    """The caller's rooms, the latest active first, as they are now."""
    at, last = decode_cursor(query.cursor, int, str) if query.cursor else _LATEST
    rows = await context.db.all(sql(LIST, user_id, at, last, query.limit + 1, COUNTED_UP_TO, SHOWN_MEMBERS))
    page, cursor = split(rows, query.limit, lambda row: (row["active_at"], row["id"]))
    now = context.clock.now()
    seen = await _as_they_are(context, user_id, page, now)
    shown = sorted(seen, key=lambda row: (row["active_at"], row["id"]), reverse=True)
    return Page[Room](items=[_listed(row, now) for row in shown], next_cursor=cursor)


async def _as_they_are(context: Context, user_id: str, rows: Sequence[Row], now: int) -> list[Row]:
    """Listed rooms without those just left; live ones are asked, since they know more than their rows."""
    asked = {
        row["id"]: asyncio.ensure_future(hub(context, row["id"]).call("glance", user_id=user_id))
        for row in rows
        if row["live_until"] > now
    }
    if asked:
        await asyncio.wait(asked.values(), timeout=PATIENCE)
    seen: list[Row] = []
    for row in rows:
        try:
            seen.append(_seen(row, asked.get(row["id"])))
        except NotFound:
            continue
        except Exception as error:  # noqa: BLE001 - a room that fails must not take the list with it
            context.log.warning("live_room_not_seen", room=row["id"], reason=str(error))
            seen.append(row)
    return seen


def _seen(row: Row, answer: asyncio.Future[Row] | None) -> Row:
    """What a room says of itself over what was written of it; that alone if it is not live, or too slow."""
    if answer is None or answer.cancel():
        return row
    return row | answer.result() | {"sender_name": None}


async def create_room(context: Context, user_id: str, new_id: str, body: NewRoom) -> Room:
    """Found a room with these people; for two of them that have a direct room, that one.

    Raises ``Unprocessable`` for a direct room not of two, ``MemberNotFound``, ``ContactRefused``.
    """
    others = [other for other in dict.fromkeys(body.member_ids) if other != user_id]
    if body.type == "direct" and len(others) != 1:
        raise Unprocessable(errors=(FieldError("$.memberIds", "must name one other person"),))
    room_id = new_id
    if body.type == "direct":
        room_id = direct_room_id(user_id, others[0])
        if known := await _known(context, user_id, room_id):
            return known
    people = await reachable(context, user_id, [user_id, *others])
    name = None if body.type == "direct" else body.name
    described = await hub(context, room_id).call(
        "create", room_id=room_id, kind=body.type, name=name, owner=user_id, people=people
    )
    return await shown(context, described)


async def _known(context: Context, user_id: str, room_id: str) -> Room | None:
    try:
        return await read_room(context, user_id, room_id)
    except NotFound:
        return None


async def reachable(context: Context, user_id: str, ids: Iterable[str]) -> dict[str, str]:
    """Display names of people whom the caller may write to. Raises ``MemberNotFound``, ``ContactRefused``."""
    wanted = list(ids)
    rows = await context.db.all(sql(PEOPLE, user_id, json.dumps(wanted)))
    if len(rows) < len(wanted) or any(row["blocked"] for row in rows):
        raise MemberNotFound
    if any(row["audience"] == "nobody" for row in rows if row["id"] != user_id):
        raise ContactRefused
    names = {row["id"]: row["display_name"] for row in rows}
    return {key: names[key] for key in wanted}


async def read_room(context: Context, user_id: str, room_id: str) -> Room:
    """A room of the caller's, with all members. Raises ``RoomNotFound``."""
    return await shown(context, await hub(context, room_id).call("describe", user_id=user_id))


async def shown(context: Context, described: dict[str, Any]) -> Room:
    """What the hub says of a room, with people's present names and faces."""
    ids = json.dumps([member["id"] for member in described["members"]])
    faces = {row["id"]: row for row in await context.db.all(sql(FACES, ids))}
    members = [member | faces.get(member["id"], {}) for member in described["members"]]
    last = described["last_message"]
    about = described | {"members": members, "last_message": last and json.loads(last)}
    return _room(about | {"member_count": len(members)}, context.clock.now())


def _listed(row: Row, now: int) -> Room:
    last = json.loads(row["last_message"]) if row["last_message"] else None
    if last:
        last["body"] = preview(last["body"])
        last["sender"]["displayName"] = row["sender_name"] or last["sender"]["displayName"]
    return _room(row | {"members": json.loads(row["members"]), "last_message": last}, now)


def _room(about: dict[str, Any], now: int) -> Room:
    until: int | None = about["muted_until"]
    muted = until is not None and until > now
    members = [RoomMember(**_face(member)) for member in about["members"]]
    last = about["last_message"]
    return Room(
        **{key: about[key] for key in _SAME},
        members=members,
        last_message=Message.model_validate(last) if last else None,
        muted=muted,
        muted_until=None if until is None or not now < until < FOREVER else until,
    )


_SAME = (
    "id", "type", "name", "role", "member_count", "last_seq", "read_seq", "unread_count", "created_at",
)  # fmt: skip


def _face(member: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in member.items() if key != "image_key"}
    return kept | {"profile_image_url": image_url(member.get("image_key"))}
