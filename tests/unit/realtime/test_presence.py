"""What others learn of a person who comes and goes, and who learns it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from services.context import Context, sql
from services.realtime.directs import MOST
from services.realtime.visibility import BLOCKS, LARGE, SHARED_ROOMS, VISIBLE, audience, visible
from services.realtime.whereabouts import CHECK_EVERY, Whereabouts
from tests.unit.chat.world import LocalHome
from tests.unit.support import Deferred, MemoryKeyValue, SetClock, Sqlite, make_context

ROOM = "r" * 26


class Shards:
    """Connections objects: they know which connections live, and note whom they are told of."""

    def __init__(self) -> None:
        self.alive: set[str] = set()
        self.told: list[tuple[str, dict[str, Any]]] = []

    def get(self, _namespace: str, name: str) -> Any:
        return Shard(self, name)


class Shard:
    """One of them."""

    def __init__(self, shards: Shards, name: str) -> None:
        self._shards = shards
        self._name = name

    async def call(self, method: str, **arguments: Any) -> Any:
        if method == "alive":
            return [key for key in arguments["ids"] if key in self._shards.alive]
        if method == "presence":
            self._shards.told.append((self._name, json.loads(arguments["payload"])))
        return 0


class World:
    """Mina's object, with Juno in a room of hers."""

    def __init__(self) -> None:
        self.shards = Shards()
        self.context: Context = replace(make_context(), objects=self.shards)
        self.home = LocalHome()
        self.mina = Whereabouts(self.home, self.context)
        for user_id in ("mina", "juno", "stranger"):
            self.write(
                "INSERT INTO users (id, display_name, created_at, updated_at) VALUES (?, ?, 0, 0)",
                user_id, user_id,
            )  # fmt: skip
        self.share("mina", "juno")

    def write(self, text: str, *parameters: str | float) -> None:
        assert isinstance(self.context.db, Sqlite)
        self.context.db.connection.execute(text, parameters)

    def share(self, *people: str, room: str = ROOM) -> None:
        self.write(
            "INSERT INTO chat_rooms (id, type, last_seq, active_at, created_at, version)"
            " VALUES (?, 'group', 0, 0, 0, 1)",
            room,
        )
        for each in people:
            self.write(
                "INSERT INTO chat_members (room_id, user_id, role, joined_at, read_seq, version)"
                " VALUES (?, ?, 'member', 0, 0, 1)",
                room, each,
            )  # fmt: skip

    def choose(self, user_id: str, who: str) -> None:
        settings = json.dumps({"privacy": {"presence": who}})
        self.write("UPDATE users SET settings = ? WHERE id = ?", settings, user_id)

    def pass_time(self, **much: float) -> None:
        assert isinstance(self.context.clock, SetClock)
        self.context.clock.advance(**much)

    async def connect(self, key: str) -> None:
        self.shards.alive.add(key)
        await self.mina.connected(user_id="mina", connection_id=key, shard="stomp:1", device="Firefox")
        await self.settle()

    async def leave(self, key: str) -> None:
        self.shards.alive.discard(key)
        await self.mina.disconnected(connection_id=key)
        await self.settle()

    async def ring(self) -> None:
        """The alarm, at the time for which it is set."""
        assert self.home.alarm is not None
        self.pass_time(seconds=max(0, self.home.alarm - self.context.clock.now()) / 1000)
        await self.mina.alarm()
        await self.settle()

    async def settle(self) -> None:
        assert isinstance(self.context.defer, Deferred)
        await self.context.defer.finish()

    @property
    def published(self) -> str:
        assert isinstance(self.context.kv, MemoryKeyValue)
        return json.loads(self.context.kv.values["user:online:mina"])["status"]

    @property
    def heard(self) -> list[str]:
        """What one shard was told."""
        return [told["status"] for name, told in self.shards.told if name == "stomp:0"]


@pytest.fixture
def world() -> World:
    return World()


async def test_whoever_comes_is_seen_at_once_by_all_framings(world: World) -> None:
    await world.connect("a")
    assert (world.published, world.heard) == ("online", ["online"])
    assert {name for name, _ in world.shards.told} == {
        f"{framing}:0" for framing in ("stomp", "sockjs", "socketio")
    }


async def test_whoever_comes_back_at_once_was_not_away(world: World) -> None:
    await world.connect("a")
    world.pass_time(minutes=1)
    await world.leave("a")
    world.pass_time(seconds=2)
    await world.connect("b")
    await world.ring()
    assert (world.published, world.heard) == ("online", ["online"])


async def test_whoever_stays_away_is_offline_and_was_last_seen_then(world: World) -> None:
    await world.connect("a")
    world.pass_time(minutes=1)
    left = world.context.clock.now()
    await world.leave("a")
    assert world.heard == ["online"]
    await world.ring()
    assert (world.published, world.heard) == ("offline", ["online", "offline"])
    assert (await world.mina.devices())["last_seen"] == left


