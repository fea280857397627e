"""How a room begins and ends, and who comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.chat import store as storage
from services.chat.problems import ContactRefused, DirectRoom, MemberNotFound, NotAllowed, RoomFull
from services.chat.room import FOREVER, MAX_MEMBERS, Member, Room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.context import Clock
    from services.objects import ObjectStore

NOBODY = "Deleted user"


def open_room(store: ObjectStore, clock: Clock) -> Room | None:
    """The room of this storage, if one was founded there."""
    return Room(store, clock) if storage.is_founded(store) else None


def found_room(
    store: ObjectStore,
    clock: Clock,
    *,
    room_id: str,
    kind: str,
    name: str | None,
    owner: str,
    people: Mapping[str, str],
) -> Room:
    """Found a room for ``people`` (id → display name); in a group, ``owner`` is its owner."""
    if len(people) > MAX_MEMBERS:
        raise RoomFull
    storage.found(store)
    store.rows("INSERT INTO room VALUES (?, ?, ?, ?, NULL)", room_id, kind, name, clock.now())
    room = Room(store, clock)
    for user_id, display_name in people.items():
        role = "owner" if user_id == owner and kind == "group" else "member"
        _join(room, user_id, display_name, role)
    room.project("r")
    return room


def add_members(room: Room, user_id: str, people: Mapping[str, str]) -> None:
    """Let people (id → display name) into a group; who is in it already stays. Any member may.

    Raises ``DirectRoom``, ``RoomFull``.
    """
    room.access(user_id)
    _only_groups(room)
    present = {member.user_id for member in room.present}
    coming = {key: name for key, name in people.items() if key not in present}
    if len(present) + len(coming) > MAX_MEMBERS:
        raise RoomFull
    for key, name in coming.items():
        _join(room, key, name, "member")


def remove_member(room: Room, user_id: str, other_id: str) -> None:
    """Put somebody out of a group, which its owner may, or leave it oneself, which everyone may.

    The last to leave closes the room; when the owner leaves, who has been there longest owns it.
    Raises ``DirectRoom``, ``NotAllowed``, ``MemberNotFound``.
    """
    caller = room.access(user_id)
    _only_groups(room)
    member = room.people.get(other_id)
    if member is None or member.left_at is not None:
        raise MemberNotFound
    if caller.role != "owner" and user_id != other_id:
        raise NotAllowed
    _part(room, member, "left" if user_id == other_id else "removed")


def erase(room: Room, user_id: str) -> None:
    """Take away somebody's name and place; what they wrote stays."""
    member = room.people.get(user_id)
    if member is None:
        return
    member.name = NOBODY
    room.save(member)
    if member.left_at is None and room.closed_at is None:
        _part(room, member, "left")


def introduce(room: Room, user_id: str, name: str) -> None:
    """Call somebody by their new name, in what they wrote before as well."""
    member = room.people.get(user_id)
    if member is None or member.name == name or room.closed_at is not None:
        return
    member.name = name
    room.save(member)
    if member.left_at is None:
        room.record("member", userId=user_id, displayName=name, role=member.role, action="renamed")


def rename(room: Room, user_id: str, name: str) -> None:
    """Name a group; its owner may. Raises ``DirectRoom``, ``NotAllowed``."""
    room.access(user_id)
    _only_groups(room)
    room.access_as_owner(user_id)
    if name != room.name:
        room.name = name
        room.store.rows("UPDATE room SET name = ?", name)
        room.record("room", name=name)
        room.project("r")


def close(room: Room, user_id: str) -> None:
    """End a group for everyone; its owner may. Raises ``DirectRoom``, ``NotAllowed``."""
    room.access(user_id)
    _only_groups(room)
    room.access_as_owner(user_id)
    _close(room)


def mute(room: Room, user_id: str, until: int | None) -> Member:
    """Notify the member of nothing here until then (milliseconds), ``FOREVER``, or None: not any more."""
    member = room.access(user_id)
    member.muted_until = until if until is None else min(until, FOREVER)
    room.save(member)
    return member


def check_contact(room: Room, user_id: str, *, blocked: bool) -> None:
    """Raise ``ContactRefused`` if one of a direct room's two is gone or has blocked the other."""
    if room.direct and (blocked or len(room.present) < len(room.people)):
        room.access(user_id)
        raise ContactRefused


def _only_groups(room: Room) -> None:
    if room.direct:
        raise DirectRoom


def _join(room: Room, user_id: str, name: str, role: str) -> None:
    now, seq = room.clock.now(), room.seq
    room.save(Member(user_id, name, role, now, seq, seq, seq))
    room.record("member", userId=user_id, displayName=name, role=role, action="joined")


def _part(room: Room, member: Member, action: str) -> None:
    role, member.role, member.left_at = member.role, "member", room.clock.now()
    room.save(member)
    room.record("member", userId=member.user_id, displayName=member.name, role=role, action=action)
    if room.direct:
        return
    if not room.present:
        _close(room)
    elif role == "owner":
        heir = room.members[0]
        heir.role = "owner"
        room.save(heir)
        room.record("member", userId=heir.user_id, displayName=heir.name, role="owner", action="promoted")


def _close(room: Room) -> None:
    room.closed_at = room.clock.now()
    room.store.rows("UPDATE room SET closed_at = ?", room.closed_at)
    room.record("closed")
    room.project("r")
