"""A room's beginning and end, and what its people may do to each other."""

from __future__ import annotations

import json
from sqlite3 import OperationalError

import pytest

from services.chat import projection
from services.chat.membership import NOBODY, open_room
from services.chat.messages import MAX_EDITS, MAX_EMOJI
from services.chat.models import SearchQuery
from services.chat.problems import (
    ContactRefused,
    DirectRoom,
    InvalidMessage,
    RoomFull,
    RoomNotFound,
    TooManyUnsent,
    TooMuch,
)
from services.chat.room import MAX_MEMBERS, READ_RECEIPTS_UP_TO
from services.chat.search import search
from services.context import sql
from services.users.relations import block, unblock
from tests.unit.chat.world import ROOM, World, greeted

HELLO = f"{ROOM}-1"


@pytest.fixture
async def world() -> World:
    return await greeted()


async def direct(world: World) -> str:
    room_id = "d" * 26
    people = {"mina": "Mina", "jun": "Jun"}
    await world.hub(room_id).create(room_id=room_id, kind="direct", name=None, owner="mina", people=people)
    return room_id


class TestEnd:
    async def test_leaves_nothing_when_everyone_knows(self, world: World) -> None:
        hub, home = world.hub(ROOM), world.homes["CHAT_HUB", ROOM]
        await world.context.media.put(f"chat/{ROOM}/file", b"x", content_type="image/png")
        await hub.subscribe(user_id="jun", shard="a")
        world.shards["a"].failing = 1
        await hub.close(user_id="mina")
        with pytest.raises(RoomNotFound):
            await hub.describe(user_id="mina")
        await world.ring(seconds=6)
        await world.ring(seconds=6)
        await world.ring(seconds=6)
        assert world.shards["a"].events[-1][1] == "closed"
        assert home.rows("SELECT name FROM sqlite_master") == []
        assert home.alarm is None
        assert world.context.media.objects == {}
        for table in ("chat_members", "chat_messages", "chat_search"):
            assert await world.context.db.all(sql(f"SELECT * FROM {table}")) == []

    async def test_an_object_that_is_no_room_stores_nothing(self, world: World) -> None:
        hub, home = world.hub("x" * 26), world.homes["CHAT_HUB", "x" * 26]
        with pytest.raises(RoomNotFound):
            await hub.send(user_id="mina", client_message_id="1", body="Hello")
        await hub.recheck_contact()
        await hub.erase(user_id="mina")
        await hub.unsubscribe(shard="a")
        await hub.alarm()
        assert home.rows("SELECT name FROM sqlite_master") == []


class TestContact:
    async def test_is_refused_at_once_when_told_and_soon_when_not(self, world: World) -> None:
        room_id = await direct(world)
        hub = world.hub(room_id)
        await hub.send(user_id="mina", client_message_id="1", body="Hello")
        await block(world.context, "jun", "mina")
        await hub.recheck_contact()
        for user in ("mina", "jun"):
            with pytest.raises(ContactRefused):
                await hub.send(user_id=user, client_message_id="2", body="Hello?")
        await unblock(world.context, "jun", "mina")
        world.context.clock.advance(seconds=11)
        await hub.send(user_id="mina", client_message_id="2", body="Hello!")

    async def test_with_somebody_who_is_gone(self, world: World) -> None:
        room_id = await direct(world)
        await world.hub(room_id).erase(user_id="jun")
        with pytest.raises(ContactRefused):
            await world.hub(room_id).send(user_id="mina", client_message_id="1", body="Hello?")
        about = await world.hub(room_id).describe(user_id="mina")
        assert [member["id"] for member in about["members"]] == ["mina"]
        with pytest.raises(RoomNotFound):
            await world.hub(room_id).describe(user_id="jun")

    async def test_outsiders_learn_nothing_of_a_direct_room(self, world: World) -> None:
        room_id = await direct(world)
        await block(world.context, "jun", "mina")
        with pytest.raises(RoomNotFound):
            await world.hub(room_id).send(user_id="sora", client_message_id="1", body="Hello?")

    async def test_a_direct_room_keeps_its_two(self, world: World) -> None:
        hub = world.hub(await direct(world))
        for method, arguments in (
            ("add_members", {"people": {"sora": "Sora"}}),
            ("remove_member", {"member_id": "jun"}),
            ("remove_member", {"member_id": "mina"}),
            ("update", {"name": "Us"}),
            ("close", {}),
        ):
            with pytest.raises(DirectRoom):
                await getattr(hub, method)(user_id="mina", **arguments)


class TestNames:
    async def test_change_in_what_was_said_before(self, world: World) -> None:
        hub = world.hub(ROOM)
        before = (await hub.subscribe(user_id="jun", shard="a"))["event"]
        for _ in range(2):
            await hub.introduce(user_id="mina", name="Mina Kim")
        await world.settle()
        (text,) = await hub.history(user_id="jun", limit=10)
        assert json.loads(text)["sender"]["displayName"] == "Mina Kim"
        ((number, kind, told),) = world.shards["a"].events
        assert (number, kind, json.loads(told)["displayName"]) == (before + 1, "member", "Mina Kim")


