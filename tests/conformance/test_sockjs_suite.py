"""What the public SockJS suite (0.3.3) asks of a server, over real HTTP and WebSockets."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest
import websockets

PRELUDES = {"xhr_streaming": b"h" * 2048 + b"\n", "eventsource": b"\r\n"}


@pytest.fixture
def http(conformance: str) -> Any:
    with httpx.Client(base_url=conformance, timeout=30) as client:
        yield client


@pytest.fixture
def session() -> str:
    """A session's path below a service."""
    return f"/000/{secrets.token_hex(8)}"


class TestPages:
    @pytest.mark.parametrize("path", ["/echo", "/echo/"])
    def test_greeting(self, http: httpx.Client, path: str) -> None:
        answer = http.get(path)
        assert (answer.status_code, answer.text) == (200, "Welcome to SockJS!\n")
        assert answer.headers["content-type"] == "text/plain; charset=UTF-8"

    @pytest.mark.parametrize("path", ["/echo/a", "/echo/a.html", "/echo//", "/echo/a/b/c", "/echo///"])
    def test_not_found(self, http: httpx.Client, path: str) -> None:
        assert http.get(path).status_code == 404

    def test_info(self, http: httpx.Client) -> None:
        answer = http.get("/echo/info", headers={"origin": "https://a.example"})
        first = answer.json()
        assert (first["websocket"], first["cookie_needed"], first["origins"]) == (True, False, ["*:*"])
        assert first["entropy"] != http.get("/echo/info").json()["entropy"]
        assert answer.headers["access-control-allow-origin"] == "https://a.example"

    def test_services_say_what_they_lack(self, http: httpx.Client) -> None:
        assert http.get("/disabled_websocket_echo/info").json()["websocket"] is False
        assert http.get("/cookie_needed_echo/info").json()["cookie_needed"] is True
        assert http.get("/disabled_websocket_echo/websocket").status_code == 404

    @pytest.mark.parametrize("name", ["iframe.html", "iframe-a.html", "iframe-0.1.2-ab29.html"])
    def test_iframe_is_cached(self, http: httpx.Client, name: str) -> None:
        answer = http.get(f"/echo/{name}")
        assert "text/html" in answer.headers["content-type"]
        again = http.get(f"/echo/{name}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_preflight(self, http: httpx.Client, session: str) -> None:
        answer = http.options(f"/echo{session}/xhr")
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-methods"] == "OPTIONS, POST"

    def test_sockets_are_asked_for_properly(self, http: httpx.Client, session: str) -> None:
        assert http.get(f"/echo{session}/websocket").status_code == 400
        assert http.post(f"/echo{session}/websocket").status_code == 405


class TestPolling:
    def test_echoes(self, http: httpx.Client, session: str) -> None:
        assert http.post(f"/echo{session}/xhr").text == "o\n"
        sent = http.post(f"/echo{session}/xhr_send", content='["a", "b"]')
        assert (sent.status_code, sent.content) == (204, b"")
        assert http.post(f"/echo{session}/xhr").text == 'a["a","b"]\n'

    @pytest.mark.parametrize(
        ("payload", "complaint"), [("", "Payload expected."), ('["a', "Broken JSON encoding.")]
    )
    def test_nonsense_harms_nothing(
        self, http: httpx.Client, session: str, payload: str, complaint: str
    ) -> None:
        http.post(f"/echo{session}/xhr")
        refused = http.post(f"/echo{session}/xhr_send", content=payload)
        assert (refused.status_code, refused.text) == (500, complaint)
        http.post(f"/echo{session}/xhr_send", content='["still here"]')
        assert http.post(f"/echo{session}/xhr").text == 'a["still here"]\n'

    def test_unknown_sessions(self, http: httpx.Client, session: str) -> None:
        assert http.post(f"/echo{session}/xhr_send", content='["a"]').status_code == 404

    def test_the_end_is_told_each_time(self, http: httpx.Client, session: str) -> None:
        assert http.post(f"/close{session}/xhr").text == "o\n"
        for _ in range(2):
            assert http.post(f"/close{session}/xhr").text == 'c[3000,"Go away!"]\n'

    def test_only_one_poll_waits(self, http: httpx.Client, session: str) -> None:
        http.post(f"/echo{session}/xhr")
        with http.stream("POST", f"/echo{session}/xhr"):
            refused = http.post(f"/echo{session}/xhr")
        assert refused.text == 'c[2010,"Another connection still open"]\n'

    def test_jsonp(self, http: httpx.Client, session: str) -> None:
        assert http.get(f"/echo{session}/jsonp", params={"c": "f"}).text == 'f("o");\r\n'
        sent = http.post(f"/echo{session}/jsonp_send", data={"d": '["x"]'})
        assert (sent.status_code, sent.text) == (200, "ok")
        assert http.get(f"/echo{session}/jsonp", params={"c": "f"}).text == 'f("a[\\"x\\"]");\r\n'
        assert http.get(f"/echo{session}/jsonp").status_code == 500

    def test_cookie(self, http: httpx.Client, session: str) -> None:
        answer = http.post(f"/cookie_needed_echo{session}/xhr", headers={"cookie": "JSESSIONID=abc"})
        assert answer.headers["set-cookie"] == "JSESSIONID=abc; path=/"


class TestStreaming:
    @pytest.mark.parametrize(
        ("transport", "opened", "echoed"),
        [
            ("xhr_streaming", b"o\n", b'a["x"]\n'),
            ("eventsource", b"data: o\r\n\r\n", b'data: a["x"]\r\n\r\n'),
        ],
    )
    def test_frames_follow_the_prelude(
        self, http: httpx.Client, session: str, transport: str, opened: bytes, echoed: bytes
    ) -> None:
        method = "GET" if transport == "eventsource" else "POST"
        expected = PRELUDES[transport] + opened + echoed
        got = b""
        with http.stream(method, f"/echo{session}/{transport}") as stream:
            pieces = stream.iter_raw()
            while len(got) < len(PRELUDES[transport] + opened):
                got += next(pieces)
            http.post(f"/echo{session}/xhr_send", content='["x"]')
            while len(got) < len(expected):
                got += next(pieces)
        assert got == expected

    def test_a_response_ends_at_its_limit(self, http: httpx.Client, session: str) -> None:
        text = json.dumps(["x" * 4096])
        with http.stream("POST", f"/echo{session}/xhr_streaming") as stream:
            pieces = stream.iter_raw()
            assert next(pieces)
            http.post(f"/echo{session}/xhr_send", content=text)
            assert b"".join(pieces).endswith(b'"]\n')

    def test_htmlfile(self, http: httpx.Client, session: str) -> None:
        with http.stream("GET", f"/echo{session}/htmlfile", params={"c": "cb"}) as stream:
            page = b""
            for piece in stream.iter_raw():
                page += piece
                if page.endswith(b"</script>\r\n"):
                    break
        assert b"parent.cb" in page
        assert page.endswith(b'<script>\np("o");\n</script>\r\n')
        assert len(page) > 1024


def socket(conformance: str, path: str) -> Any:
    return websockets.connect(f"{conformance.replace('http', 'ws', 1)}{path}")


class TestSockets:
    async def test_echo(self, conformance: str, session: str) -> None:
        async with socket(conformance, f"/echo{session}/websocket") as found:
            assert await found.recv() == "o"
            await found.send('["a"]')
            assert await found.recv() == 'a["a"]'
            await found.send("")
            await found.send('["b", "c"]')
            assert [await found.recv(), await found.recv()] == ['a["b"]', 'a["c"]']

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

    async def test_raw(self, conformance: str) -> None:
        async with socket(conformance, "/echo/websocket") as found:
            await found.send("as it is")
            assert await found.recv() == "as it is"
