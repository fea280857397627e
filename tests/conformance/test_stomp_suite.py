"""What stompjs' own specs ask of a broker, frame by frame, over real WebSockets."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import websockets
from websockets import Subprotocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GUEST = {"login": "guest", "passcode": "guest"}


class Frame(NamedTuple):
    """One frame from the broker."""

    command: str
    headers: dict[str, str]
    body: bytes


def encode(command: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return f"{command}\n{lines}\n".encode() + body + b"\0"


def decode(message: str | bytes) -> Frame:
    data = message.encode() if isinstance(message, str) else message
    head, _, body = data.partition(b"\n\n")
    command, *lines = head.decode().split("\n")
    return Frame(command, dict(line.split(":", 1) for line in lines), body.removesuffix(b"\0"))


class Client:
    """One connection; heart-beats are counted and skipped."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.beats = 0

    async def send(self, command: str, headers: dict[str, str], body: bytes = b"") -> None:
        await self.socket.send(encode(command, headers, body).decode())

    async def next(self) -> Frame:
        while (message := await self.socket.recv()) == "\n":
            self.beats += 1
        return decode(message)

    async def subscribe(self, destination: str, name: str = "s", **headers: str) -> None:
        """Subscribe, and wait until it is known."""
        await self.send("SUBSCRIBE", {"id": name, "destination": destination, "receipt": name, **headers})
        assert await self.next() == Frame("RECEIPT", {"receipt-id": name}, b"")

    async def publish(self, destination: str, body: bytes, **headers: str) -> None:
        await self.send("SEND", {"destination": destination, **headers}, body)


@asynccontextmanager
async def dialled(url: str, *subprotocols: str) -> AsyncIterator[Client]:
    address = f"{url.replace('http', 'ws', 1)}/stomp"
    offered = [Subprotocol(name) for name in subprotocols] or None
    async with websockets.connect(address, subprotocols=offered, max_size=4_000_000) as socket:
        yield Client(socket)


@asynccontextmanager
async def connected(url: str, **headers: str) -> AsyncIterator[Client]:
    async with dialled(url, "v12.stomp", "v11.stomp", "v10.stomp") as client:
        await client.send("CONNECT", {"accept-version": "1.2,1.1,1.0", **GUEST, **headers})
        assert (await client.next()).command == "CONNECTED"
        yield client


@pytest.fixture
def topic() -> str:
    return f"/topic/chat.{secrets.token_hex(4)}"


@pytest.fixture
def queue() -> str:
    return f"/queue/{secrets.token_hex(4)}"


