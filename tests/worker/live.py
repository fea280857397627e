"""Live connections of people, for tests: STOMP frames over a WebSocket, and Node with the real clients."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from websockets import Subprotocol
from websockets.sync.client import connect

from runtime import bootstrap
from tests.worker.people import address as address_of_a_client

if TYPE_CHECKING:
    from tests.worker.people import Person

CLIENTS = bootstrap.ROOT / "tests" / "clients"


def run_client(script: str, **arguments: Any) -> Any:
    """Run a script of tests/clients under Node; what it prints."""
    command = [str(bootstrap.node()), str(CLIENTS / script), json.dumps(arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Script:
    """A script of tests/clients under Node that reports, and waits until it is told to go on."""

    def __init__(self, script: str, **arguments: Any) -> None:
        command = [str(bootstrap.node()), str(CLIENTS / script), json.dumps(arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def report(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def go_on(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()


def open_room(owner: Person, *others: Person, **changes: Any) -> str:
    """A group; its id."""
    body = {"type": "group", "name": "Evening class", "memberIds": [each.id for each in others]} | changes
    answer = owner.http.post("/api/v1/chat/rooms", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


class Frame:
    """A STOMP frame as it came."""

    def __init__(self, text: str) -> None:
        head, _, self.body = text.lstrip("\n").partition("\n\n")
        self.command, *lines = head.split("\n")
        self.headers = dict(line.split(":", 1) for line in lines)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Stomp:
    """One STOMP connection. ``ask`` waits for the receipt and keeps what came before it."""

    def __init__(self, url: str, query: str = "", **headers: str) -> None:
        address = f"{url.replace('http', 'ws', 1)}/ws{query}"
        own = {"cf-connecting-ip": address_of_a_client()}
        self._open = ExitStack()
        self.socket = self._open.enter_context(
            connect(address, subprotocols=[Subprotocol("v12.stomp")], additional_headers=own)
        )
        self.waiting: list[Frame] = []
        self._receipts = 0
        self.send("CONNECT", {"accept-version": "1.2", "host": "here", **headers})
        self.answer = self.next()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def send(self, command: str, headers: dict[str, str], body: str = "") -> None:
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        self.socket.send(f"{command}\n{lines}\n{body}\0")

    def next(self) -> Frame:
        while not self.waiting:
            parts = self.socket.recv(timeout=30).split("\0")
            self.waiting += [Frame(part) for part in parts if part.strip("\n")]
        return self.waiting.pop(0)

    def ask(self, command: str, headers: dict[str, str], body: str = "") -> list[Frame]:
        self._receipts += 1
        receipt = f"r{self._receipts}"
        self.send(command, headers | {"receipt": receipt}, body)
        before: list[Frame] = []
        while (frame := self.next()).headers.get("receipt-id") != receipt:
            before.append(frame)
        return [*before, frame]

    def subscribe(self, destination: str, **headers: str) -> list[Frame]:
        named = {"id": destination, "destination": destination}
        return self.ask(
            "SUBSCRIBE", named | {name.replace("_", "-"): value for name, value in headers.items()}
        )

    def say(self, room: str, body: str, client_id: str | None = None) -> Frame:
        text = json.dumps({"clientMessageId": client_id or body, "body": body})
        return self.ask("SEND", {"destination": f"/app/chat/{room}"}, text)[-1]


class SocketIo:
    """One Socket.IO connection over a WebSocket. ``ask`` waits for the ack and keeps what came before it."""

    def __init__(self, url: str, *, agent: str | None = "a browser", **auth: str) -> None:
        address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        own = {"cf-connecting-ip": address_of_a_client()}
        self._open = ExitStack()
        self.socket = self._open.enter_context(
            connect(address, additional_headers=own, user_agent_header=agent)
        )
        self.handshake = json.loads(str(self.socket.recv(timeout=30))[1:])
        self.waiting: list[list[Any]] = []
        self._asked = 0
        self.socket.send(f"40{json.dumps(auth)}")
        self.answer = json.loads(str(self._packet())[2:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def next(self) -> list[Any]:
        """The next event: its name and arguments."""
        return self.waiting.pop(0) if self.waiting else json.loads(self._packet().removeprefix("42"))

    def ask(self, name: str, argument: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        self.socket.send(f"42{self._asked}{json.dumps([name, argument])}")
        while not (packet := self._packet()).startswith(f"43{self._asked}["):
            self.waiting.append(json.loads(packet.removeprefix("42")))
        return json.loads(packet.removeprefix(f"43{self._asked}"))[0]

    def join(self, room: str) -> None:
        assert self.ask("chat:join", {"roomId": room})["ok"]

    def _packet(self) -> str:
        while (packet := str(self.socket.recv(timeout=30))) in {"2", "6"}:
            if packet == "2":  # a pong is answered with a noop, by the platform
                self.socket.send("3")
        return packet


def token(person: Person) -> dict[str, str]:
    """CONNECT headers of a person."""
    return {"Authorization": f"Bearer {person.tokens['accessToken']}"}
