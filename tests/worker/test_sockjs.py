"""STOMP over SockJS at ``/ws``, as a browser's requests show it."""

from __future__ import annotations

import json
import re
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest
import websockets
from websockets.sync.client import connect

from tests.conformance.chunks import Exchange
from tests.worker.live import Frame, Stomp, open_room, token
from tests.worker.people import address

if TYPE_CHECKING:
    import httpx

    from tests.worker.people import Person, Town

FRIEND = "http://localhost:3000"
"""An origin that wrangler.toml allows in development."""
PRELUDE = "h" * 2048 + "\n"


def connect_frame(**headers: str) -> str:
    lines = "".join(f"{name}:{value}\n" for name, value in {"accept-version": "1.2", **headers}.items())
    return f"CONNECT\n{lines}\n\0"


class Session:
    """A session of polls: what a browser without WebSockets does."""

    def __init__(self, http: httpx.Client, query: str = "") -> None:
        self._http = http
        self.path = f"/ws/000/{token_hex(8)}"
        self.query = query

    def post(self, transport: str, content: str = "") -> httpx.Response:
        return self._http.post(f"{self.path}/{transport}{self.query}", content=content)

    def send(self, *messages: str) -> None:
        sent = self.post("xhr_send", json.dumps(messages))
        assert (sent.status_code, sent.content) == (204, b"")

    def poll(self) -> str:
        answer = self.post("xhr")
        assert answer.status_code == 200, answer.text
        return answer.text

    def frames(self) -> list[Frame]:
        """What the next poll brings."""
        return [Frame(part) for text in json.loads(self.poll()[1:]) for part in text.split("\0") if part]


def ticket_of(person: Person) -> str:
    return person.http.post("/api/v1/auth/ticket").json()["ticket"]


