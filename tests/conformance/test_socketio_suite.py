"""What the public Socket.IO 5 suite asks of a server, over real WebSockets."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import websockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    """Packets of one connection, without the heart-beats."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def send(self, *frames: str | bytes) -> None:
        for frame in frames:
            await self.socket.send(frame)

    async def recv(self) -> str | bytes:
        while (frame := await self.socket.recv()) == "2":
            await self.socket.send("3")
        return frame


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Client]:
    address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    async with websockets.connect(address) as socket:
        assert (await socket.recv())[0] == "0"
        yield Client(socket)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    async with opened(url) as client:
        await client.send("40")
        await client.recv()
        await client.recv()
        yield client


class TestConnect:
    @pytest.mark.parametrize("payload", ["", '{"token":"123"}'])
    @pytest.mark.parametrize("namespace", ["", "/custom,"])
    async def test_to_a_known_namespace(self, conformance: str, namespace: str, payload: str) -> None:
        async with opened(conformance) as client:
            await client.send(f"40{namespace}{payload}")
            accepted = await client.recv()
            assert accepted.startswith(f"40{namespace}")
            assert list(json.loads(accepted.removeprefix(f"40{namespace}"))) == ["sid"]
            assert await client.recv() == f'42{namespace}["auth",{payload or "{}"}]'

    async def test_to_an_unknown_namespace(self, conformance: str) -> None:
        async with opened(conformance) as client:
            await client.send("40/random")
            assert await client.recv() == '44/random,{"message":"Invalid namespace"}'

    @pytest.mark.parametrize("packet", ["4abc", "42[]", '42["message"]', "40{", "451-x", "49"])
    async def test_nonsense_closes(self, conformance: str, packet: str) -> None:
        async with opened(conformance) as client:
            await client.send(packet)
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()

    async def test_whoever_joins_no_namespace_is_let_go(self, conformance: str) -> None:
        async with opened(conformance) as client:
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()


class TestDisconnect:
    async def test_from_the_main_namespace_keeps_the_transport(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send("41")
            assert await client.socket.recv() == "2"

    async def test_from_a_custom_namespace_keeps_the_others(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send("40/custom")
            await client.recv()
            await client.recv()
            await client.send("41/custom", '42["message","to the main namespace"]')
            assert await client.recv() == '42["message-back","to the main namespace"]'


BINARY = '[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'


class TestMessages:
    @pytest.mark.parametrize("packet", ["4abc", "42{}", '42abc["message-with-ack",1,"2",{"3":[false]}]'])
    async def test_nonsense_closes(self, conformance: str, packet: str) -> None:
        async with connected(conformance) as client:
            await client.send(packet)
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()

    async def test_text_comes_back(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send('42["message",1,"2",{"3":[true]}]')
            assert await client.recv() == '42["message-back",1,"2",{"3":[true]}]'

    async def test_attachments_come_back(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send(f'452-["message",{BINARY[1:]}', b"\1\2\3", b"\4\5\6")
            packets = [await client.recv() for _ in range(3)]
            assert packets == [f'452-["message-back",{BINARY[1:]}', b"\1\2\3", b"\4\5\6"]

    async def test_text_is_acknowledged(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send('42456["message-with-ack",1,"2",{"3":[false]}]')
            assert await client.recv() == '43456[1,"2",{"3":[false]}]'

    async def test_attachments_are_acknowledged(self, conformance: str) -> None:
        async with connected(conformance) as client:
            await client.send(f'452-789["message-with-ack",{BINARY[1:]}', b"\1\2\3", b"\4\5\6")
            packets = [await client.recv() for _ in range(3)]
            assert packets == [f"462-789{BINARY}", b"\1\2\3", b"\4\5\6"]

    @pytest.mark.parametrize("depth", [100, 100_000])
    async def test_deep_nesting_closes_and_harms_nobody(self, conformance: str, depth: int) -> None:
        async with connected(conformance) as client:
            await client.send('42["message",' + "[" * depth + "]" * depth + "]")
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()
        async with connected(conformance) as client:
            await client.send('42["message","alive"]')
            assert await client.recv() == '42["message-back","alive"]'
