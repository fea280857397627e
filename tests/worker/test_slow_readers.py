"""Whoever does not read costs little memory, is given up, and misses nothing."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from tests.worker.live import Frame, Stomp, open_room, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Person, Town

TOO_SLOW = 4413
COPIES = 60
MESSAGES = 60
BODY = "한" * 4_000


class Reader:
    """A STOMP client that reads when it is told to, and nothing ahead."""

    def __init__(self, url: str, person: Person) -> None:
        where = urlsplit(url)
        self._protocol = ClientProtocol(parse_uri(f"ws://{where.netloc}/ws"))
        self._socket = socket.create_connection((str(where.hostname), where.port or 80), timeout=30)
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        assert isinstance(next(self._events()), Response)
        headers = "".join(f"{name}:{value}\n" for name, value in token(person).items())
        self.send(f"CONNECT\naccept-version:1.2\n{headers}")

    def send(self, head: str) -> None:
        self._protocol.send_text(f"{head}\n\0".encode())
        self._flush()

    def frames(self) -> Iterator[Frame]:
        """What comes until the server closes the connection."""
        for event in self._events():
            if getattr(event, "opcode", None) is Opcode.TEXT:
                yield from (Frame(part) for part in bytes(event.data).decode().split("\0") if part)

    @property
    def close_code(self) -> int | None:
        came = self._protocol.close_rcvd
        return came and came.code

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)

    def _events(self) -> Iterator[object]:
        while True:
            events = self._protocol.events_received()
            yield from events
            if not events:
                data = self._socket.recv(65_536)
                if not data:
                    self._socket.close()
                    return
                self._protocol.receive_data(data)
                self._flush()


def connected(person: Person) -> int:
    """How many connections the person has, as far as the server knows."""
    return len(person.http.get("/api/v1/presence/me").json()["devices"])


def test_a_client_that_does_not_read_is_given_up_and_resumes(town: Town) -> None:
    ada, bob = town.register(), town.register()
    room = open_room(ada, bob)
    topic = f"/topic/chat/{room}"
    b = Reader(town.url, bob)
    for number in range(COPIES):
        b.send(f"SUBSCRIBE\nid:{number}\ndestination:{topic}\nreceipt:{number}\n")
    subscribed = (frame for frame in b.frames() if frame.command == "RECEIPT")
    assert sum(1 for _, _ in zip(range(COPIES), subscribed, strict=False)) == COPIES
    with Stomp(town.url, **token(ada)) as a:
        sent = 0
        while connected(bob):
            sent += 1
            assert sent <= MESSAGES, "far more than the bound was sent, and nothing happened"
            a.say(room, BODY, f"{sent}")
        heard = [frame.json["seq"] for frame in b.frames()]
        assert b.close_code == TOO_SLOW
        assert heard == sorted(heard)
        with Stomp(town.url, **token(bob)) as again:
            a.say(room, "after that")
            resumed = again.subscribe(topic, last_seq=str(heard[-1] - 1))
            assert [frame.json["seq"] for frame in resumed[:-1]] == list(range(heard[-1], sent + 2))