class TestPages:
    @pytest.mark.parametrize("path", ["/ws", "/ws/"])
    def test_greeting(self, town: Town, path: str) -> None:
        assert town.visitor().get(path).text == "Welcome to SockJS!\n"

    def test_info(self, town: Town) -> None:
        visitor = town.visitor(origin=FRIEND)
        answer = visitor.get("/ws/info")
        assert answer.json() | {"entropy": 0} == {
            "websocket": True, "origins": ["*:*"], "cookie_needed": False, "entropy": 0,
        }  # fmt: skip
        assert answer.json()["entropy"] != visitor.get("/ws/info").json()["entropy"]
        assert "no-store" in answer.headers["cache-control"]

    def test_only_known_origins_may_read(self, town: Town) -> None:
        friend = town.visitor(origin=FRIEND).get("/ws/info").headers
        assert friend["access-control-allow-origin"] == FRIEND
        assert friend["access-control-allow-credentials"] == "true"
        stranger = town.visitor(origin="https://elsewhere.example").get("/ws/info").headers
        assert "access-control-allow-origin" not in stranger
        assert (friend["vary"], stranger["vary"]) == ("Origin", "Origin")

    def test_preflight(self, town: Town) -> None:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        answer = town.visitor(origin=FRIEND).options("/ws/0/a/xhr_send", headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == FRIEND
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "content-type" in answer.headers["access-control-allow-headers"]

    def test_iframe(self, town: Town) -> None:
        visitor = town.visitor()
        page = visitor.get("/ws/iframe-1.6.1.html")
        assert f"frame-ancestors 'self' {FRIEND}" in page.headers["content-security-policy"]
        again = visitor.get("/ws/iframe.html", headers={"if-none-match": page.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        script = re.search('<script src="(/[^"]+)">', page.text)
        assert script
        assert "sockjs-client" in visitor.get(script[1]).text[:200]

    @pytest.mark.parametrize(
        "path",
        [
            "/a",
            "/a/b",
            "/a/b/",
            "/a/b/c",
            "/a/b.c/xhr",
            "/IFRAME.html",
            "/0/a/jsonp?c=f",
            "/0/a/htmlfile?c=f",
        ],
    )
    def test_nothing_else_is_there(self, town: Town, path: str) -> None:
        assert town.visitor().get(f"/ws{path}").status_code == 404

    @pytest.mark.parametrize(
        ("method", "transport"), [("GET", "xhr"), ("POST", "eventsource"), ("POST", "websocket")]
    )
    def test_methods(self, town: Town, method: str, transport: str) -> None:
        assert town.visitor().request(method, f"/ws/0/a/{transport}").status_code == 405


class TestTransports:
    def test_polls(self, town: Town) -> None:
        ada = town.register()
        session = Session(ada.http)
        assert session.poll() == "o\n"
        session.send(connect_frame(**token(ada)))
        assert session.frames()[0].headers["user-name"] == ada.id

    @pytest.mark.parametrize(
        ("method", "transport", "prelude", "frame"),
        [("POST", "xhr_streaming", PRELUDE, "{}\n"), ("GET", "eventsource", "\r\n", "data: {}\r\n\r\n")],
    )
    def test_streams(self, town: Town, method: str, transport: str, prelude: str, frame: str) -> None:
        ada = town.register()
        session = Session(ada.http)
        headers = {"cf-connecting-ip": address()}
        with Exchange(method, f"{town.url}{session.path}/{transport}", headers) as stream:
            assert [stream.chunk(), stream.chunk()] == [prelude, frame.format("o")]
            session.send(connect_frame(**token(ada)))
            assert stream.chunk().startswith(frame.partition("{}")[0] + 'a["CONNECTED')

    @pytest.mark.parametrize(("path", "wrap"), [("/ws/0/{}/websocket", True), ("/ws/websocket", False)])
    def test_sockets(self, town: Town, path: str, wrap: bool) -> None:
        own = {"cf-connecting-ip": address()}
        url = town.url.replace("http", "ws", 1) + path.format(token_hex(8))
        with connect(url, additional_headers=own) as socket:
            if wrap:
                assert socket.recv(timeout=30) == "o"
            greeting = connect_frame(**token(town.register()))
            socket.send(json.dumps([greeting]) if wrap else greeting)
            assert str(socket.recv(timeout=30)).removeprefix('a["').startswith("CONNECTED")

    def test_polls_beat_too(self, town: Town) -> None:
        ada = town.register()
        session = Session(ada.http)
        session.poll()
        session.send(connect_frame(**token(ada), **{"heart-beat": "10000,10000"}))
        assert session.frames()[0].headers["heart-beat"] == "10000,10000"
        session.send("\n")
        assert session.poll() == 'a["\\n"]\n'


class TestTickets:
    """Clients that can set no headers show one with every request of a session; it is spent by the first."""

    def test_polls(self, town: Town) -> None:
        ada = town.register()
        session = Session(town.visitor(), f"?ticket={ticket_of(ada)}")
        assert session.poll() == "o\n"
        session.send(connect_frame())
        assert session.frames()[0].headers["user-name"] == ada.id

    def test_it_opens_no_second_session(self, town: Town) -> None:
        visitor, query = town.visitor(), f"?ticket={ticket_of(town.register())}"
        assert Session(visitor, query).poll() == "o\n"
        refused = Session(visitor, query).post("xhr")
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
        with pytest.raises(websockets.InvalidStatus, match="401"):
            connect(f"{town.url.replace('http', 'ws', 1)}/ws/0/a/websocket{query}")

    def test_asking_for_information_does_not_spend_it(self, town: Town) -> None:
        ada, visitor = town.register(), town.visitor()
        query = f"?ticket={ticket_of(ada)}"
        for page in ("info", "iframe.html"):
            assert visitor.get(f"/ws/{page}{query}").status_code == 200
        assert Session(visitor, query).poll() == "o\n"


class TestEnds:
    def test_strangers_are_told_so_each_time(self, town: Town) -> None:
        session = Session(town.visitor())
        assert session.poll() == "o\n"
        session.send(connect_frame(Authorization="Bearer nonsense"))
        assert session.frames()[0].headers["code"] == "invalid_token"
        assert [session.poll(), session.poll()] == ['c[4401,"invalid_token"]\n'] * 2

    def test_only_one_stream_waits(self, town: Town) -> None:
        own = {"cf-connecting-ip": address()}
        url = f"{town.url}/ws/000/{token_hex(8)}/xhr_streaming"
        with Exchange("POST", url, own) as first, Exchange("POST", url, own) as second:
            assert [first.chunk(), second.chunk()] == [PRELUDE, PRELUDE]
            assert [second.chunk(), second.chunk()] == ['c[2010,"Another connection still open"]\n', ""]

    @pytest.mark.parametrize(
        ("content", "status"), [("", 500), ('["a', 500), ("[" * 100_000, 500), ('["x"]', 404)]
    )
    def test_nonsense_harms_nothing(self, town: Town, content: str, status: int) -> None:
        session = Session(town.visitor())
        if status != 404:
            session.poll()
        assert session.post("xhr_send", content).status_code == status

    def test_whoever_stops_polling_has_left(self, town: Town) -> None:
        ada, bob = town.register(), town.register()
        room = open_room(ada, bob)
        with Stomp(town.url, **token(bob)) as listener:
            listener.subscribe("/user/queue/presence")
            listener.subscribe(f"/topic/chat/{room}")
            session = Session(ada.http)
            session.poll()
            session.send(connect_frame(**token(ada)))
            assert session.frames()[0].command == "CONNECTED"
            assert [listener.next().json["status"] for _ in range(2)] == ["online", "offline"]
        assert session.post("xhr_send", '["x"]').status_code == 404
