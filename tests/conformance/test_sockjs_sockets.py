"""What the public SockJS suites ask of a server's WebSockets."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import websockets

from tests.conformance.chunks import Exchange

UPGRADE = {"upgrade": "websocket", "connection": "Upgrade"}
KEY = {"sec-websocket-version": "13", "sec-websocket-key": "x3JJHMbDL1EzLkh9GBhXDw=="}


@pytest.fixture
def session() -> str:
    """A session's path below a service."""
    return f"/000/{secrets.token_hex(8)}"


def socket(conformance: str, path: str) -> Any:
    return websockets.connect(f"{conformance.replace('http', 'ws', 1)}{path}")


class TestHandshake:
    @pytest.mark.parametrize("headers", [{}, UPGRADE | {"connection": "close"}])
    def test_sockets_are_asked_for_properly(self, conformance: str, headers: dict[str, str]) -> None:
        with Exchange("GET", f"{conformance}/echo/0/0/websocket", headers) as exchange:
            assert exchange.status == 400

    def test_only_get_opens_one(self, conformance: str) -> None:
        with Exchange("POST", f"{conformance}/echo/0/0/websocket") as exchange:
            assert (exchange.status, exchange.headers["allow"]) == (405, "GET")
            assert "content-type" not in exchange.headers
            assert exchange.headers["content-length"] == "0"

    def test_its_answer(self, conformance: str, session: str) -> None:
        with Exchange("GET", f"{conformance}/echo{session}/websocket", UPGRADE | KEY) as exchange:
            assert exchange.status == 101
            assert exchange.headers["sec-websocket-accept"] == "HSmrc0sMlYUkAGmm5OPpG2HaGWk="
            assert exchange.headers["connection"].lower() == "upgrade"
            assert exchange.headers["upgrade"].lower() == "websocket"
            assert "content-length" not in exchange.headers


class TestFramed:
    async def test_echo(self, conformance: str, session: str) -> None:
        async with socket(conformance, f"/echo{session}/websocket") as found:
            assert await found.recv() == "o"
            await found.send('["a"]')
            assert await found.recv() == 'a["a"]'
            await found.send("")
            await found.send("[]")
            await found.send('["b", "c"]')
            assert [await found.recv(), await found.recv()] == ['a["b"]', 'a["c"]']

    async def test_sockets_may_share_a_session_id(self, conformance: str, session: str) -> None:
        path = f"/echo{session}/websocket"
        async with socket(conformance, path) as one, socket(conformance, path) as other:
            assert [await one.recv(), await other.recv()] == ["o", "o"]
            await one.send('["a"]')
            await other.send('["b"]')
            assert [await one.recv(), await other.recv()] == ['a["a"]', 'a["b"]']
        async with socket(conformance, path) as again:
            assert await again.recv() == "o"

    async def test_close(self, conformance: str, session: str) -> None:
        async with socket(conformance, f"/close{session}/websocket") as found:
            assert [await found.recv(), await found.recv()] == ["o", 'c[3000,"Go away!"]']
            with pytest.raises(websockets.ConnectionClosed):
                await found.recv()

    @pytest.mark.parametrize("payload", ['["a', "x", "[" * 100_000])
    async def test_broken_json_closes(self, conformance: str, session: str, payload: str) -> None:
        async with socket(conformance, f"/echo{session}/websocket") as found:
            await found.recv()
            await found.send(payload)
            with pytest.raises(websockets.ConnectionClosed):
                await found.recv()


class TestRaw:
    @pytest.mark.parametrize("message", ["as it is", "Hello world!\uffff"])
    async def test_echo(self, conformance: str, message: str) -> None:
        async with socket(conformance, "/echo/websocket") as found:
            await found.send(message)
            assert await found.recv() == message

    async def test_close(self, conformance: str) -> None:
        async with socket(conformance, "/close/websocket") as found:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await found.recv()
        assert closed.value.rcvd
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (3000, "Go away!")