class TestErasure:
    async def test_takes_the_name_and_leaves_the_words(self, world: World) -> None:
        hub = world.hub(ROOM)
        await hub.erase(user_id="mina")
        (text,) = await hub.history(user_id="jun", limit=10)
        assert json.loads(text)["sender"] == {"id": "mina", "displayName": NOBODY}
        assert json.loads(text)["body"] == "Hello"
        assert (await hub.describe(user_id="jun"))["role"] == "owner"
        named = [line for line in world.context.db.connection.iterdump() if "Mina" in line]
        assert len(named) == 1, "the account, which has its own erasure"

    async def test_again_is_no_failure(self, world: World) -> None:
        for _ in range(2):
            await world.hub(ROOM).erase(user_id="mina")
            await world.hub(ROOM).erase(user_id="stranger")


class TestBounds:
    async def test_members(self, world: World) -> None:
        people = {await world.person(f"P{number}"): f"P{number}" for number in range(MAX_MEMBERS)}
        with pytest.raises(RoomFull):
            await world.hub(ROOM).add_members(user_id="mina", people=people)
        people.popitem()
        people.popitem()
        about = await world.hub(ROOM).add_members(user_id="mina", people=people)
        assert len(about["members"]) == MAX_MEMBERS

    async def test_nobody_is_told_who_has_read_in_a_large_room(self, world: World) -> None:
        people = {await world.person(f"P{number}"): f"P{number}" for number in range(READ_RECEIPTS_UP_TO)}
        hub = world.hub(ROOM)
        await hub.add_members(user_id="mina", people=people)
        before = (await hub.subscribe(user_id="mina", shard="a"))["event"]
        assert (await hub.read(user_id="jun", seq=1, projected=True))["unread_count"] == 0
        assert (await hub.subscribe(user_id="mina", shard="a"))["event"] == before
        assert await world.unread("jun") == {ROOM: 0}

    async def test_edits_and_reactions(self, world: World) -> None:
        hub = world.hub(ROOM)
        for number in range(MAX_EDITS):
            await hub.edit(user_id="mina", message_id=HELLO, body=f"Hello {number}")
        with pytest.raises(TooMuch):
            await hub.edit(user_id="mina", message_id=HELLO, body="Once more")
        for number in range(MAX_EMOJI):
            await hub.react(user_id="jun", message_id=HELLO, emoji=f"e{number}", added=True)
        with pytest.raises(TooMuch):
            await hub.react(user_id="jun", message_id=HELLO, emoji="more", added=True)

    async def test_uploads_that_are_not_sent(self, world: World) -> None:
        hub = world.hub(ROOM)
        for number in range(50):
            await hub.attach(user_id="mina", about={"id": f"f{number}"})
        with pytest.raises(TooManyUnsent):
            await hub.attach(user_id="mina", about={"id": "more"})
        await hub.attach(user_id="jun", about={"id": "his"})
        await hub.send(user_id="mina", client_message_id="2", body="", attachments=["f0"])
        for wrong in (["f0"], ["his"], ["none"], ["f1", "f1"], [f"f{number}" for number in range(1, 12)]):
            with pytest.raises(InvalidMessage):
                await hub.send(user_id="mina", client_message_id="3", body="", attachments=wrong)
        for number in range(50):
            await world.context.media.put(f"chat/{ROOM}/f{number}", b"x", content_type="image/png")
        await world.ring(seconds=86_400 + 10)
        await world.ring(seconds=10)
        assert list(world.context.media.objects) == [f"chat/{ROOM}/f0"], (
            "a day later only what was sent is left"
        )


class TestProjection:
    async def test_one_that_fails_is_repeated(self, world: World) -> None:
        hub = world.hub(ROOM)
        world.context.db.connection.execute("ALTER TABLE chat_messages RENAME TO away")
        await hub.send(user_id="mina", client_message_id="2", body="Second")
        await world.settle()
        world.crash()
        await world.ring(seconds=6)
        world.context.db.connection.execute("ALTER TABLE away RENAME TO chat_messages")
        await world.ring(seconds=6)
        found = await search(world.context, "jun", SearchQuery(q="second"))
        assert [message.body for message in found.items] == ["Second"]
        assert await world.unread("jun") == {ROOM: 2}

    async def test_a_room_is_listed_however_its_founding_went(self, world: World) -> None:
        world.context.db.connection.execute("ALTER TABLE chat_members RENAME TO away")
        with pytest.raises(OperationalError):
            await direct(world)
        world.crash()
        world.context.db.connection.execute("ALTER TABLE away RENAME TO chat_members")
        await world.ring(seconds=6)
        assert await world.unread("jun") == {ROOM: 1, "d" * 26: 0}

    async def test_search_shows_the_present_reactions(self, world: World) -> None:
        await world.hub(ROOM).react(user_id="jun", message_id=HELLO, emoji="x", added=True, projected=True)
        (found,) = (await search(world.context, "jun", SearchQuery(q="hello"))).items
        assert [(reaction.emoji, reaction.user_ids) for reaction in found.reactions] == [("x", ["jun"])]

    async def test_an_older_state_never_undoes_a_newer(self, world: World) -> None:
        room = open_room(world.homes["CHAT_HUB", ROOM], world.context.clock)
        assert room
        late = projection.statements(room, ["m:1", "u:jun", "r"])
        await world.hub(ROOM).edit(user_id="mina", message_id=HELLO, body="Goodbye", projected=True)
        await world.hub(ROOM).read(user_id="jun", seq=1, projected=True)
        await world.context.db.batch(late)
        assert (await search(world.context, "jun", SearchQuery(q="hello"))).items == []
        assert len((await search(world.context, "jun", SearchQuery(q="goodbye"))).items) == 1
        assert await world.unread("jun") == {ROOM: 0}