async def test_away_is_when_all_devices_say_so(world: World) -> None:
    await world.connect("phone")
    await world.connect("laptop")
    world.pass_time(minutes=1)
    await world.mina.status(connection_id="phone", status="away")
    assert (await world.mina.devices())["status"] == "online"
    await world.mina.status(connection_id="laptop", status="away")
    await world.settle()
    assert (world.published, world.heard) == ("away", ["online", "away"])


async def test_changes_are_told_once_a_second_at_most(world: World) -> None:
    await world.connect("a")
    for status in ("away", "online", "away"):
        await world.mina.status(connection_id="a", status=status)
        await world.settle()
    assert world.heard == ["online"]
    await world.ring()
    assert world.heard == ["online", "away"]


async def test_connections_that_died_are_noticed(world: World) -> None:
    await world.connect("a")
    world.pass_time(seconds=2)
    world.shards.alive.clear()
    assert world.home.alarm == world.context.clock.now() - 2_000 + CHECK_EVERY
    await world.ring()
    await world.ring()
    assert world.published == "offline"


async def test_the_state_outlives_the_object(world: World) -> None:
    await world.connect("a")
    world.mina = Whereabouts(world.home, world.context)
    assert (await world.mina.devices())["devices"] == [
        {"device": "Firefox", "status": "online", "since": world.context.clock.now()}
    ]


async def test_nothing_is_left_of_a_deleted_person(world: World) -> None:
    await world.connect("a")
    await world.mina.forget()
    await world.leave("a")
    assert world.home.rows("SELECT name FROM sqlite_master") == []


class TestMissed:
    """What a person was told while a connection was cut off."""

    async def tell(self, world: World, *payloads: str) -> None:
        for payload in payloads:
            await world.mina.direct(destination="/user/queue/notifications", payload=payload)

    async def test_it_is_known_for_a_while_after_the_last_connection(self, world: World) -> None:
        assert await world.mina.connected(user_id="mina", connection_id="a", shard="s", device="") == 0
        await self.tell(world, "1", "2")
        await world.leave("a")
        await self.tell(world, "3")
        world.mina = Whereabouts(world.home, world.context)
        assert await world.mina.missed(after=1) == [
            (2, "/user/queue/notifications", "2"),
            (3, "/user/queue/notifications", "3"),
        ]
        assert await world.mina.missed(after=3) == []
        world.pass_time(minutes=2)
        await self.tell(world, "nobody can miss this any more")
        assert await world.mina.missed(after=3) == []

    async def test_who_missed_too_much_is_told_so(self, world: World) -> None:
        await world.connect("a")
        await self.tell(world, *(f"{number}" for number in range(MOST + 1)))
        assert await world.mina.missed(after=0) is None
        missed = await world.mina.missed(after=1)
        assert missed
        assert len(missed) == MOST

    async def test_nothing_is_kept_for_those_who_are_away(self, world: World) -> None:
        await self.tell(world, "1")
        assert world.home.rows("SELECT name FROM sqlite_master") == []


@pytest.mark.parametrize(
    ("who", "seen_by"),
    [("everyone", ["mina", "juno", "stranger"]), ("partners", ["mina", "juno"]), ("nobody", ["mina"])],
)
async def test_people_decide_who_sees_them(world: World, who: str, seen_by: list[str]) -> None:
    world.choose("mina", who)
    viewers = [
        each for each in ("mina", "juno", "stranger") if await visible(world.context, each, ["mina", "x"])
    ]
    assert viewers == seen_by
    assert (await audience(world.context, "mina")).rooms == ([] if who == "nobody" else [ROOM])


async def test_nobody_sees_across_a_block(world: World) -> None:
    world.choose("mina", "everyone")
    for blocker, blocked in (("mina", "juno"), ("stranger", "mina")):
        world.write("INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (?, ?, 0)", blocker, blocked)
    assert await visible(world.context, "juno", ["mina"]) == []
    assert await visible(world.context, "stranger", ["mina"]) == []
    assert sorted((await audience(world.context, "mina")).hidden) == ["juno", "stranger"]


async def test_large_rooms_are_not_told(world: World) -> None:
    crowd = [f"p{number}" for number in range(LARGE)]
    for each in crowd:
        world.write(
            "INSERT INTO users (id, display_name, created_at, updated_at) VALUES (?, 'x', 0, 0)", each
        )
    world.share("mina", *crowd, room="large")
    assert (await audience(world.context, "mina")).rooms == [ROOM]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [(VISIBLE, ("juno", '["mina"]')), (SHARED_ROOMS, ("mina", LARGE)), (BLOCKS, ("mina",))],
)
def test_no_query_reads_a_whole_table(world: World, query: str, parameters: tuple[str, ...]) -> None:
    assert isinstance(world.context.db, Sqlite)
    plan = world.context.db.plan(sql(query, *parameters))
    whole = [line for line in plan.splitlines() if line.startswith("SCAN")]
    bounded = [line for line in whole if "VIRTUAL" in line or "subquery" in line]
    assert whole == bounded, plan
