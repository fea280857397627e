"""Status, headers and bodies of SockJS's HTTP answers. Header names that are read are in lower case."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qs

from protocols.sockjs.frames import PayloadError
from protocols.sockjs.transports import CURRENT, TRANSPORTS, Dialect, Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.sockjs.routes import Route

GREETING: Final = "Welcome to SockJS!\n"
_YEAR: Final = 365 * 24 * 60 * 60
_TEXT: Final = ("Content-Type", "text/plain; charset=UTF-8")
_COOKIE: Final = re.compile(r"(?:^|;\s*)JSESSIONID=([\w.~!#$&'*+^`|-]+)")
_INLINE: Final = re.compile("<script>(.*?)</script>", re.DOTALL)
_CALLBACK: Final = re.compile(r"[a-zA-Z0-9\-_.]{1,32}")
_PAGE: Final = """\
<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
%s
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>"""

Headers = tuple[tuple[str, str], ...]


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: Headers = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One SockJS service as it is configured. Times are milliseconds, sizes octets.

    ``sockjs_url`` is the client script that the iframe page loads; ``cookie`` asks load balancers for sticky
    sessions; ``response_limit`` ends a streaming response, so that the browser can free it. ``framed_by`` are the
    pages that may put the iframe page to use, as a content security policy names them.
    """

    sockjs_url: str
    websocket: bool = True
    transports: frozenset[str] = frozenset(TRANSPORTS)
    framed_by: str = "*"
    cookie: bool = False
    response_limit: int = 131_072
    heartbeat: int = 25_000
    disconnect: int = 5_000
    dialect: Dialect = CURRENT

    def answer(
        self, method: str, found: Route | None, headers: Mapping[str, str], *, now: int, entropy: int
    ) -> Reply | None:
        """Answer all that needs no session: pages, preflights, 404 and 405; None for the transports.

        ``entropy`` is a secure random number below 2**32 for the browser, used once (InfoTest).
        """
        if found is None or self._is_disabled(found):
            return Reply(404)
        if method not in found.methods:
            return Reply(405, (("Allow", ", ".join(found.methods)),))
        if method == "OPTIONS":
            return self._preflight(found, headers, now)
        if found.page == "greeting":
            return Reply(200, (_TEXT,), GREETING)
        if found.page == "info":
            return self._info(headers, entropy)
        return self._iframe(headers, now) if found.page == "iframe" else None

    def head(self, transport: Transport, headers: Mapping[str, str]) -> Headers:
        """Headers of a transport's 200 or 204."""
        charset = self.dialect.event_charset if transport.name == "eventsource" else ""
        kind = ("Content-Type", transport.content_type + charset)
        cors = self._cors(headers) if transport.cors else ()
        guard = (("X-Content-Type-Options", "nosniff"),) if transport.callback else ()
        return (kind, *guard, ("Cache-Control", self.dialect.cache_control), *self._cookie(headers), *cors)

    def accepted(self, transport: Transport, headers: Mapping[str, str]) -> Reply:
        """Answer xhr_send or jsonp_send whose payload was taken; Konqueror cannot bear a 204 as script."""
        head = self.head(transport, headers)
        return Reply(204, head) if transport.name == "xhr_send" else Reply(200, head, "ok")

    def refused(self, transport: Transport, headers: Mapping[str, str], error: PayloadError) -> Reply:
        """Answer a payload or a callback that cannot be taken."""
        cors = self._cors(headers) if transport.cors else ()
        return Reply(error.status, (_TEXT, ("Cache-Control", self.dialect.cache_control), *cors), str(error))

    def unknown_session(self, transport: Transport, headers: Mapping[str, str]) -> Reply:
        """Answer what is sent to a session that is not there (XhrPolling, invalid session)."""
        return Reply(404, self._cors(headers) if transport.cors else ())

    def _is_disabled(self, found: Route) -> bool:
        if found.page == "raw_websocket" or (found.transport and found.transport.kind == "socket"):
            return not self.websocket
        return found.transport is not None and found.transport.name not in self.transports

    def _cors(self, headers: Mapping[str, str]) -> Headers:
        origin = headers.get("origin", "")
        allowed = self.dialect.null_origin if origin == "null" else origin or "*"
        answer = [("Access-Control-Allow-Origin", allowed), ("Vary", "Origin")]
        if origin or self.dialect.always_credentials:
            answer.append(("Access-Control-Allow-Credentials", "true"))
        if wanted := headers.get("access-control-request-headers"):
            answer.append(("Access-Control-Allow-Headers", wanted))
        return tuple(answer)

    def _cookie(self, headers: Mapping[str, str]) -> Headers:
        if not self.cookie:
            return ()
        match = _COOKIE.search(headers.get("cookie", ""))
        return (("Set-Cookie", f"JSESSIONID={match[1] if match else 'dummy'}; path=/"),)

    def _preflight(self, found: Route, headers: Mapping[str, str], now: int) -> Reply:
        methods = ("Access-Control-Allow-Methods", ", ".join(found.methods))
        age = ("Access-Control-Max-Age", str(_YEAR))
        cookie = self._cookie(headers) if found.transport else ()
        return Reply(204, (methods, age, *_cached(now), *cookie, *self._cors(headers)))

    def _info(self, headers: Mapping[str, str], entropy: int) -> Reply:
        info = {
            "websocket": self.websocket,
            "origins": ["*:*"],
            "cookie_needed": self.cookie,
            "entropy": entropy,
        }
        kind = ("Content-Type", "application/json; charset=UTF-8")
        cache = ("Cache-Control", self.dialect.cache_control)
        return Reply(200, (kind, cache, *self._cors(headers)), json.dumps(info, separators=(",", ":")))

    def _iframe(self, headers: Mapping[str, str], now: int) -> Reply:
        page = _PAGE % (self.dialect.iframe_scripts % self.sockjs_url)
        etag = f'"{sha256(page.encode()).hexdigest()[:32]}"'
        if headers.get("if-none-match") == etag:
            return Reply(304, (("ETag", etag),))
        kind = ("Content-Type", "text/html; charset=UTF-8")
        return Reply(200, (kind, ("ETag", etag), self._policy(page), *_cached(now)), page)

    def _policy(self, page: str) -> tuple[str, str]:
        """Let the page run its own scripts and nothing else, and be framed by few."""
        inline = [b64encode(sha256(text.encode()).digest()).decode() for text in _INLINE.findall(page)]
        scripts = " ".join(f"'sha256-{digest}'" for digest in inline)
        rules = f"script-src 'self' {scripts}; connect-src 'self'; frame-ancestors {self.framed_by}"
        return ("Content-Security-Policy", f"default-src 'none'; {rules}")


