"""Two people chat over two protocols; one drops off, and misses nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import socketio
from websockets.sync.client import connect

from demo.paper import call, heading, say

if TYPE_CHECKING:
    import httpx

    from demo.accounts import Person

SECONDS = 20


class StompPhone:
    """A device that speaks STOMP over WebSocket."""

    def __init__(self, url: str, person: Person) -> None:
        self._socket = connect(url.replace("http", "ws") + "/ws", subprotocols=["v12.stomp"])  # type: ignore[list-item]
        self._waiting: list[str] = []
        self._send("CONNECT", {"accept-version": "1.2", "host": "studymate", **_authorization(person)})
        self._next("CONNECTED")

    def follow(self, room: str, last_seq: int) -> None:
        """Subscribe to a room, from after a message on."""
        self._send(
            "SUBSCRIBE", {"id": "room", "destination": f"/topic/chat/{room}", "last-seq": str(last_seq)}
        )

    def say(self, room: str, key: str, text: str) -> None:
        """Send a message and wait until it is stored."""
        body = json.dumps({"clientMessageId": key, "body": text})
        self._send("SEND", {"destination": f"/app/chat/{room}", "receipt": key}, body)
        self._next("RECEIPT")

    def hear(self) -> dict[str, Any]:
        """The next message."""
        return json.loads(self._next("MESSAGE"))

    def drop(self) -> None:
        """Lose the connection."""
        self._socket.close()

    def _send(self, command: str, headers: dict[str, str], body: str = "") -> None:
        lines = [command, *(f"{name}:{value}" for name, value in headers.items())]
        self._socket.send("\n".join(lines) + f"\n\n{body}\0")

    def _next(self, wanted: str) -> str:
        """The body of the next frame of that kind; others wait for who asks for them."""
        while True:
            for frame in self._waiting:
                head, _, body = frame.partition("\n\n")
                if head.split("\n")[0] == wanted:
                    self._waiting.remove(frame)
                    return body
            came = str(self._socket.recv(timeout=SECONDS)).split("\0")
            self._waiting += [frame.lstrip("\n") for frame in came if frame.strip("\n")]


def show(url: str, http: httpx.Client, mina: Person, alex: Person) -> None:
    """Talk, drop off, come back."""
    heading("Mina (STOMP) and Alex (Socket.IO) talk")
    everyone = {"privacy": {"messages": "everyone"}}
    call(http, "PATCH", "/api/v1/users/settings", headers=alex.headers, json=everyone)
    room = call(
        http, "POST", "/api/v1/chat/rooms", 201,
        headers=mina.headers, json={"type": "direct", "memberIds": [alex.id]},
    ).json()["id"]  # fmt: skip
    with socketio.SimpleClient() as laptop:
        laptop.connect(url, auth={"token": _authorization(alex)["Authorization"].removeprefix("Bearer ")})
        laptop.call("chat:join", {"roomId": room, "lastSeq": 0})
        phone = StompPhone(url, mina)
        phone.follow(room, 0)
        _talk(phone, laptop, room)
        phone.drop()
        say("Mina's train goes into a tunnel. Alex writes on:")
        for number, text in enumerate(("are you still there?", "well, tell me tomorrow :)"), 1):
            _emit(laptop, room, f"tunnel-{number}", text)
        _come_back(url, mina, room)


def _talk(phone: StompPhone, laptop: socketio.SimpleClient, room: str) -> None:
    phone.say(room, "one", "hello Alex, shall we practise?")
    phone.hear()
    message = _heard(laptop)
    say(f"Alex hears “{message['body']}” (number {message['seq']})")
    _emit(laptop, room, "two", "gladly! ten minutes English, ten minutes Korean?")
    say(f"Mina hears “{phone.hear()['body']}”")
    phone.say(room, "one", "hello Alex, shall we practise?")
    say("Mina's phone was not sure and sent its first message again: it is still one.")


def _heard(laptop: socketio.SimpleClient) -> dict[str, Any]:
    """The next message; notifications and presence come on the same connection."""
    while True:
        name, *arguments = laptop.receive(timeout=SECONDS)
        if name == "chat:message":
            return arguments[0]


def _emit(laptop: socketio.SimpleClient, room: str, key: str, text: str) -> None:
    stored = laptop.call(
        "chat:message", {"roomId": room, "clientMessageId": key, "body": text}, timeout=SECONDS
    )
    say(f"Alex's message is stored as number {stored['message']['seq']}")


def _come_back(url: str, mina: Person, room: str) -> None:
    say("Mina is back, and says that she has seen number 2:")
    phone = StompPhone(url, mina)
    phone.follow(room, 2)
    for _ in range(2):
        missed = phone.hear()
        say(f"{missed['seq']}: “{missed['body']}”")
    phone.drop()


def _authorization(person: Person) -> dict[str, str]:
    return {"Authorization": person.headers["authorization"]}
