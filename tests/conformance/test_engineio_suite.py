"""What the public Engine.IO 4 suite asks of a server, over real HTTP and WebSockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import websockets

SEPARATOR = "\x1e"


class Server:
    """Requests to one Engine.IO endpoint."""

    def __init__(self, url: str, path: str = "/engine.io/") -> None:
        self.endpoint = f"{url}{path}"
        self.http = httpx.AsyncClient(timeout=30)

    async def get(self, **query: str) -> httpx.Response:
        return await self.http.get(self.endpoint, params={"EIO": "4", "transport": "polling"} | query)

    async def post(self, body: str, **query: str) -> httpx.Response:
        query = {"EIO": "4", "transport": "polling"} | query
        return await self.http.post(self.endpoint, params=query, content=body)

    async def open(self) -> str:
        return json.loads((await self.get()).text[1:])["sid"]

    def socket(self, **query: str) -> Any:
        query = {"EIO": "4", "transport": "websocket"} | query
        return websockets.connect(f"{self.endpoint.replace('http', 'ws', 1)}?{httpx.QueryParams(query)}")


@pytest.fixture
async def server(conformance: str) -> Any:
    """Echoes."""
    found = Server(conformance)
    yield found
    await found.http.aclose()


@pytest.fixture(params=["/engine.io/", "/socket.io/"])
async def either(conformance: str, request: pytest.FixtureRequest) -> Any:
    """With and without Socket.IO on top."""
    found = Server(conformance, request.param)
    yield found
    await found.http.aclose()


HANDSHAKE = {"pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}


class TestHandshake:
    async def test_over_polling(self, either: Server) -> None:
        answer = await either.get()
        assert answer.status_code == 200
        assert answer.text[0] == "0"
        value = json.loads(answer.text[1:])
        assert isinstance(value.pop("sid"), str)
        assert value == {"upgrades": ["websocket"], **HANDSHAKE}

    async def test_over_a_websocket(self, either: Server) -> None:
        async with either.socket() as socket:
            packet = await socket.recv()
        value = json.loads(packet[1:])
        assert isinstance(value.pop("sid"), str)
        assert (packet[0], value) == ("0", {"upgrades": [], **HANDSHAKE})

    @pytest.mark.parametrize("query", [{"EIO": ""}, {"EIO": "abc"}, {"transport": ""}, {"transport": "abc"}])
    async def test_refuses_bad_parameters(self, either: Server, query: dict[str, str]) -> None:
        assert (await either.get(**query)).status_code == 400
        with pytest.raises(websockets.InvalidStatus, match="400"):
            await either.socket(**({"transport": "websocket"} | query)).__aenter__()

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    async def test_refuses_other_methods(self, either: Server, method: str) -> None:
        answer = await either.http.request(method, f"{either.endpoint}?EIO=4&transport=polling")
        assert answer.status_code == 400

    async def test_refuses_unknown_sessions(self, either: Server) -> None:
        assert (await either.get(sid="engine.io.unknown")).status_code == 400
        assert (await either.post("4x", sid="engine.io.unknown")).status_code == 400


class TestMessages:
    @pytest.mark.parametrize(
        "payload", ["4hello", SEPARATOR.join(("4test1", "4test2", "4test3")), f"4hello{SEPARATOR}bAQIDBA=="]
    )
    async def test_over_polling(self, server: Server, payload: str) -> None:
        sid = await server.open()
        pushed = await server.post(payload, sid=sid)
        assert (pushed.status_code, pushed.text) == (200, "ok")
        polled = await server.get(sid=sid)
        assert (polled.status_code, polled.text) == (200, payload)

    async def test_a_poll_waits_for_a_message(self, server: Server) -> None:
        sid = await server.open()
        poll = asyncio.create_task(server.get(sid=sid))
        await server.post("4late", sid=sid)
        assert (await poll).text == "4late"

    @pytest.mark.parametrize("message", ["4hello", b"\x01\x02\x03\x04"])
    async def test_over_a_websocket(self, server: Server, message: str | bytes) -> None:
        async with server.socket() as socket:
            await socket.recv()
            await socket.send(message)
            assert await socket.recv() == message

    async def test_a_malformed_payload_ends_the_session(self, server: Server) -> None:
        sid = await server.open()
        assert (await server.post("abc", sid=sid)).status_code == 400
        assert (await server.get(sid=sid)).status_code == 400

    async def test_a_malformed_frame_closes_the_socket(self, server: Server) -> None:
        async with server.socket() as socket:
            await socket.recv()
            await socket.send("abc")
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()

    async def test_a_second_poll_ends_the_session(self, server: Server) -> None:
        sid = await server.open()
        async with server.http.stream(
            "GET", server.endpoint, params={"EIO": "4", "transport": "polling", "sid": sid}
        ) as first:
            second = await server.get(sid=sid)
            assert (first.status_code, await first.aread()) == (200, b"1")
        assert second.status_code == 400
        assert (await server.get(sid=sid)).status_code == 400

    async def test_whoever_leaves_a_poll_ends_the_session(self, server: Server) -> None:
        sid = await server.open()
        with pytest.raises(httpx.ReadTimeout):
            await server.http.get(
                server.endpoint, params={"EIO": "4", "transport": "polling", "sid": sid}, timeout=0.1
            )
        assert (await server.get(sid=sid)).status_code == 400

    async def test_too_large_a_payload_is_refused(self, server: Server) -> None:
        sid = await server.open()
        assert (await server.post("4" + "x" * 1_000_000, sid=sid)).status_code == 413


class TestHeartbeat:
    async def test_over_polling(self, either: Server) -> None:
        sid = await either.open()
        for _ in range(3):
            assert (await either.get(sid=sid)).text == "2"
            assert (await either.post("3", sid=sid)).text == "ok"

    async def test_over_a_websocket(self, either: Server) -> None:
        async with either.socket() as socket:
            await socket.recv()
            for _ in range(3):
                assert await socket.recv() == "2"
                await socket.send("3")

    async def test_silence_ends_the_session(self, either: Server) -> None:
        sid = await either.open()
        assert (await either.get(sid=sid)).text == "2"
        assert (await either.get(sid=sid)).text == "1"
        assert (await either.get(sid=sid)).status_code == 400

    async def test_whoever_never_polls_is_forgotten(self, either: Server) -> None:
        sid = await either.open()
        while (answer := await either.post("6", sid=sid)).status_code == 200:
            assert answer.text == "ok"
        assert (await either.get(sid=sid)).status_code == 400

    async def test_silence_closes_the_socket(self, either: Server) -> None:
        async with either.socket() as socket:
            await socket.recv()
            assert await socket.recv() == "2"
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()


class TestClose:
    async def test_over_polling(self, either: Server) -> None:
        sid = await either.open()
        async with either.http.stream(
            "GET", either.endpoint, params={"EIO": "4", "transport": "polling", "sid": sid}
        ) as poll:
            assert (await either.post("1", sid=sid)).status_code == 200
            assert await poll.aread() == b"6"
        assert (await either.get(sid=sid)).status_code == 400

    async def test_over_a_websocket(self, either: Server) -> None:
        async with either.socket() as socket:
            await socket.recv()
            await socket.send("1")
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()


class TestUpgrade:
    async def test_messages_go_on_over_the_socket(self, server: Server) -> None:
        sid = await server.open()
        async with server.socket(sid=sid) as socket:
            await socket.send("2probe")
            assert await socket.recv() == "3probe"
            assert (await server.get(sid=sid)).text == "6"
            await socket.send("5")
            await socket.send("4hello")
            assert await socket.recv() == "4hello"

    async def test_what_was_not_polled_comes_over_the_socket(self, server: Server) -> None:
        sid = await server.open()
        async with server.socket(sid=sid) as socket:
            await socket.send("2probe")
            await socket.recv()
            await server.post("4waiting", sid=sid)
            await socket.send("5")
            assert await socket.recv() == "4waiting"

    async def test_polls_are_refused_afterwards(self, server: Server) -> None:
        sid = await server.open()
        async with server.socket(sid=sid) as socket:
            await socket.send("2probe")
            await socket.recv()
            await socket.send("5")
            await socket.send("4hello")
            assert await socket.recv() == "4hello"
            assert (await server.get(sid=sid)).status_code == 400
            await socket.send("4still here")
            assert await socket.recv() == "4still here"

    @pytest.mark.parametrize("_", range(5))
    async def test_a_poll_does_not_overtake_the_upgrade(self, either: Server, _: int) -> None:
        sid = await either.open()
        async with either.socket(sid=sid) as socket:
            await socket.send("2probe")
            await socket.send("5")
            assert (await either.get(sid=sid)).status_code == 400
            assert await socket.recv() == "3probe"

    async def test_a_second_socket_is_closed(self, server: Server) -> None:
        sid = await server.open()
        async with server.socket(sid=sid) as socket:
            await socket.send("2probe")
            await socket.recv()
            await socket.send("5")
            async with server.socket(sid=sid) as second:
                with pytest.raises(websockets.ConnectionClosed):
                    await second.recv()
            await socket.send("4hello")
            assert await socket.recv() == "4hello"
