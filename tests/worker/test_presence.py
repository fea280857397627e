"""Who is online, as others see it: over REST, STOMP and Socket.IO."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tests.worker.live import Frame, SocketIo, Stomp, open_room, token

if TYPE_CHECKING:
    from tests.worker.people import Person, Town


def seen(viewer: Person, *people: Person) -> dict[str, dict[str, Any]]:
    answer = viewer.http.get("/api/v1/presence", params={"users": ",".join(each.id for each in people)})
    assert answer.status_code == 200, answer.text
    return {each["userId"]: each for each in answer.json()["items"]}


def say_away(connection: Stomp) -> None:
    connection.ask("SEND", {"destination": "/app/presence"}, '{"status": "away"}')


def test_room_mates_see_each_other_come_and_go(town: Town) -> None:
    ada, bob, eve = town.register(), town.register(), town.register()
    room = open_room(ada, bob)
    with (
        Stomp(town.url, **token(bob)) as stomp,
        SocketIo(town.url, token=bob.tokens["accessToken"]) as sio,
    ):
        stomp.subscribe("/user/queue/presence")
        stomp.subscribe(f"/topic/chat/{room}")
        sio.join(room)
        with Stomp(town.url, **token(ada)) as connection:
            came = stomp.next().json
            assert (came["userId"], came["status"]) == (ada.id, "online")
            assert sio.next() == ["presence:online", came]
            say_away(connection)
            assert [stomp.next().json["status"], sio.next()[0]] == ["away", "presence:away"]
            assert seen(bob, ada, eve) == {ada.id: came | {"status": "away"} | _last(bob, ada)}
            assert seen(eve, ada, bob) == {}
        assert [stomp.next().json["status"], sio.next()[0]] == ["offline", "presence:offline"]


def _last(viewer: Person, person: Person) -> dict[str, str]:
    return {"lastSeen": seen(viewer, person)[person.id]["lastSeen"]}


def test_people_see_themselves_with_their_devices(town: Town) -> None:
    ada = town.register()
    assert ada.http.get("/api/v1/presence/me").json() == {
        "status": "offline",
        "lastSeen": None,
        "devices": [],
    }
    with (
        SocketIo(town.url, token=ada.tokens["accessToken"], device="phone") as phone,
        Stomp(town.url, **token(ada), **{"user-agent": "laptop"}) as laptop,
    ):
        say_away(laptop)
        assert phone.ask("presence:away", {})["ok"]
        assert ada.http.get("/api/v1/presence/me").json()["status"] == "away"
        assert phone.ask("presence:online", {})["ok"]
        me = ada.http.get("/api/v1/presence/me").json()
        assert me["status"] == "online"
        assert {each["device"]: each["status"] for each in me["devices"]} == {
            "phone": "online",
            "laptop": "away",
        }


def test_whoever_leaves_while_being_let_in_is_not_there(town: Town) -> None:
    ada = town.register()
    with ExitStack() as others:
        for _ in range(5):
            hasty = others.enter_context(Hasty(town.url, **token(ada)))
            hasty.socket.close()
        patient = others.enter_context(Stomp(town.url, **token(ada), **{"user-agent": "patient"}))
        patient.subscribe("/user/queue/presence")
        for _ in range(100):
            devices = ada.http.get("/api/v1/presence/me").json()["devices"]
            if len(devices) == 1:
                break
        assert [each["device"] for each in devices] == ["patient"]


class Hasty(Stomp):
    """A client that does not wait for the answer to its CONNECT."""

    def next(self) -> Frame:
        return Frame("")


def test_whoever_wants_to_be_seen_by_nobody_is_not(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    ada.http.patch("/api/v1/users/settings", json={"privacy": {"presence": "nobody"}})
    with Stomp(town.url, **token(bob)) as connection:
        connection.subscribe("/user/queue/presence")
        connection.subscribe(f"/topic/chat/{room}")
        with Stomp(town.url, **token(ada)) as other:
            other.say(room, "I am here all the same")
            assert connection.next().headers["destination"] == f"/topic/chat/{room}"
        assert seen(bob, ada) == {}
        assert set(seen(ada, ada)) == {ada.id}


def test_nonsense_is_refused(town: Town) -> None:
    ada = town.register()
    for users in ("", ",".join(["x"] * 101), "x" * 4000):
        assert ada.http.get("/api/v1/presence", params={"users": users}).status_code == 422
    assert town.visitor().get("/api/v1/presence?users=x").status_code == 401
    text = json.dumps({"status": "dancing"})
    with Stomp(town.url, **token(ada)) as connection:
        connection.send("SEND", {"destination": "/app/presence"}, text)
        assert connection.next().headers["code"] == "validation_failed"
