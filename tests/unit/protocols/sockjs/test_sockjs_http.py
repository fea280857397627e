"""URLs, statuses and headers as both published revisions of the protocol's test-suite expect them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from protocols.sockjs import (
    CURRENT,
    GREETING,
    TRANSPORTS,
    V0_3_3,
    PayloadError,
    Reply,
    Service,
    check_upgrade,
    read_callback,
    read_form,
    route,
)

ECHO = Service("/sockjs.js")
ECHO_0_3_3 = Service("/sockjs.js", dialect=V0_3_3)
COOKIE = Service("/sockjs.js", cookie=True)
NOW = 1_795_000_000_000

IFRAME_0_3_3 = """\
<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script>
    document.domain = document.domain;
    _sockjs_onload = function(){SockJS.bootstrap_iframe();};
  </script>
  <script src="/sockjs.js"></script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>"""
SCRIPTS_0_3_3 = IFRAME_0_3_3[IFRAME_0_3_3.index("  <script>") : IFRAME_0_3_3.index("\n</head>")]
SCRIPTS = """\
  <script src="/sockjs.js"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>"""


def ask(path: str, method: str = "GET", service: Service = ECHO, **headers: str) -> Reply | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return service.answer(method, route(path), named, now=NOW, entropy=4_294_967_295)


def answered(path: str, method: str = "GET", service: Service = ECHO, **headers: str) -> Reply:
    reply = ask(path, method, service, **headers)
    assert reply
    return reply


def headers(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def test_transports_that_are_not_offered_are_not_there():
    service = Service("/sockjs.js", transports=frozenset(("xhr", "xhr_send")))
    assert answered("/a/a/jsonp", service=service) == Reply(404)
    assert ask("/a/a/xhr", "POST", service) is None


class TestGreeting:
    @pytest.mark.parametrize("path", ["", "/"])
    def test_greets(self, path):
        assert answered(path) == Reply(200, (("Content-Type", "text/plain; charset=UTF-8"),), GREETING)

    @pytest.mark.parametrize(
        "path", ["/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/", "/info/", "/a/a/nothing"]
    )
    def test_not_found(self, path):
        assert answered(path) == Reply(404)


class TestIframe:
    @pytest.mark.parametrize("name", ["", "-a", "-", "-0.1.2", "-0.1.2abc-dirty.2144"])
    def test_page(self, name):
        reply = answered(f"/iframe{name}.html", service=ECHO_0_3_3)
        found = headers(reply.headers)
        assert (reply.status, reply.body) == (200, IFRAME_0_3_3)
        assert found["Content-Type"] == "text/html; charset=UTF-8"
        assert found["Cache-Control"] == "public, max-age=31536000"
        assert re.fullmatch(r"\w{3}, \d\d \w{3} 2027 \d\d:\d\d:\d\d GMT", found["Expires"])
        assert "Last-Modified" not in found

    def test_page_of_the_current_revision(self):
        assert answered("/iframe.html").body == IFRAME_0_3_3.replace(SCRIPTS_0_3_3, SCRIPTS)

    @pytest.mark.parametrize(
        "path",
        [
            "/iframe.htm",
            "/iframe",
            "/IFRAME.HTML",
            "/IFRAME",
            "/iframe.HTML",
            "/iframe.xml",
            "/iframe-/.html",
        ],
    )
    def test_malformed_names(self, path):
        assert answered(path).status == 404

    def test_is_cached_by_etag(self):
        etag = headers(answered("/iframe.html").headers)["ETag"]
        assert answered("/iframe.html", if_none_match=etag) == Reply(304, (("ETag", etag),))
        assert answered("/iframe.html", if_none_match='"other"').status == 200

    def test_runs_its_own_scripts_for_those_who_may_frame_it(self):
        reply = answered("/iframe.html", service=Service("/sockjs.js", framed_by="'self' https://a.example"))
        inline = reply.body.split("<script>")[1].split("</script>")[0]
        digest = b64encode(sha256(inline.encode()).digest()).decode()
        assert headers(reply.headers)["Content-Security-Policy"] == (
            f"default-src 'none'; script-src 'self' 'sha256-{digest}'; connect-src 'self'; "
            "frame-ancestors 'self' https://a.example"
        )


class TestInfo:
    def test_tells_what_the_server_can_do(self):
        reply = answered("/info", origin="test")
        assert json.loads(reply.body) == {
            "websocket": True,
            "origins": ["*:*"],
            "cookie_needed": False,
            "entropy": 4_294_967_295,
        }
        assert headers(reply.headers) == {
            "Content-Type": "application/json; charset=UTF-8",
            "Cache-Control": "no-store, no-cache, no-transform, must-revalidate, max-age=0",
            "Access-Control-Allow-Origin": "test",
            "Access-Control-Allow-Credentials": "true",
            "Vary": "Origin",
        }

    def test_of_other_services(self):
        assert json.loads(answered("/info", service=COOKIE).body)["cookie_needed"] is True
        assert "Set-Cookie" not in headers(answered("/info", service=COOKIE).headers)
        disabled = Service("/sockjs.js", websocket=False)
        assert json.loads(answered("/info", service=disabled).body)["websocket"] is False


class TestCors:
    @pytest.mark.parametrize(
        ("service", "origin", "expected"),
        [
            (ECHO, "test", ("test", "true")),
            (ECHO, "null", ("null", "true")),
            (ECHO, "", ("*", None)),
            (ECHO_0_3_3, "test", ("test", "true")),
            (ECHO_0_3_3, "null", ("*", "true")),
            (ECHO_0_3_3, "", ("*", "true")),
        ],
    )
    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("/info", "OPTIONS, GET"),
            ("/abc/abc/xhr", "OPTIONS, POST"),
            ("/abc/abc/xhr_send", "OPTIONS, POST"),
            ("/abc/abc/xhr_streaming", "OPTIONS, POST"),
        ],
    )
    def test_preflight(self, service, origin, expected, path, methods):
        reply = answered(path, "OPTIONS", service, **({"origin": origin} if origin else {}))
        found = headers(reply.headers)
        assert (reply.status, reply.body) == (204, "")
        assert re.search("max-age=[1-9][0-9]{6}", found["Cache-Control"])
        assert found["Expires"]
        assert int(found["Access-Control-Max-Age"]) > 1_000_000
        assert found["Access-Control-Allow-Methods"] == methods
        cors = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
        assert tuple(map(found.get, cors)) == expected

    @pytest.mark.parametrize(("wanted", "granted"), [("a, b, c", "a, b, c"), ("", None)])
    def test_requested_headers_are_granted(self, wanted, granted):
        asked = {"access-control-request-headers": wanted}
        assert headers(ECHO.head(TRANSPORTS["xhr"], asked)).get("Access-Control-Allow-Headers") == granted

    @pytest.mark.parametrize("name", ["eventsource", "htmlfile", "jsonp"])
    def test_transports_of_one_origin_have_none(self, name):
        assert "Access-Control-Allow-Origin" not in headers(ECHO.head(TRANSPORTS[name], {"origin": "x"}))


class TestSessionUrls:
    @pytest.mark.parametrize(
        "ids", [("a", "a"), ("_", "_"), ("1", "1"), ("abcdefgh_i-j%20", "abcdefg_i-j%20")]
    )
    @pytest.mark.parametrize("name", TRANSPORTS)
    def test_any_server_and_session(self, ids, name):
        found = route(f"/{ids[0]}/{ids[1]}/{name}")
        assert found
        assert (found.transport, found.server, found.session) == (TRANSPORTS[name], *ids)
        assert ask(f"/{ids[0]}/{ids[1]}/{name}", TRANSPORTS[name].method) is None

    @pytest.mark.parametrize("prefix", ["//", "/a./a", "/a/a.", "/./.", "/", "///", "", "/a", "/a/b/c"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_not_without_nor_with_dots(self, prefix, method):
        assert answered(f"{prefix}/xhr", method) == Reply(404)

    @pytest.mark.parametrize(
        ("path", "method"), [("/0/0/websocket", "POST"), ("/0/0/xhr", "GET"), ("/info", "PUT")]
    )
    def test_other_methods(self, path, method):
        reply = answered(path, method)
        assert (reply.status, reply.body) == (405, "")
        assert list(headers(reply.headers)) == ["Allow"]

    @pytest.mark.parametrize("path", ["/websocket", "/0/0/websocket"])
    def test_disabled_websockets_are_not_there(self, path):
        assert ask(path) is None
        assert answered(path, service=Service("/sockjs.js", websocket=False)) == Reply(404)

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({}, 'Can "Upgrade" only to "WebSocket".'),
            ({"upgrade": "h2c"}, 'Can "Upgrade" only to "WebSocket".'),
            ({"upgrade": "WebSocket", "connection": "close"}, '"Connection" must be "Upgrade".'),
        ],
    )
    def test_a_websocket_has_to_be_asked_for(self, given, sentence):
        reply = check_upgrade(given)
        assert reply
        assert (reply.status, reply.body) == (400, sentence)

    @pytest.mark.parametrize("connection", ["Upgrade", "keep-alive, Upgrade"])
    def test_a_websocket_is_asked_for(self, connection):
        assert check_upgrade({"upgrade": "websocket", "connection": connection}) is None
        assert check_upgrade({"upgrade": "WebSocket"}) is None


class TestTransportHeaders:
    @pytest.mark.parametrize(
        ("name", "current", "old"),
        [
            ("xhr", "application/javascript; charset=UTF-8", None),
            ("xhr_streaming", "application/javascript; charset=UTF-8", None),
            ("xhr_send", "text/plain; charset=UTF-8", None),
            ("eventsource", "text/event-stream", "text/event-stream; charset=UTF-8"),
            ("htmlfile", "text/html; charset=UTF-8", None),
            ("jsonp", "application/javascript; charset=UTF-8", None),
            ("jsonp_send", "text/plain; charset=UTF-8", None),
        ],
    )
    def test_types_and_no_cache(self, name, current, old):
        for service, expected in ((ECHO, current), (ECHO_0_3_3, old or current)):
            found = headers(service.head(TRANSPORTS[name], {}))
            assert found["Content-Type"] == expected
            assert found["Cache-Control"] == service.dialect.cache_control
            assert not {"Expires", "Last-Modified", "Set-Cookie"} & found.keys()
        assert V0_3_3.cache_control == "no-store, no-cache, must-revalidate, max-age=0"
        assert CURRENT.cache_control == "no-store, no-cache, no-transform, must-revalidate, max-age=0"

    @pytest.mark.parametrize(
        ("cookie", "echoed"),
        [
            ("", "dummy"),
            ("JSESSIONID=abcdef", "abcdef"),
            ("a=b; JSESSIONID=x.1", "x.1"),
            ("XJSESSIONID=q", "dummy"),
        ],
    )
    @pytest.mark.parametrize(
        "name", ["xhr", "xhr_streaming", "eventsource", "htmlfile", "jsonp", "jsonp_send"]
    )
    def test_cookie_for_sticky_sessions(self, cookie, echoed, name):
        found = headers(COOKIE.head(TRANSPORTS[name], {"cookie": cookie}))
        assert found["Set-Cookie"] == f"JSESSIONID={echoed}; path=/"

    def test_answers_to_what_is_sent(self):
        sent, form = TRANSPORTS["xhr_send"], TRANSPORTS["jsonp_send"]
        assert ECHO.accepted(sent, {})[::2] == (204, "")
        assert ECHO.accepted(form, {})[::2] == (200, "ok")
        refused = ECHO.refused(sent, {"origin": "x"}, PayloadError("Payload expected."))
        assert (refused.status, refused.body) == (500, "Payload expected.")
        assert headers(refused.headers)["Access-Control-Allow-Origin"] == "x"
        assert ECHO.unknown_session(sent, {}).status == ECHO.unknown_session(form, {}).status == 404


class TestParameters:
    @pytest.mark.parametrize(
        "query", [{"c": "callback"}, {"callback": "callback"}, {"c": "callback", "callback": "*"}]
    )
    def test_callback(self, query):
        assert read_callback(query) == "callback"

    @pytest.mark.parametrize("value", [" ", "*", "abc(", "a\n", "é", "x" * 33])
    def test_invalid_callback(self, value):
        with pytest.raises(PayloadError, match='invalid "callback" parameter'):
            read_callback({"c": value})

    @pytest.mark.parametrize("query", [{}, {"c": ""}, {"d": "x"}])
    def test_no_callback(self, query):
        with pytest.raises(PayloadError, match='"callback" parameter required') as caught:
            read_callback(query)
        assert caught.value.status == 500

    @pytest.mark.parametrize(
        ("content_type", "body", "payload"),
        [
            ("application/x-www-form-urlencoded", b"d=%5B%22x%22%5D", '["x"]'),
            ("application/x-www-form-urlencoded; charset=UTF-8", b"d=%5B%22x%22%5D", '["x"]'),
            ("application/x-www-form-urlencoded", b"p=p", ""),
            ("application/x-www-form-urlencoded", b"d=", ""),
            ("text/plain", b'["%61bc"]', '["%61bc"]'),
        ],
    )
    def test_form(self, content_type, body, payload):
        assert read_form(content_type, body) == payload

    @pytest.mark.parametrize("body", [b"d=%ff", b"\xff", b"&".join([b"d=1"] * 17)])
    def test_broken_form(self, body):
        with pytest.raises(PayloadError, match="Broken JSON"):
            read_form("application/x-www-form-urlencoded", body)
