"""The new messages of all rooms of a person, on /user/queue/messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import websockets

from tests.worker.live import Stomp, open_room, token

if TYPE_CHECKING:
    from runtime.server import Runtime
    from tests.worker.people import Person, Town

INBOX = "/user/queue/messages"
TRY_AGAIN_LATER = 1013


def say(person: Person, room: str, body: str) -> None:
    answer = person.http.post(f"/api/v1/chat/rooms/{room}/messages", json={"body": body})
    assert answer.status_code == 201, answer.text


def evict_connections(runtime: Runtime) -> None:
    for shard in range(4):
        runtime.evict("Connections", f"stomp:{shard}")


def heard(connection: Stomp) -> tuple[str, str]:
    """The room and the text of the next message."""
    frame = connection.next()
    assert (frame.headers["destination"], frame.headers["event"]) == (INBOX, "message")
    return frame.json["roomId"], frame.json["body"]


def test_messages_of_all_rooms_come_also_of_those_that_begin_later(town: Town, runtime: Runtime) -> None:
    ada, bob = town.register(), town.register()
    first, second = open_room(ada, bob), open_room(ada, bob)
    with Stomp(town.url, **token(bob)) as connection:
        connection.subscribe(INBOX)
        say(ada, first, "one")
        say(ada, second, "two")
        assert {heard(connection), heard(connection)} == {(first, "one"), (second, "two")}
        ada.http.patch(f"/api/v1/chat/messages/{first}-1", json={"body": "changed"})
        evict_connections(runtime)
        say(ada, first, "three")
        assert heard(connection) == (first, "three")
        third = open_room(ada, bob)
        say(ada, third, "four")
        assert heard(connection) == (third, "four")
        other = open_room(ada)
        added = ada.http.post(f"/api/v1/chat/rooms/{other}/members", json={"memberIds": [bob.id]})
        assert added.status_code == 200, added.text
        say(ada, other, "five")
        assert heard(connection) == (other, "five")
        ada.http.delete(f"/api/v1/chat/rooms/{second}/members/{bob.id}")
        say(ada, second, "not for Bob")
        say(ada, first, "for Bob")
        assert heard(connection) == (first, "for Bob")
        connection.ask("UNSUBSCRIBE", {"id": INBOX})
        say(ada, first, "too late")
        assert connection.subscribe("/user/queue/errors")[-1].command == "RECEIPT"


def test_rooms_are_heard_by_those_who_have_them_open_as_well(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with Stomp(town.url, **token(bob)) as connection:
        connection.subscribe(INBOX)
        connection.subscribe(f"/topic/chat/{room}")
        say(ada, room, "hello")
        assert {connection.next().headers["destination"] for _ in range(2)} == {INBOX, f"/topic/chat/{room}"}


def test_it_is_no_reason_not_to_be_notified(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with Stomp(town.url, **token(bob)) as connection:
        connection.subscribe(INBOX)
        connection.subscribe("/user/queue/notifications")
        say(ada, room, "hello")
        frames = [connection.next() for _ in range(2)]
        assert {frame.headers["destination"] for frame in frames} == {INBOX, "/user/queue/notifications"}


class TestAcknowledging:
    """With ``client-individual`` no more than the window are under way."""

    WINDOW = 64

    def test_the_next_come_when_some_are_acknowledged(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        rooms = [open_room(ada, bob) for _ in range(2)]
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            b.subscribe(INBOX, ack="client-individual")
            for number in range(self.WINDOW + 10):
                a.say(rooms[number % 2], f"{number}")
            frames = [b.next() for _ in range(self.WINDOW)]
            b.send("ACK", {"id": frames[5].headers["ack"]})
            b.send("NACK", {"id": frames[3].headers["ack"]})
            frames += [b.next(), b.next()]
            for frame in frames:
                b.send("ACK", {"id": frame.headers["ack"]})
            frames += [b.next() for _ in range(8)]
            for room in rooms:
                seqs = [frame.json["seq"] for frame in frames if frame.json["roomId"] == room]
                assert seqs == list(range(1, len(seqs) + 1))
            assert len(frames) == self.WINDOW + 10

    def test_what_waits_is_not_lost_in_silence_with_the_memory(self, town: Town, runtime: Runtime) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            b.subscribe(INBOX, ack="client-individual")
            for number in range(self.WINDOW + 1):
                a.say(room, f"{number}")
            frames = [b.next() for _ in range(self.WINDOW)]
            evict_connections(runtime)
            b.send("ACK", {"id": frames[0].headers["ack"]})
            with pytest.raises(websockets.ConnectionClosed) as closed:
                b.next()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == TRY_AGAIN_LATER
