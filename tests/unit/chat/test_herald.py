"""Who is notified of a room's messages, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from services.chat.herald import LARGE
from services.notifications.inbox import list_notifications
from services.paging import PageQuery
from tests.unit.chat.world import ROOM, World, group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Statement


@pytest.fixture
async def world() -> World:
    world = World()
    await group(world, "Mina", "Jun")
    return world


async def say(world: World, body: str, user_id: str = "mina") -> None:
    await world.hub(ROOM).send(user_id=user_id, client_message_id=body, body=body)
    await world.settle()


async def told(world: World, user_id: str = "jun") -> list[dict[str, Any]]:
    page = await list_notifications(world.context, user_id, PageQuery())
    return [item.data for item in page.items]


async def test_the_first_at_once_and_more_in_one(world: World) -> None:
    await say(world, "one")
    assert [data["preview"] for data in await told(world)] == ["one"]
    await say(world, "two")
    await say(world, "three")
    assert [data["preview"] for data in await told(world)] == ["one"]
    await world.ring(seconds=10)
    (latest,) = await told(world)
    assert (latest["preview"], latest["unreadCount"], latest["seq"]) == ("three", 3, 3)
    assert [sent["data"]["preview"] for sent in world.presences["jun"].direct] == ["one", "three"]
    await world.ring(seconds=600)
    assert len(world.presences["jun"].direct) == 2, "nothing new, nothing told"
    assert await told(world, "mina") == []


async def test_of_what_was_read_or_deleted_nothing(world: World) -> None:
    await say(world, "one")
    await world.hub(ROOM).read(user_id="jun", seq=1, projected=True)
    await say(world, "two")
    await world.hub(ROOM).read(user_id="jun", seq=2)
    await say(world, "three")
    await world.hub(ROOM).delete(user_id="mina", message_id=f"{ROOM}-3")
    await world.ring(seconds=60)
    assert [data["preview"] for data in await told(world)] == ["one"]
    assert (await list_notifications(world.context, "jun", PageQuery())).items[0].read_at is not None


async def test_not_while_the_room_is_open(world: World) -> None:
    world.shards["a"].people = ["jun"]
    await world.hub(ROOM).subscribe(user_id="jun", shard="a")
    await say(world, "one")
    await world.ring(seconds=61)
    assert await told(world) == []
    world.crash()
    world.shards["a"].people = []
    await say(world, "two")
    await world.ring(seconds=60)
    assert [data["preview"] for data in await told(world)] == ["two"]


async def test_who_has_just_opened_it_is_not_even_asked(world: World) -> None:
    await world.hub(ROOM).subscribe(user_id="jun", shard="a")
    await say(world, "one")
    assert await told(world) == []
    await world.ring(seconds=61)
    assert [data["preview"] for data in await told(world)] == ["one"], "they have left it since"


async def test_nobody_is_asked_while_all_are_on_the_shard_that_sends(world: World) -> None:
    world.shards["a"].people = ["somebody else"]
    for user_id in ("mina", "jun"):
        await world.hub(ROOM).subscribe(user_id=user_id, shard="a")
    world.crash()
    await world.hub(ROOM).send(user_id="mina", client_message_id="1", body="one", shard="a", here=2)
    await world.ring(seconds=30)
    assert await told(world) == []
    await world.hub(ROOM).send(user_id="mina", client_message_id="2", body="two", shard="a", here=1)
    await world.settle()
    assert [data["preview"] for data in await told(world)] == ["two"], "who has just left is told at once"


async def test_not_while_it_is_muted(world: World) -> None:
    until = world.context.clock.now() + 60_000
    await world.hub(ROOM).mute(user_id="jun", until=until)
    await say(world, "one")
    assert await told(world) == []
    world.context.clock.advance(minutes=2)
    await say(world, "two")
    assert [data["preview"] for data in await told(world)] == ["two"]


async def test_a_crash_before_it_is_made_good(world: World) -> None:
    await world.hub(ROOM).send(user_id="mina", client_message_id="1", body="one")
    for work in world.context.defer.work:
        work.cancel()
    await world.settle()
    world.crash()
    await world.ring(seconds=5)
    assert [data["preview"] for data in await told(world)] == ["one"]


async def test_in_a_large_room_once_until_one_reads(world: World) -> None:
    people = {await world.person(f"P{number}"): f"P{number}" for number in range(LARGE)}
    await world.hub(ROOM).add_members(user_id="mina", people=people)
    await say(world, "one")
    await world.ring(seconds=60)
    assert all([(await told(world, user))[0]["preview"] == "one" for user in ("jun", *people)])
    await say(world, "two")
    await world.ring(seconds=60)
    assert [data["preview"] for data in await told(world)] == ["one"]
    await world.hub(ROOM).read(user_id="jun", seq=2, projected=True)
    await say(world, "three")
    await world.ring(seconds=60)
    assert [data["preview"] for data in await told(world)] == ["three", "one"]


async def test_all_members_are_told_in_two_round_trips_to_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {await world.person(f"P{number}"): f"P{number}" for number in range(8)}
    await world.hub(ROOM).add_members(user_id="mina", people=people)
    trips: list[int] = []
    batch = world.context.db.batch

    async def counted(statements: Sequence[Statement]) -> list[list[dict[str, Any]]]:
        trips.append(len(statements))
        return await batch(statements)

    monkeypatch.setattr(world.context.db, "batch", counted)
    await say(world, "one")
    assert len(trips) == 2
    monkeypatch.undo()
    assert all([(await told(world, user))[0]["preview"] == "one" for user in ("jun", *people)])


async def test_whom_it_did_not_reach_is_told_again_and_nobody_else(world: World) -> None:
    await world.hub(ROOM).add_members(user_id="mina", people={await world.person("Sol"): "Sol"})
    world.presences["jun"].failing = 1
    await say(world, "one")
    assert [len(world.presences[user].direct) for user in ("jun", "sol")] == [0, 1]
    await world.ring(seconds=11)
    assert [len(world.presences[user].direct) for user in ("jun", "sol")] == [1, 1]
    assert [data["preview"] for data in await told(world)] == ["one"]


async def test_a_database_that_is_away_is_asked_again(world: World) -> None:
    world.context.db.connection.execute("ALTER TABLE notifications RENAME TO away")
    await say(world, "one")
    world.context.db.connection.execute("ALTER TABLE away RENAME TO notifications")
    await world.ring(seconds=11)
    assert [data["preview"] for data in await told(world)] == ["one"]


async def test_what_is_said_while_others_are_told_is_news(world: World) -> None:
    """Jun has nothing to be told of but his own words, while Mina is told of them and says something."""
    hub = world.hub(ROOM)

    async def answer() -> None:
        await hub.send(user_id="mina", client_message_id="answer", body="answer")

    world.presences["mina"].called = answer
    await say(world, "question", "jun")
    await world.ring(seconds=60)
    assert [data["preview"] for data in await told(world)] == ["answer"]
    assert [data["preview"] for data in await told(world, "mina")] == ["question"]
