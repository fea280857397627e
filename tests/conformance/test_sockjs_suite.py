"""What the public SockJS suites ask of a server, over real HTTP: both revisions, each with its own services."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conformance.chunks import Exchange

PRELUDE = "h" * 2048 + "\n"
NOWHERE = ["/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/"]
KINDS = ["text/plain", "T", "application/json", "application/xml", "text/xml; charset=utf-8", ""]
FORM = {"content-type": "application/x-www-form-urlencoded"}
MANGLED = [*range(0x200C, 0x2010), *range(0x2028, 0x2030), *range(0x2060, 0x2070), *range(0xFFF0, 0x10000)]


class Revision(NamedTuple):
    """What differs: where the services are, and what they answer."""

    base: str
    not_cached: str
    null_origin: str
    events: str
    jsonp: str


CURRENT = Revision(
    "",
    "no-store, no-cache, no-transform, must-revalidate, max-age=0",
    "null",
    "text/event-stream",
    "/**/",
)
V0_3_3 = Revision(
    "/0.3.3", "no-store, no-cache, must-revalidate, max-age=0", "*", "text/event-stream; charset=UTF-8", ""
)


@pytest.fixture(params=[CURRENT, V0_3_3], ids=["current", "0.3.3"])
def revision(request: pytest.FixtureRequest) -> Revision:
    return request.param


@pytest.fixture
def top(conformance: str, revision: Revision) -> str:
    """The URL that the services are below."""
    return conformance + revision.base


@pytest.fixture
def http(top: str) -> Any:
    with httpx.Client(base_url=top, timeout=30) as client:
        yield client


@pytest.fixture
def session() -> str:
    """A session's path below a service."""
    return f"/000/{secrets.token_hex(8)}"


def check_cors(answer: httpx.Response, origin: str) -> None:
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"


