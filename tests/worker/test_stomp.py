"""Chat over STOMP, as a client sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from tests.worker.live import Stomp, open_room, run_client, token

if TYPE_CHECKING:
    from tests.worker.people import Town


@pytest.mark.parametrize("sockjs", [None, ["websocket"], ["xhr-streaming"], ["eventsource"], ["xhr-polling"]])
def test_stompjs_chats_resumes_and_is_refused(town: Town, sockjs: list[str] | None) -> None:
    ada, bob = town.register(displayName="Ada"), town.register(displayName="Bob")
    seen = run_client(
        "stomp.mjs", url=town.url, room=open_room(ada, bob), sockjs=sockjs,
        ada=ada.tokens["accessToken"], bob=bob.tokens["accessToken"],
    )  # fmt: skip
    assert [message["seq"] for message in seen["heard"]] == list(range(1, 22))
    assert seen["heard"][-1]["sender"] == {"id": ada.id, "displayName": "Ada"}
    assert [name for name, _ in seen["events"]] == ["typing", "read"]
    assert seen["resumed"] == [21, 22]
    assert (seen["refused"], seen["error"]) == ("invalid_token", "room_not_found")


class TestConnect:
    def test_says_who_is_connected(self, town: Town) -> None:
        ada = town.register()
        with Stomp(town.url, **token(ada), **{"heart-beat": "5000,5000"}) as connection:
            assert connection.answer.command == "CONNECTED"
            assert connection.answer.headers["user-name"] == ada.id
            assert connection.answer.headers["heart-beat"] == "10000,10000"

    @pytest.mark.parametrize("beat", ["\n", b"\n", "\r\n"])
    def test_every_beat_is_answered(self, town: Town, beat: str | bytes) -> None:
        with Stomp(town.url, **token(town.register()), **{"heart-beat": "10000,10000"}) as connection:
            connection.socket.send(beat)
            assert connection.socket.recv(timeout=30) == "\n"

    def test_takes_the_token_as_passcode(self, town: Town) -> None:
        with Stomp(town.url, login="x", passcode=town.register().tokens["accessToken"]) as connection:
            assert connection.answer.command == "CONNECTED"

    def test_takes_a_ticket_once(self, town: Town) -> None:
        ticket = town.register().http.post("/api/v1/auth/ticket").json()["ticket"]
        with Stomp(town.url, f"?ticket={ticket}") as connection:
            assert connection.answer.command == "CONNECTED"
        with pytest.raises(websockets.InvalidStatus, match="401"):
            Stomp(town.url, f"?ticket={ticket}")

    @pytest.mark.parametrize("headers", [{}, {"passcode": "nonsense"}, {"Authorization": "Bearer x.y.z"}])
    def test_refuses_strangers(self, town: Town, headers: dict[str, str]) -> None:
        with Stomp(town.url, **headers) as connection:
            assert connection.answer.command == "ERROR"
            assert connection.answer.json["status"] == 401
            with pytest.raises(websockets.ConnectionClosed) as closed:
                connection.next()
            assert closed.value.rcvd.code == 4401

    def test_refuses_a_device_that_was_signed_out(self, town: Town) -> None:
        ada = town.register()
        ada.http.post("/api/v1/auth/logout", json={"refreshToken": ada.tokens["refreshToken"]})
        with Stomp(town.url, **token(ada)) as connection:
            assert connection.answer.headers["code"] == "invalid_token"


class TestRooms:
    def test_a_receipt_means_that_it_is_stored(self, town: Town) -> None:
        ada = town.register()
        room = open_room(ada, town.register())
        with Stomp(town.url, **token(ada)) as connection:
            assert connection.say(room, "kept").command == "RECEIPT"
        (message,) = ada.http.get(f"/api/v1/chat/rooms/{room}/messages").json()["items"]
        assert (message["seq"], message["clientMessageId"]) == (1, "kept")

    def test_lists_know_at_once_what_was_said(self, town: Town) -> None:
        ada, bob = town.register(displayName="Ada"), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            for number in range(1, 4):
                a.say(room, str(number))
                (listed,) = bob.http.get("/api/v1/chat/rooms").json()["items"]
                assert (listed["unreadCount"], listed["lastMessage"]["body"]) == (number, str(number))
                assert listed["lastMessage"]["sender"]["displayName"] == "Ada"
            b.ask("SEND", {"destination": f"/app/chat/{room}/read"}, '{"seq": 2}')
            assert bob.http.get("/api/v1/chat/rooms").json()["items"][0]["unreadCount"] == 1

    def test_a_repeated_send_is_one_message(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            b.subscribe(f"/topic/chat/{room}")
            for _ in range(3):
                a.say(room, "once", "same")
            a.say(room, "after")
            assert [b.next().json["seq"], b.next().json["body"]] == [1, "after"]

    def test_what_was_missed_comes_before_what_is_new(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            for number in range(1, 6):
                a.say(room, str(number))
            replayed = b.subscribe(f"/topic/chat/{room}", last_seq="2")
            assert [frame.json["seq"] for frame in replayed[:-1]] == [3, 4, 5]
            a.say(room, "6")
            assert b.next().json["seq"] == 6

    def test_edits_and_deletions_come_as_the_message_is_now(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            a.say(room, "helo")
            b.subscribe(f"/topic/chat/{room}")
            ada.http.patch(f"/api/v1/chat/messages/{room}-1", json={"body": "hello"})
            ada.http.delete(f"/api/v1/chat/messages/{room}-1")
            edited, deleted = b.next(), b.next()
            assert (edited.headers["event"], edited.json["body"]) == ("edited", "hello")
            assert (deleted.headers["event"], deleted.json["body"]) == ("deleted", "")

    def test_strangers_hear_and_say_nothing(self, town: Town) -> None:
        room = open_room(town.register(), town.register())
        mallory = town.register()
        text = json.dumps({"clientMessageId": "x", "body": "x"})
        for command, destination, body in (
            ("SUBSCRIBE", "/topic/chat/", ""),
            ("SEND", "/app/chat/", text),
        ):
            with Stomp(town.url, **token(mallory)) as connection:
                connection.send(command, {"id": "s", "destination": destination + room}, body)
                assert connection.next().headers["code"] == "room_not_found"

    def test_whoever_is_put_out_hears_no_more(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            b.subscribe("/user/queue/errors")
            b.subscribe(f"/topic/chat/{room}")
            b.subscribe(f"/topic/chat/{room}/events")
            ada.http.delete(f"/api/v1/chat/rooms/{room}/members/{bob.id}")
            assert b.next().json["action"] == "removed"
            a.say(room, "now that he is gone")
            b.send("SEND", {"destination": f"/app/chat/{room}"}, '{"clientMessageId": "x", "body": "x"}')
            refusal = b.next()
            assert (refusal.headers["destination"], refusal.json["code"]) == (
                "/user/queue/errors",
                "room_not_found",
            )

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("", "validation_failed"),
            ("[" * 100_000, "validation_failed"),
            ('{"body": "x"}', "validation_failed"),
            ('{"clientMessageId": "x", "body": ""}', "invalid_message"),
        ],
    )
    def test_what_cannot_be_sent_is_refused(self, town: Town, body: str, code: str) -> None:
        ada = town.register()
        room = open_room(ada, town.register())
        with Stomp(town.url, **token(ada)) as connection:
            connection.send("SEND", {"destination": f"/app/chat/{room}", "receipt": "r"}, body)
            refusal = connection.next()
            assert (refusal.command, refusal.headers["code"]) == ("ERROR", code)
            assert refusal.headers["receipt-id"] == "r"

    def test_acknowledged_messages_wait_for_their_turn(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(ada)) as a, Stomp(town.url, **token(bob)) as b:
            b.subscribe(f"/topic/chat/{room}", ack="client-individual")
            for number in range(70):
                a.say(room, str(number))
            heard: list[Any] = []
            while len(heard) < 70:
                frame = b.next()
                heard.append(frame.json["seq"])
                b.send("ACK", {"id": frame.headers["ack"]})
            assert heard == list(range(1, 71))


def test_a_token_is_renewed_in_place(town: Town) -> None:
    ada = town.register()
    with Stomp(town.url, **token(ada)) as connection:
        ada.accept(ada.refresh().json())
        fresh = json.dumps({"accessToken": ada.tokens["accessToken"]})
        assert connection.ask("SEND", {"destination": "/app/auth"}, fresh)[-1].command == "RECEIPT"
        other = json.dumps({"accessToken": town.register().tokens["accessToken"]})
        connection.send("SEND", {"destination": "/app/auth"}, other)
        assert connection.next().headers["code"] == "invalid_token"
