"""From a room to the shards: who gets what, and what failures cost."""

from __future__ import annotations

import asyncio
import json

import pytest

from services.chat.fanout import GIVE_UP_AFTER
from services.chat.problems import RoomNotFound
from services.chat.reading import MAX_REPLAY
from tests.unit.chat.world import ROOM, World, group


async def say(world: World, *bodies: str) -> None:
    for body in bodies:
        await world.hub(ROOM).send(user_id="mina", client_message_id=body, body=body)


def bodies(events: list[list[object]]) -> list[str]:
    return [json.loads(str(text))["body"] for _, kind, text in events if kind == "message"]


@pytest.fixture
async def world() -> World:
    world = World()
    hub = await group(world, "Mina", "Jun")
    for shard in ("a", "b"):
        await hub.subscribe(user_id="jun", shard=shard)
    return world


async def test_what_happens_during_a_delivery_goes_with_the_next(world: World) -> None:
    await say(world, "one", "two", "three")
    await world.settle()
    for shard in ("a", "b"):
        assert bodies(world.shards[shard].events) == ["one", "two", "three"]
        assert len(world.shards[shard].batches) < 3
    assert world.shards["a"].batches[-1] is world.shards["b"].batches[-1], "encoded once"


async def test_a_shard_that_takes_long_rests_and_gets_what_comes_meanwhile_together(world: World) -> None:
    slow = world.shards["a"]
    await say(world, "one")
    await slow.reached.wait()
    world.context.clock.advance(seconds=0.03)
    await say(world, "two")
    for _ in range(5):  # the delivery ends, the rest begins
        await asyncio.sleep(0)
    assert len(slow.batches) == 1
    await say(world, "three", "four")
    await world.settle()
    assert [bodies(json.loads(batch)) for batch in slow.batches] == [["one"], ["two", "three", "four"]]


async def test_a_shard_with_nobody_left_is_dropped(world: World) -> None:
    world.shards["a"].sockets = 0
    await say(world, "one")
    await world.settle()
    await say(world, "two")
    await world.settle()
    assert (bodies(world.shards["a"].events), bodies(world.shards["b"].events)) == (["one"], ["one", "two"])


async def test_a_shard_that_somebody_joins_meanwhile_is_kept(world: World) -> None:
    world.shards["a"].sockets = 0
    await say(world, "one")
    await world.shards["a"].reached.wait()
    await world.hub(ROOM).subscribe(user_id="jun", shard="a")
    await world.settle()
    world.shards["a"].sockets = 1
    await say(world, "two")
    await world.settle()
    assert bodies(world.shards["a"].events)[-1] == "two"


async def test_a_failing_shard_gets_everything_later_and_holds_up_nobody(world: World) -> None:
    world.shards["a"].failing = 3
    await say(world, "one")
    await world.settle()
    await say(world, "two")
    await world.settle()
    assert bodies(world.shards["b"].events) == ["one", "two"]
    await world.ring(seconds=10)
    await world.ring(seconds=10)
    assert bodies(world.shards["a"].events) == ["one", "two"]


async def test_a_shard_that_keeps_failing_is_given_up(world: World) -> None:
    world.shards["a"].failing = 1000
    await say(world, "one")
    for _ in range(GIVE_UP_AFTER):
        await world.ring(seconds=10)
    assert 1000 - world.shards["a"].failing <= GIVE_UP_AFTER
    await world.ring(seconds=100)
    assert world.homes["CHAT_HUB", ROOM].rows("SELECT name FROM shards") == [{"name": "b"}]


async def test_after_an_eviction_it_goes_on_where_it_stopped(world: World) -> None:
    await say(world, "one")
    await world.settle()
    world.shards["a"].failing = 1
    await say(world, "two")
    await world.settle()
    world.crash()
    await world.ring(seconds=10)
    assert bodies(world.shards["a"].events) == ["one", "two"]
    assert bodies(world.shards["b"].events) == ["one", "two"]


async def test_a_shard_that_unsubscribed_gets_nothing(world: World) -> None:
    await world.hub(ROOM).unsubscribe(shard="a")
    await say(world, "one")
    await world.settle()
    assert world.shards["a"].batches == []


async def test_typing_is_told_and_never_stored(world: World) -> None:
    before = (await world.hub(ROOM).describe(user_id="mina"))["last_seq"]
    await world.hub(ROOM).typing(user_id="mina")
    await world.settle()
    assert [json.loads(text) for text in world.shards["b"].typing] == [
        {"roomId": ROOM, "userId": "mina", "displayName": "Mina"}
    ]
    assert (await world.hub(ROOM).describe(user_id="mina"))["last_seq"] == before
    with pytest.raises(RoomNotFound):
        await world.hub(ROOM).typing(user_id="nobody")


async def test_a_long_replay_comes_in_pages(world: World) -> None:
    await say(world, *map(str, range(1200)))
    page = await world.hub(ROOM).subscribe(user_id="jun", shard="c", last_seq=100)
    found = bodies(json.loads(page["replay"]))
    while page["next"]:
        page = await world.hub(ROOM).replay(user_id="jun", after=page["next"])
        found += bodies(json.loads(page["replay"]))
    assert found == list(map(str, range(100, 1200)))


async def test_who_was_away_for_too_long_is_told_so(world: World) -> None:
    hub = world.hub(ROOM)
    for number in range(MAX_REPLAY // 2 + 1):
        for added in (True, False):
            if number == 0 and added:
                await say(world, "only")
            await hub.react(user_id="jun", message_id=f"{ROOM}-1", emoji="x", added=added)
    answer = await hub.subscribe(user_id="jun", shard="c", last_event=0)
    assert answer["truncated"]
    await world.ring(seconds=10)
    kept = world.homes["CHAT_HUB", ROOM].rows("SELECT count(*) AS n, max(event) AS last FROM events")
    assert kept == [{"n": MAX_REPLAY, "last": answer["event"]}]
    assert (await hub.subscribe(user_id="jun", shard="c", last_seq=0))["truncated"]
    assert (await hub.subscribe(user_id="jun", shard="c", last_event=answer["event"]))["truncated"] is False


async def test_a_shard_that_hands_in_a_message_gets_it_with_the_answer(world: World) -> None:
    hub, (a, b) = world.hub(ROOM), (world.shards[name] for name in "ab")
    seen = (await hub.subscribe(user_id="jun", shard="a"))["event"]
    for body in ("one", "two"):
        told = await hub.send(user_id="mina", client_message_id=body, body=body, shard="a", seen=seen)
        await world.settle()
        ((seen, _, _),) = json.loads(told["events"])
    assert (bodies(a.events), bodies(b.events)) == ([], ["one", "two"])
    await world.ring(seconds=1)
    assert a.batches == [], "it may yet tell that it has them"
    await world.ring(seconds=10)
    assert bodies(a.events) == ["two"], "of the last one nobody knows whether it arrived"
    await world.ring(seconds=10)
    assert len(a.batches) == 1


async def test_what_was_lost_with_an_answer_comes_with_the_next_message(world: World) -> None:
    seen = (await world.hub(ROOM).subscribe(user_id="jun", shard="a"))["event"]
    for body in ("one", "two"):
        told = await world.hub(ROOM).send(
            user_id="mina", client_message_id=body, body=body, shard="a", seen=seen
        )
        await world.settle()
    assert "events" not in told
    assert bodies(world.shards["a"].events) == ["one", "two"]
