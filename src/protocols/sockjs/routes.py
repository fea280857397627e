"""Which URL below a service's base URL means what (Static URLs, Session URLs)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from protocols.sockjs.transports import TRANSPORTS, Transport

_IFRAME: Final = re.compile(r"/iframe[0-9-.a-z_]*\.html")
# "not an empty string, anything containing dots" (Session URLs); both ids stay percent-encoded.
_SESSION: Final = re.compile(r"/([^/.]+)/([^/.]+)/([a-z_]+)")
_PAGES: Final = {"": "greeting", "/": "greeting", "/info": "info", "/websocket": "raw_websocket"}


class Route(NamedTuple):
    """What a URL means: a page (greeting, info, iframe, raw_websocket) or a session's transport.

    ``server`` is for load balancers: "a session is identified by only session_id".
    """

    page: str
    transport: Transport | None = None
    server: str = ""
    session: str = ""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it answers; a browser asks with OPTIONS where requests cross origins."""
        method = self.transport.method if self.transport else "GET"
        cors = self.transport.cors if self.transport else self.page == "info"
        return ("OPTIONS", method) if cors else (method,)


def route(path: str) -> Route | None:
    """Find what the path below the base URL means, None for 404; the method is not looked at."""
    if page := _PAGES.get(path):
        return Route(page)
    if _IFRAME.fullmatch(path):
        return Route("iframe")
    match = _SESSION.fullmatch(path)
    transport = TRANSPORTS.get(match[3]) if match else None
    return Route("session", transport, match[1], match[2]) if match and transport else None