class TestPages:
    @pytest.mark.parametrize("path", ["/echo", "/echo/"])
    def test_greeting(self, http: httpx.Client, path: str) -> None:
        answer = http.get(path)
        assert (answer.status_code, answer.text) == (200, "Welcome to SockJS!\n")
        assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize("path", NOWHERE)
    def test_not_found(self, top: str, path: str) -> None:
        with Exchange("GET", f"{top}/echo{path}") as exchange:
            assert exchange.status == 404

    @pytest.mark.parametrize("path", ["//", "/a./a", "/a/a.", "/./.", "/", "///"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_no_session_has_such_a_path(self, top: str, path: str, method: str) -> None:
        with Exchange(method, f"{top}/echo{path}/xhr") as exchange:
            assert exchange.status == 404

    def test_info(self, http: httpx.Client, revision: Revision) -> None:
        answer = http.get("/echo/info", headers={"origin": "test"})
        first = answer.json()
        assert (first["websocket"], first["cookie_needed"], first["origins"]) == (True, False, ["*:*"])
        assert first["entropy"] != http.get("/echo/info").json()["entropy"]
        assert answer.headers["content-type"] == "application/json; charset=UTF-8"
        assert answer.headers["cache-control"] == revision.not_cached
        assert {"expires", "last-modified", "set-cookie"}.isdisjoint(answer.headers)
        check_cors(answer, "test")

    def test_services_say_what_they_lack(self, http: httpx.Client) -> None:
        assert http.get("/disabled_websocket_echo/info").json()["websocket"] is False
        assert http.get("/cookie_needed_echo/info").json()["cookie_needed"] is True
        assert http.get("/disabled_websocket_echo/websocket").status_code == 404

    @pytest.mark.parametrize(
        "name", ["iframe.html", "iframe-.html", "iframe-0.1.2abc-dirty.2144.html", "iframe-a.html?t=1234"]
    )
    def test_iframe_is_cached(self, http: httpx.Client, name: str) -> None:
        answer = http.get(f"/echo/{name}")
        assert re.search(r'<script src="/[^"]+"></script>', answer.text)
        assert answer.headers["content-type"] == "text/html; charset=UTF-8"
        assert re.search(r"public, max-age=[1-9]\d{6}", answer.headers["cache-control"])
        assert answer.headers["expires"]
        assert {"last-modified", "set-cookie"}.isdisjoint(answer.headers)
        again = http.get(f"/echo/{name}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "content-type" not in again.headers

    @pytest.mark.parametrize("name", ["iframe.htm", "iframe", "IFRAME.HTML", "iframe.xml", "iframe-/.html"])
    def test_nothing_else_is_an_iframe(self, http: httpx.Client, name: str) -> None:
        assert http.get(f"/echo/{name}").status_code == 404

    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("/info", "OPTIONS, GET"),
            ("/abc/abc/xhr", "OPTIONS, POST"),
            ("/abc/abc/xhr_send", "OPTIONS, POST"),
            ("/abc/abc/xhr_streaming", "OPTIONS, POST"),
        ],
    )
    def test_preflight(self, http: httpx.Client, revision: Revision, path: str, methods: str) -> None:
        for origin, allowed in (("test", "test"), ("null", revision.null_origin)):
            asked = {"origin": origin, "access-control-request-method": "POST"}
            answer = http.options(f"/echo{path}", headers=asked)
            assert (answer.status_code, answer.content) == (204, b"")
            assert answer.headers["access-control-allow-methods"] == methods
            assert int(answer.headers["access-control-max-age"]) > 1_000_000
            assert re.search(r"public, max-age=[1-9]\d{6}", answer.headers["cache-control"])
            assert answer.headers["expires"]
            check_cors(answer, allowed)

    @pytest.mark.parametrize("wanted", ["a, b, c", "", None])
    def test_preflight_allows_the_headers_it_is_asked_for(
        self, http: httpx.Client, wanted: str | None
    ) -> None:
        asked = {"origin": "test"} | ({} if wanted is None else {"access-control-request-headers": wanted})
        answer = http.options("/echo/0/0/xhr", headers=asked)
        assert answer.headers.get("access-control-allow-headers", "") == (wanted or "")


class TestPolling:
    @pytest.mark.parametrize("server", ["a", "_", "1", "abcdefgh_i-j%20"])
    def test_echoes(self, http: httpx.Client, server: str) -> None:
        url = f"/echo/{server}/{server}{secrets.token_hex(4)}"
        assert http.post(f"{url}/xhr").text == "o\n"
        sent = http.post(f"{url}/xhr_send", content='["a", "b"]')
        assert (sent.status_code, sent.content) == (204, b"")
        assert http.post(f"{url}/xhr").text == 'a["a","b"]\n'

    def test_headers(self, http: httpx.Client, session: str, revision: Revision) -> None:
        kinds = {"xhr": "application/javascript; charset=UTF-8", "xhr_send": "text/plain; charset=UTF-8"}
        for name, kind in kinds.items():
            answer = http.post(f"/echo{session}/{name}", content='["x"]', headers={"origin": "test"})
            assert answer.headers["content-type"] == kind
            assert answer.headers["cache-control"] == revision.not_cached
            check_cors(answer, "test")

    def test_a_session_is_known_whatever_the_server(self, http: httpx.Client) -> None:
        name = secrets.token_hex(8)
        http.post(f"/echo/000/{name}/xhr")
        http.post(f"/echo/000/{name}/xhr_send", content='["a"]')
        assert http.post(f"/echo/999/{name}/xhr").text == 'a["a"]\n'

    def test_empty_frames_are_a_sign_of_life(self, http: httpx.Client, session: str) -> None:
        http.post(f"/echo{session}/xhr")
        assert http.post(f"/echo{session}/xhr_send", content="[]").status_code == 204
        http.post(f"/echo{session}/xhr_send", content='["a"]')
        assert http.post(f"/echo{session}/xhr").text == 'a["a"]\n'

    def test_the_content_type_does_not_matter(self, http: httpx.Client, session: str) -> None:
        http.post(f"/echo{session}/xhr")
        for kind in KINDS:
            http.post(f"/echo{session}/xhr_send", content='["a"]', headers={"content-type": kind})
        assert json.loads(http.post(f"/echo{session}/xhr").text[1:]) == ["a"] * len(KINDS)

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

    def test_what_transports_mangle_comes_back_escaped(self, http: httpx.Client, session: str) -> None:
        http.post(f"/echo{session}/xhr")
        http.post(f"/echo{session}/xhr_send", content=json.dumps(["".join(map(chr, MANGLED))]))
        escaped = "".join(f"\\u{point:04x}" for point in MANGLED)
        assert http.post(f"/echo{session}/xhr").text == f'a["{escaped}"]\n'

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


class TestJsonp:
    def test_echoes(self, http: httpx.Client, session: str, revision: Revision) -> None:
        opened = http.get(f"/echo{session}/jsonp", params={"c": "f"})
        assert opened.text == f'{revision.jsonp}f("o");\r\n'
        assert opened.headers["content-type"] == "application/javascript; charset=UTF-8"
        assert opened.headers["cache-control"] == revision.not_cached
        for form in (
            {"data": {"d": '["x"]'}},
            {"content": '["%61"]', "headers": {"content-type": "text/plain"}},
        ):
            sent = http.post(f"/echo{session}/jsonp_send", **form)
            assert (sent.status_code, sent.text) == (200, "ok")
        polled = http.get(f"/echo{session}/jsonp", params={"c": "f"})
        assert polled.text == f'{revision.jsonp}f("a[\\"x\\",\\"%61\\"]");\r\n'

    @pytest.mark.parametrize("payload", ["", "d=", "p=p"])
    def test_an_empty_form_is_refused(self, http: httpx.Client, session: str, payload: str) -> None:
        http.get(f"/echo{session}/jsonp", params={"c": "f"})
        refused = http.post(f"/echo{session}/jsonp_send", content=payload, headers=FORM)
        assert (refused.status_code, refused.text) == (500, "Payload expected.")

    @pytest.mark.parametrize("transport", ["jsonp", "htmlfile"])
    @pytest.mark.parametrize(
        ("query", "complaint"),
        [
            ("", '"callback" parameter required'),
            ("c=%20", 'invalid "callback" parameter'),
            ("c=*", 'invalid "callback" parameter'),
            ("c=abc(", 'invalid "callback" parameter'),
            ("c=abc%28", 'invalid "callback" parameter'),
        ],
    )
    def test_callbacks_are_names(
        self, http: httpx.Client, transport: str, query: str, complaint: str
    ) -> None:
        refused = http.get(f"/echo/a/a/{transport}?{query}")
        assert (refused.status_code, refused.text) == (500, complaint)


class TestCookie:
    @pytest.mark.parametrize(
        ("method", "transport"),
        [
            ("POST", "xhr"),
            ("POST", "xhr_streaming"),
            ("GET", "eventsource"),
            ("GET", "htmlfile?c=f"),
            ("GET", "jsonp?c=f"),
        ],
    )
    def test_every_transport_sets_it(self, top: str, session: str, method: str, transport: str) -> None:
        for own, expected in (("", "dummy"), ("a=b; JSESSIONID=abc", "abc")):
            url = f"{top}/cookie_needed_echo{session}{expected}/{transport}"
            with Exchange(method, url, {"cookie": own}) as exchange:
                assert exchange.headers["set-cookie"] == f"JSESSIONID={expected}; path=/"


class TestStreaming:
    @pytest.mark.parametrize(
        ("transport", "prelude", "frame"),
        [("xhr_streaming", PRELUDE, "{}\n"), ("eventsource", "\r\n", "data: {}\r\n\r\n")],
    )
    def test_frames_follow_the_prelude(self, top: str, transport: str, prelude: str, frame: str) -> None:
        url = f"{top}/echo/000/{secrets.token_hex(8)}"
        method = "GET" if transport == "eventsource" else "POST"
        with Exchange(method, f"{url}/{transport}") as stream:
            assert [stream.chunk(), stream.chunk()] == [prelude, frame.format("o")]
            for message in ('"x"', r'"  \u0000\n\r "'):
                httpx.post(f"{url}/xhr_send", content=f"[{message}]")
                assert stream.chunk() == frame.format(f"a[{message}]")

    def test_event_streams_say_so(self, top: str, session: str, revision: Revision) -> None:
        with Exchange("GET", f"{top}/echo{session}/eventsource") as stream:
            assert stream.headers["content-type"] == revision.events
            assert stream.headers["cache-control"] == revision.not_cached

    def test_a_response_ends_at_its_limit(self, http: httpx.Client, top: str, session: str) -> None:
        text = json.dumps(["x" * 128])
        with Exchange("POST", f"{top}/echo{session}/xhr_streaming") as stream:
            assert [stream.chunk(), stream.chunk()] == [PRELUDE, "o\n"]
            for _ in range(31):
                http.post(f"/echo{session}/xhr_send", content=text)
                assert stream.chunk() == f"a{text}\n"
            assert stream.chunk() == ""

    def test_htmlfile(self, http: httpx.Client, top: str, session: str) -> None:
        with Exchange("GET", f"{top}/echo{session}/htmlfile?c=%63b") as stream:
            page = stream.chunk()
            assert "var c = parent.cb;" in page
            assert len(page) > 1024
            assert stream.chunk() == '<script>\np("o");\n</script>\r\n'
            http.post(f"/echo{session}/xhr_send", content=json.dumps(["x" * 4096]))
            assert stream.chunk() == f'<script>\np("a[\\"{"x" * 4096}\\"]");\n</script>\r\n'
            assert stream.chunk() == ""

    def test_http_1_0_gets_no_chunks(self, top: str, session: str) -> None:
        headers = {"connection": "keep-alive"}
        with Exchange("POST", f"{top}/close{session}/xhr_streaming", headers, version="1.0") as stream:
            assert {"transfer-encoding", "content-length"}.isdisjoint(stream.headers)
            assert stream.read(2_070) == f'{PRELUDE}o\nc[3000,"Go away!"]\n'
            assert stream.ended()

    def test_a_connection_is_used_again(self, top: str) -> None:
        with Exchange("GET", f"{top}/echo") as exchange:
            assert exchange.read(int(exchange.headers["content-length"])) == "Welcome to SockJS!\n"
            exchange.ask("GET", {})
            assert exchange.status == 200


class TestEnds:
    """What a stream is told at its end, and what the next one is: each frame is a chunk of its own."""

    def stream(self, url: str) -> Exchange:
        exchange = Exchange("POST", f"{url}/xhr_streaming")
        assert exchange.chunk() == PRELUDE
        return exchange

    def test_closed_by_the_server(self, top: str, session: str) -> None:
        with self.stream(f"{top}/close{session}") as first:
            assert [first.chunk() for _ in range(3)] == ["o\n", 'c[3000,"Go away!"]\n', ""]
        with self.stream(f"{top}/close{session}") as second:
            assert [second.chunk() for _ in range(2)] == ['c[3000,"Go away!"]\n', ""]

    def test_only_one_stream_waits(self, top: str, session: str) -> None:
        with self.stream(f"{top}/echo{session}"), self.stream(f"{top}/echo{session}") as second:
            assert [second.chunk() for _ in range(2)] == ['c[2010,"Another connection still open"]\n', ""]

    def test_whoever_broke_off_is_told_so(self, top: str, session: str) -> None:
        with self.stream(f"{top}/echo{session}") as first:
            assert first.chunk() == "o\n"
        with self.stream(f"{top}/echo{session}") as second:
            assert second.chunk() == 'c[1002,"Connection interrupted"]\n'
