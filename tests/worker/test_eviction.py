"""Connections outlive the memory of all that is behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.worker.live import SocketIo, Stomp, open_room, token

if TYPE_CHECKING:
    from runtime.server import Runtime
    from tests.worker.people import Town

SHARDS = range(4)


def evict_all(runtime: Runtime, framing: str, room: str) -> None:
    """Take a room and all connections of a framing out of memory."""
    for shard in SHARDS:
        runtime.evict("Connections", f"{framing}:{shard}")
    runtime.evict("ChatHub", room)


def test_stomp_goes_on_hearing_saying_and_heeding_acknowledgements(town: Town, runtime: Runtime) -> None:
    ada, bob = town.register(displayName="Ada"), town.register(displayName="Bob")
    room = open_room(ada, bob)
    with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
        b.subscribe(f"/topic/chat/{room}", ack="client-individual")
        a.say(room, "before")
        first = b.next()
        evict_all(runtime, "stomp", room)
        assert a.say(room, "after").command == "RECEIPT"
        second = b.next()
        assert [first.json["seq"], second.json["seq"]] == [1, 2]
        evict_all(runtime, "stomp", room)
        assert b.ask("ACK", {"id": first.headers["ack"]})[-1].command == "RECEIPT"
        b.say(room, "from the one who listens")
        assert b.next().json["seq"] == 3


def test_socket_io_goes_on_hearing_and_saying(town: Town, runtime: Runtime) -> None:
    ada, bob = town.register(displayName="Ada"), town.register(displayName="Bob")
    room = open_room(ada, bob)
    with (
        SocketIo(town.url, token=ada.tokens["accessToken"]) as a,
        SocketIo(town.url, token=bob.tokens["accessToken"]) as b,
    ):
        b.join(room)
        for number in range(1, 4):
            evict_all(runtime, "socketio", room)
            body = {"roomId": room, "clientMessageId": f"{number}", "body": f"{number}"}
            assert a.ask("chat:message", body)["message"]["seq"] == number
            assert b.next()[1]["seq"] == number


def test_a_person_is_reached_by_rest_after_eviction(town: Town, runtime: Runtime) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with Stomp(town.url, **token(bob)) as b:
        b.subscribe("/user/queue/notifications")
        evict_all(runtime, "stomp", room)
        runtime.evict("UserPresence", bob.id)
        ada.http.post(f"/api/v1/chat/rooms/{room}/messages", json={"body": "hello"})
        assert b.next().json["data"]["preview"] == "hello"