def _cached(now: int) -> Headers:
    expires = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now // 1000 + _YEAR))
    return ("Cache-Control", f"public, max-age={_YEAR}"), ("Expires", expires)


def check_upgrade(headers: Mapping[str, str]) -> Reply | None:
    """Refuse a GET that does not ask for a WebSocket (WebsocketHttpErrors); None if it does.

    A platform may keep ``Connection`` to itself: only one that is there and says otherwise is refused.
    """
    if headers.get("upgrade", "").lower() != "websocket":
        return Reply(400, (_TEXT,), 'Can "Upgrade" only to "WebSocket".')
    if "upgrade" not in headers.get("connection", "upgrade").lower():
        return Reply(400, (_TEXT,), '"Connection" must be "Upgrade".')
    return None


def read_callback(query: Mapping[str, str]) -> str:
    """Read the function's name from the decoded query, ``c`` or ``callback`` (HtmlFile, JsonPolling)."""
    callback = query.get("c") or query.get("callback")
    if not callback:
        raise PayloadError('"callback" parameter required')
    if not _CALLBACK.fullmatch(callback):
        raise PayloadError('invalid "callback" parameter')
    return callback


def read_form(content_type: str, body: bytes) -> str:
    """Read the payload of jsonp_send: the field ``d`` of a form, or the body of any other type."""
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return text
        return parse_qs(text, errors="strict", max_num_fields=16).get("d", [""])[0]
    except ValueError:
        raise PayloadError("Broken JSON encoding.") from None
