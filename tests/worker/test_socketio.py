"""Chat over Socket.IO, with the real client."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import socketio

from tests.worker.live import SocketIo, Stomp, open_room, run_client, token

if TYPE_CHECKING:
    from tests.worker.people import Town


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_socket_io_client_chats_resumes_and_is_refused(town: Town, transports: list[str]) -> None:
    ada, bob = town.register(displayName="Ada"), town.register(displayName="Bob")
    seen = run_client(
        "socketio.mjs", url=town.url, room=open_room(ada, bob), transports=transports,
        ada=ada.tokens["accessToken"], bob=bob.tokens["accessToken"],
    )  # fmt: skip
    assert seen["transports"] == [transports[-1]] * 2
    assert seen["joined"]["ok"]
    assert seen["joined"]["seq"] == 0
    assert seen["sent"]["ok"]
    assert seen["sent"] == seen["again"]
    messages = [body for name, body in seen["heard"] if name == "chat:message"]
    assert [message["seq"] for message in messages] == list(range(1, 23))
    assert messages[0] == seen["sent"]["message"]
    assert [name for name, _ in seen["heard"]][-2:] == ["chat:typing", "chat:read"]
    assert seen["read"] == {"ok": True, "readSeq": 3, "unreadCount": 0}
    assert (seen["resumed"]["ok"], seen["replayed"]) == (True, [21, 22])
    codes = [seen[name]["code"] for name in ("nowhere", "unknown", "invalid", "refused")]
    assert codes == ["room_not_found", "unknown_destination", "validation_failed", "invalid_token"]


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
def test_handlers_of_pythons_client_take_one_argument(town: Town, transports: list[str]) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    client = socketio.Client()

    @client.on("chat:message")
    def hear(message: dict[str, Any]) -> None:
        heard.put(message)

    client.connect(town.url, auth={"token": bob.tokens["accessToken"]}, transports=transports)
    assert client.call("chat:join", {"roomId": room})["ok"]
    ada.http.post(f"/api/v1/chat/rooms/{room}/messages", json={"body": "hello"})
    assert heard.get(timeout=30)["body"] == "hello"
    client.disconnect()


def test_both_protocols_meet_in_a_room(town: Town) -> None:
    ada, bob = town.register(displayName="Ada"), town.register(displayName="Bob")
    room = open_room(ada, bob)
    with Stomp(town.url, **token(bob)) as listener:
        listener.subscribe(f"/topic/chat/{room}")
        seen = run_client(
            "socketio.mjs", url=town.url, room=room, transports=["websocket"],
            ada=ada.tokens["accessToken"], bob=bob.tokens["accessToken"],
        )  # fmt: skip
        heard = [listener.next().json for _ in range(22)]
    assert heard == [body for name, body in seen["heard"] if name == "chat:message"]


@pytest.mark.parametrize(
    "more",
    [
        {"body": "a\ud800"},
        {"clientMessageId": "a\ud800"},
        {"replyTo": "a\ud800"},
        {"attachments": ["a\ud800"]},
        {"roomId": "a\ud800"},
    ],
)
def test_half_a_character_is_refused(town: Town, more: dict[str, Any]) -> None:
    """JSON can escape what no UTF-8 holds."""
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    with SocketIo(town.url, token=ada.tokens["accessToken"]) as sio:
        message = {"roomId": room, "clientMessageId": "one", "body": "one"}
        answer = sio.ask("chat:message", message | more)
        assert (answer["ok"], answer["status"]) == (False, 422)
        assert sio.ask("chat:message", message)["message"]["seq"] == 1


@pytest.mark.parametrize("sid", ["", "x", "0.unknown", "99999999999.unknown", "-1.x", "\u0663.x"])
def test_unknown_sessions_are_refused(town: Town, sid: str) -> None:
    query = {"EIO": "4", "transport": "polling", "sid": sid or "none"}
    answer = httpx.get(f"{town.url}/socket.io/", params=query, timeout=30)
    assert (answer.status_code, answer.json()) == (400, {"code": 1, "message": "Session ID unknown"})