class TestConnect:
    @pytest.mark.parametrize("subprotocols", [(), ("v12.stomp", "v11.stomp", "v10.stomp"), ("v11.stomp",)])
    async def test_with_and_without_a_subprotocol(
        self, conformance: str, subprotocols: tuple[str, ...]
    ) -> None:
        async with dialled(conformance, *subprotocols) as client:
            assert client.socket.subprotocol == next(iter(subprotocols), None)
            await client.send("CONNECT", {"accept-version": "1.2", **GUEST})
            assert (await client.next()).headers["version"] == "1.2"

    @pytest.mark.parametrize(
        ("offered", "version"),
        [({"accept-version": "1.1,1.0"}, "1.1"), ({"accept-version": "1.0"}, "1.0"), ({}, "1.0")],
    )
    async def test_older_versions(self, conformance: str, offered: dict[str, str], version: str) -> None:
        async with dialled(conformance) as client:
            await client.send("CONNECT", offered | GUEST)
            assert (await client.next()).headers["version"] == version

    async def test_a_wrong_passcode_is_refused(self, conformance: str) -> None:
        async with dialled(conformance) as client:
            await client.send("CONNECT", {"accept-version": "1.2", **GUEST, "passcode": "bad-passcode"})
            refused = await client.next()
            assert (refused.command, bool(refused.body)) == ("ERROR", True)
            with pytest.raises(websockets.ConnectionClosed):
                await client.next()

    async def test_disconnect_is_confirmed_and_closes(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send("DISCONNECT", {"receipt": "bye"})
            assert await client.next() == Frame("RECEIPT", {"receipt-id": "bye"}, b"")
            with pytest.raises(websockets.ConnectionClosed):
                await client.next()


class TestHeartBeats:
    async def test_the_broker_beats_for_whom_only_listens(self, conformance: str) -> None:
        async with connected(conformance, **{"heart-beat": "0,200"}) as client:
            assert [await client.socket.recv() for _ in range(3)] == ["\n"] * 3

    async def test_what_is_agreed(self, conformance: str) -> None:
        async with dialled(conformance) as client:
            await client.send("CONNECT", {"accept-version": "1.2", "heart-beat": "500,1000"})
            assert (await client.next()).headers["heart-beat"] == "1000,500"

    async def test_silence_ends_the_connection(self, conformance: str) -> None:
        async with connected(conformance, **{"heart-beat": "200,0"}) as client:
            with pytest.raises(websockets.ConnectionClosed):
                await client.next()

    async def test_whoever_beats_stays(self, conformance: str, topic: str) -> None:
        async with connected(conformance, **{"heart-beat": "400,200"}) as client:
            for _ in range(6):
                await client.socket.recv()
                await client.socket.send("\n")
            await client.subscribe(topic)


class TestMessages:
    @pytest.mark.parametrize(
        "body",
        ["Älä sinä yhtään and السابق".encode(), b'{"text":"hello"}', b"x" * 1_047_552],
        ids=["unicode", "json", "large"],
    )
    @pytest.mark.parametrize("counted", [True, False])
    async def test_text(self, conformance: str, topic: str, body: bytes, counted: bool) -> None:
        async with connected(conformance) as client:
            await client.subscribe(topic)
            await client.publish(topic, body, **({"content-length": str(len(body))} if counted else {}))
            assert (await client.next()).body == body

    @pytest.mark.parametrize("body", [b"\0", bytes(range(256)) * 4], ids=["nul", "octets"])
    async def test_octets(self, conformance: str, topic: str, body: bytes) -> None:
        async with connected(conformance) as client:
            await client.subscribe(topic)
            headers = {"destination": topic, "content-length": str(len(body))}
            await client.socket.send(encode("SEND", headers, body))
            got = await client.next()
            assert (got.body, int(got.headers["content-length"])) == (body, len(body))

    async def test_frames_in_pieces(self, conformance: str, topic: str) -> None:
        async with connected(conformance) as client:
            await client.subscribe(topic)
            frame = encode("SEND", {"destination": topic}, b"x" * 20_480).decode()
            for at in range(0, len(frame), 8_192):
                await client.socket.send(frame[at : at + 8_192])
            assert (await client.next()).body == b"x" * 20_480

    async def test_headers_come_as_they_were_sent(self, conformance: str, topic: str) -> None:
        escaped = r"f\co\co\nbar\rbaz\\foo\nbar\rbaz\\"
        async with connected(conformance) as client:
            await client.subscribe(topic)
            await client.publish(topic, b"x", cust=escaped)
            assert (await client.next()).headers["cust"] == escaped

    async def test_nothing_comes_after_unsubscribing(self, conformance: str, topic: str) -> None:
        async with connected(conformance) as client:
            await client.subscribe(topic, "first")
            await client.subscribe(topic, "second")
            await client.send("UNSUBSCRIBE", {"id": "first"})
            await client.publish(topic, b"x")
            assert (await client.next()).headers["subscription"] == "second"
            await client.publish("/topic/elsewhere", b"", receipt="done")
            assert (await client.next()).headers["receipt-id"] == "done"


class TestTransactions:
    @pytest.mark.parametrize(("end", "comes"), [("ABORT", [b"after"]), ("COMMIT", [b"held", b"after"])])
    async def test_what_is_sent_in_one_comes_if_it_is_committed(
        self, conformance: str, topic: str, end: str, comes: list[bytes]
    ) -> None:
        async with connected(conformance) as client:
            await client.subscribe(topic)
            await client.send("BEGIN", {"transaction": "t"})
            await client.publish(topic, b"held", transaction="t")
            await client.publish(topic, b"outside")
            assert (await client.next()).body == b"outside"
            await client.send(end, {"transaction": "t"})
            await client.publish(topic, b"after")
            assert [(await client.next()).body for _ in comes] == comes


class TestQueues:
    """A message goes to one consumer, until one acknowledges it."""

    @pytest.mark.parametrize("mode", ["client", "client-individual"])
    async def test_a_refused_message_goes_to_another(self, conformance: str, queue: str, mode: str) -> None:
        async with connected(conformance) as one, connected(conformance) as other:
            for client in (one, other):
                await client.subscribe(queue, ack=mode)
            await one.publish(queue, b"work")
            for client in (one, other):
                got = await client.next()
                await client.send("NACK", {"id": got.headers["ack"]})
            assert (await one.next()).body == b"work"

    async def test_a_message_of_whom_is_gone_goes_to_another(self, conformance: str, queue: str) -> None:
        async with connected(conformance) as other:
            async with connected(conformance) as one:
                await one.subscribe(queue, ack="client")
                await other.subscribe(queue, ack="client")
                await one.publish(queue, b"work")
                assert (await one.next()).body == b"work"
                one.socket.transport.abort()
            assert (await other.next()).body == b"work"

    async def test_an_acknowledged_message_is_done(self, conformance: str, queue: str) -> None:
        async with connected(conformance) as other:
            async with connected(conformance) as one:
                await one.subscribe(queue, ack="client")
                await one.publish(queue, b"work")
                await one.send("ACK", {"id": (await one.next()).headers["ack"], "receipt": "done"})
                assert (await one.next()).headers["receipt-id"] == "done"
            await other.subscribe(queue, ack="client")
            await other.publish(queue, b"more")
            assert (await other.next()).body == b"more"
