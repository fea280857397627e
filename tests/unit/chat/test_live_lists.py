"""Lists of rooms in which people talk live: D1 lags behind, what is listed does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.chat import rooms
from services.chat.rooms import list_rooms
from services.context import sql
from services.paging import PageQuery
from services.problems import Unavailable
from services.realtime.liveness import LIVE_FOR
from tests.unit.chat.world import ROOM, World, greeted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.chat.models import Room

OTHER = "o" * 26


@pytest.fixture
async def world() -> World:
    return await greeted()


async def say(world: World, text: str) -> None:
    """Mina writes over a socket; the alarm has not rung yet."""
    await world.hub(ROOM).send(user_id="mina", client_message_id=text[:9], body=text)
    world.live.note(ROOM, said=True)
    await world.settle()


async def found_another(world: World) -> None:
    """A second of the two people's rooms, later than what happened so far, and then time passes."""
    world.context.clock.advance(seconds=1)
    people = {"mina": "Mina", "jun": "Jun"}
    await world.hub(OTHER).create(room_id=OTHER, kind="group", name="Films", owner="jun", people=people)
    world.context.clock.advance(seconds=1)


async def read(world: World) -> None:
    """Jun has read it, on a socket."""
    await world.hub(ROOM).read(user_id="jun", seq=1)
    world.live.note(ROOM, said=False)
    await world.settle()


async def listed(world: World, user_id: str = "jun") -> list[Room]:
    return (await list_rooms(world.context, user_id, PageQuery())).items


async def row(world: World) -> dict[str, int]:
    found = await world.context.db.first(
        sql("SELECT last_seq, live_until FROM chat_rooms WHERE id = ?", ROOM)
    )
    assert found
    return found


async def test_a_message_is_listed_before_it_is_in_the_database(world: World) -> None:
    await say(world, "x" * 300)
    (room,) = await listed(world)
    assert (await row(world))["last_seq"] == 1
    assert (room.last_seq, room.unread_count) == (2, 2)
    assert room.last_message
    assert room.last_message.body == "x" * 199 + "…"
    assert room.last_message.sender.display_name == "Mina"


async def test_so_is_that_it_was_read(world: World) -> None:
    await read(world)
    (room,) = await listed(world)
    assert (room.read_seq, room.unread_count) == (1, 0)


async def test_the_room_comes_first(world: World) -> None:
    await found_another(world)
    assert [room.id for room in await listed(world)] == [OTHER, ROOM]
    world.context.clock.advance(seconds=1)
    await say(world, "Here?")
    first = await list_rooms(world.context, "jun", PageQuery(limit=1))
    assert [room.id for room in first.items] == [ROOM]
    second = await list_rooms(world.context, "jun", PageQuery(limit=1, cursor=first.next_cursor))
    assert [room.id for room in second.items] == [OTHER]


async def test_the_database_is_told_once_a_while(world: World) -> None:
    await say(world, "2")
    until = (await row(world))["live_until"]
    assert until == world.context.clock.now() + LIVE_FOR
    world.context.clock.advance(seconds=1)
    await say(world, "3")
    assert (await row(world))["live_until"] == until
    world.context.clock.advance(seconds=LIVE_FOR // 1000 - 2)
    await say(world, "4")
    assert (await row(world))["live_until"] > until


async def test_a_quiet_room_is_not_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await say(world, "2")
    await world.ring(seconds=LIVE_FOR / 1000)
    monkeypatch.setattr(World, "get", lambda *_: pytest.fail("nobody needs to be asked"))
    (room,) = await listed(world)
    assert (room.last_seq, room.unread_count) == (2, 2)


async def refuse() -> None:
    raise Unavailable


async def fail() -> None:
    raise RuntimeError("the object was reset")


@pytest.mark.parametrize("answer", [refuse, fail, asyncio.Event().wait])
async def test_a_room_that_does_not_answer_is_listed_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Awaitable[None]]
) -> None:
    class Dead:
        async def call(self, _method: str, **_: object) -> None:
            await answer()

    await say(world, "2")
    monkeypatch.setattr(World, "get", lambda *_: Dead())
    monkeypatch.setattr(rooms, "PATIENCE", 0.01)
    (room,) = await listed(world)
    assert room.last_seq == 1


async def test_who_just_left_does_not_see_it(world: World) -> None:
    await say(world, "2")
    await world.context.db.run(
        sql("UPDATE chat_members SET version = version + 9")
    )  # what follows comes late
    await world.hub(ROOM).remove_member(user_id="jun", member_id="jun")
    assert await listed(world) == []
    assert [room.last_seq for room in await listed(world, "mina")] == [2]


async def test_reading_a_room_does_not_make_it_the_latest_active_one(world: World) -> None:
    await found_another(world)
    await read(world)
    assert [room.id for room in await listed(world)] == [OTHER, ROOM]


async def test_who_reads_first_and_then_writes_does(world: World) -> None:
    await found_another(world)
    await read(world)
    await say(world, "Here?")
    await read(world)
    first = await list_rooms(world.context, "jun", PageQuery(limit=1))
    assert [room.id for room in first.items] == [ROOM]


async def test_a_database_that_did_not_hear_is_told_with_the_next_message(world: World) -> None:
    database = world.context.db.connection
    database.execute("ALTER TABLE chat_rooms RENAME TO away")
    await say(world, "2")
    database.execute("ALTER TABLE away RENAME TO chat_rooms")
    assert [room.last_seq for room in await listed(world)] == [1]
    await say(world, "3")
    assert [room.last_seq for room in await listed(world)] == [3]
