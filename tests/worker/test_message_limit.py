"""One person sends so many messages a minute, over all their connections, and is told so in the protocol's terms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import websockets

from runtime.server import Runtime
from tests.worker.live import SocketIo, Stomp, open_room, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Town

LIMIT = 8


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Worker with a smaller limit than a thousand."""
    limits = json.dumps({"realtime": f"{LIMIT}/60 exact"})
    with Runtime(state=tmp_path_factory.mktemp("limits"), vars={"RATE_LIMITS": limits}) as runtime:
        yield runtime.url


def test_the_limit_holds_for_a_person_over_both_protocols(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    own = {"token": ada.tokens["accessToken"]}
    with Stomp(town.url, **token(ada)) as stomp, SocketIo(town.url, **own) as sio:
        stomp.subscribe("/user/queue/errors")
        for number in range(LIMIT // 2):
            assert stomp.say(room, f"{number}").command == "RECEIPT"
            body = {"roomId": room, "clientMessageId": f"s{number}", "body": "x"}
            assert sio.ask("chat:message", body)["ok"]
        text = json.dumps({"clientMessageId": "more", "body": "more"})
        stomp.send("SEND", {"destination": f"/app/chat/{room}", "receipt": "r"}, text)
        refused = stomp.next().json
        assert (refused["code"], refused["status"], refused["receipt"]) == ("rate_limited", 429, "r")
        assert 1 <= refused["retryAfter"] <= 60
        body = {"roomId": room, "clientMessageId": "more", "body": "more"}
        answer = sio.ask("chat:message", body)
        assert (answer["ok"], answer["code"]) == (False, "rate_limited")
        assert 1 <= answer["retryAfter"] <= 60
        sio.socket.send(f'42["chat:message",{json.dumps(body)}]')
        name, told, *_ = sio.next()
        assert (name, told["code"], told["event"]) == ("problem", "rate_limited", "chat:message")
    with Stomp(town.url, **token(bob)) as other:
        assert other.say(room, "Bob has a limit of his own").command == "RECEIPT"
        stored = bob.http.get(f"/api/v1/chat/rooms/{room}/messages").json()["items"]
    assert len(stored) == LIMIT + 1
    assert "more" not in {message["body"] for message in stored}


def test_whoever_listens_for_no_errors_gets_an_error_and_the_end(town: Town) -> None:
    ada = town.register()
    room = open_room(ada, town.register())
    with Stomp(town.url, **token(ada)) as connection:
        for number in range(LIMIT):
            connection.say(room, f"{number}")
        text = json.dumps({"clientMessageId": "more", "body": "more"})
        connection.send("SEND", {"destination": f"/app/chat/{room}", "receipt": "r"}, text)
        error = connection.next()
        assert (error.command, error.headers["code"], error.headers["receipt-id"]) == (
            "ERROR",
            "rate_limited",
            "r",
        )
        with pytest.raises(websockets.ConnectionClosed):
            connection.next()


def test_a_connection_of_socket_io_takes_a_new_token(town: Town) -> None:
    ada = town.register()
    with SocketIo(town.url, token=ada.tokens["accessToken"]) as connection:
        ada.accept(ada.refresh().json())
        assert connection.ask("auth:renew", {"accessToken": ada.tokens["accessToken"]})["ok"]
        other = town.register().tokens["accessToken"]
        assert connection.ask("auth:renew", {"accessToken": other})["code"] == "invalid_token"
