"""Socket.IO clients that are cut off go on where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import websockets

from runtime.server import Runtime
from tests.worker.live import Script, SocketIo, open_room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Person, Town

SUPERSEDED = 4409
SHARDS = 4


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A Worker with several connection objects: clients mostly come back to another one."""
    with Runtime(state=tmp_path_factory.mktemp("shards"), vars={"CONNECTION_SHARDS": f"{SHARDS}"}) as server:
        yield server


def evict_all(runtime: Runtime) -> None:
    for shard in range(SHARDS):
        runtime.evict("Connections", f"socketio:{shard}")


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
@pytest.mark.parametrize("evicted", [False, True])
def test_the_client_is_recovered_and_has_missed_nothing(
    town: Town, runtime: Runtime, transports: list[str], evicted: bool
) -> None:
    ada, bob = town.register(), town.register()
    rooms = [open_room(ada, bob) for _ in range(2)]
    hibernates = evicted and transports == ["websocket"]
    with Script(
        "recovery.mjs", url=town.url, rooms=rooms, transports=transports,
        ada=ada.tokens["accessToken"], bob=bob.tokens["accessToken"],
    ) as script:  # fmt: skip
        assert not script.report()["recovered"]
        for _ in range(2):
            for _ in range(2):
                if hibernates:
                    evict_all(runtime)
                script.go_on()
                last = script.report()
        assert (last["recovered"], last["same"]) == (True, True)
    for room in (0, 1):
        seqs = [seq for where, seq, _ in last["heard"] if where == room]
        assert seqs == list(range(1, len(seqs) + 1))
    assert sorted(int(body) for _, _, body in last["heard"]) == list(range(1, 12))


def connect(person: Person, town: Town, **recovering: str) -> SocketIo:
    return SocketIo(town.url, token=person.tokens["accessToken"], **recovering)


def say(person: Person, room: str, body: str) -> None:
    person.http.post(f"/api/v1/chat/rooms/{room}/messages", json={"body": body})


def cut_off(connection: SocketIo, room: str, ada: Person) -> dict[str, str]:
    """Be in a room and hear something; what the client remembers for a recovery."""
    connection.join(room)
    say(ada, room, "heard")
    name, message, offset = connection.next()
    assert (name, message["body"]) == ("chat:message", "heard")
    return {"pid": connection.answer["pid"], "offset": offset}


def test_a_client_comes_back_before_the_server_knows_that_it_was_gone(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with connect(bob, town) as old:
        known = cut_off(old, room, ada)
        say(ada, room, "two")
        with connect(bob, town, **known) as new:
            assert new.answer == old.answer
            assert [new.next()[1]["body"], new.next()[0]] == ["two", "session:recovered"]
            assert old.next()[1]["body"] == "two"
            with pytest.raises(websockets.ConnectionClosed) as closed:
                old.next()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == SUPERSEDED
            say(ada, room, "three")
            assert new.next()[1]["body"] == "three"


def test_a_client_that_joined_and_heard_nothing_since_begins_anew(town: Town) -> None:
    ada, bob = town.register(), town.register()
    first, second = open_room(ada, bob), open_room(ada, bob)
    with connect(bob, town) as connection:
        known = cut_off(connection, first, ada)
        connection.join(second)
    with connect(bob, town, **known) as back:
        assert began_anew(back, known)


@pytest.mark.parametrize("agent", ["Python/3.14 aiohttp/3.12.0", "python-requests/2.32.0"])
def test_handlers_of_a_fixed_number_of_arguments_get_no_offsets(town: Town, agent: str) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with connect(bob, town, agent=agent) as python, connect(bob, town) as javascript:
        assert ("pid" in python.answer, "pid" in javascript.answer) == (False, True)
        python.join(room)
        javascript.join(room)
        say(ada, room, "hello")
        assert python.next() == javascript.next()[:2]


def test_what_one_was_told_meanwhile_is_not_lost(town: Town, runtime: Runtime) -> None:
    ada, bob = town.register(), town.register()
    rooms = [open_room(ada, bob) for _ in range(4)]
    with connect(bob, town) as old:
        say(ada, rooms[0], "known")
        name, told, offset = old.next()
        assert (name, told["data"]["preview"]) == ("notification:new", "known")
        known = {"pid": old.answer["pid"], "offset": offset}
        say(ada, rooms[1], "on its way")
        assert old.next()[1]["data"]["preview"] == "on its way"
    say(ada, rooms[2], "while away")
    runtime.evict("UserPresence", bob.id)
    evict_all(runtime)
    with connect(bob, town, **known) as new:
        missed = [new.next() for _ in range(2)]
        assert [each[1]["data"]["preview"] for each in missed] == ["on its way", "while away"]
        assert new.next()[0] == "session:recovered"
        say(ada, rooms[3], "afterwards")
        assert new.next()[1]["data"]["preview"] == "afterwards"


def began_anew(connection: SocketIo, known: dict[str, str]) -> bool:
    """Whether the client got another session, in which it is in no room."""
    fresh = connection.answer["pid"] != known["pid"]
    assert connection.ask("presence:set", {"status": "online"})["ok"]
    return fresh and not connection.waiting


def left(person: Person, room: str, town: Town, ada: Person) -> dict[str, str]:
    """A person is in a room and is cut off; what their client remembers."""
    with connect(person, town) as connection:
        return cut_off(connection, room, ada)


def test_nobody_takes_over_another_persons_session(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    known = left(bob, room, town, ada)
    with connect(ada, town, **known) as thief:
        assert began_anew(thief, known)
    with connect(bob, town, **known) as back:
        assert back.answer["pid"] == known["pid"], "the attempt of another person took nothing away"


def test_a_session_is_recovered_once(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    known = left(bob, room, town, ada)
    with connect(bob, town, **known) as back:
        assert back.next()[0] == "session:recovered"
        with connect(bob, town, **known) as again:
            assert began_anew(again, known)


def test_whoever_was_put_out_of_a_room_meanwhile_begins_anew(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    known = left(bob, room, town, ada)
    ada.http.delete(f"/api/v1/chat/rooms/{room}/members/{bob.id}")
    with connect(bob, town, **known) as back:
        assert began_anew(back, known)


def test_whoever_said_goodbye_begins_anew(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with connect(bob, town) as connection:
        known = cut_off(connection, room, ada)
        connection.socket.send("41")
    with connect(bob, town, **known) as back:
        assert began_anew(back, known)


@pytest.mark.parametrize("change", [{"pid": "x"}, {"offset": "x"}, {"offset": "0/0"}, {"offset": "9999/1"}])
def test_what_is_not_known_begins_anew(town: Town, change: dict[str, Any]) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    known = left(bob, room, town, ada)
    with connect(bob, town, **known | change) as back:
        assert began_anew(back, known)
