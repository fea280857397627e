"""The opening of every Engine.IO request: its query parameters, and the errors that refuse it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL: Final = "4"
TRANSPORTS: Final = ("polling", "websocket")
MAX_SID: Final = 64

UNKNOWN_TRANSPORT: Final = 0
UNKNOWN_SID: Final = 1
BAD_HANDSHAKE_METHOD: Final = 2
BAD_REQUEST: Final = 3
FORBIDDEN: Final = 4
UNSUPPORTED_PROTOCOL_VERSION: Final = 5

# EIO4, "Query parameters", asks for status 400 only; codes and sentences are the reference server's.
MESSAGES: Final = (
    "Transport unknown",
    "Session ID unknown",
    "Bad handshake method",
    "Bad request",
    "Forbidden",
    "Unsupported protocol version",
)


class Refused(Exception):  # noqa: N818 - it is the answer, not a fault of ours
    """The request is answered with ``status`` and ``body`` (JSON), as the reference server does."""

    def __init__(self, code: int) -> None:
        super().__init__(MESSAGES[code])
        self.code = code

    @property
    def status(self) -> int:
        """403 for a request that is forbidden, 400 for all the others."""
        return 403 if self.code == FORBIDDEN else 400

    @property
    def body(self) -> str:
        """``{"code":…,"message":"…"}``."""
        return json.dumps({"code": self.code, "message": MESSAGES[self.code]}, separators=(",", ":"))


class Request(NamedTuple):
    """A request that may go on: its transport, and the session it belongs to (None opens a new one)."""

    transport: str
    sid: str | None


def check_request(method: str, query: Mapping[str, str], *, upgrade: bool) -> Request:
    """Check a request's method and query (EIO4, "Query parameters"); raises ``Refused``.

    ``upgrade`` says whether it asks for a WebSocket. Whether the session exists is for the caller to find
    out, and refused with ``Refused(UNKNOWN_SID)``.
    """
    transport = query.get("transport", "")
    if transport not in TRANSPORTS:
        raise Refused(UNKNOWN_TRANSPORT)
    if sid := query.get("sid"):
        _check_attached(method, query, sid, upgrade=upgrade)
    elif method != "GET":
        raise Refused(BAD_HANDSHAKE_METHOD)
    elif query.get("EIO") != PROTOCOL:
        raise Refused(UNSUPPORTED_PROTOCOL_VERSION)
    if upgrade != (transport == "websocket"):
        raise Refused(BAD_REQUEST)
    return Request(transport, sid or None)


def _check_attached(method: str, query: Mapping[str, str], sid: str, *, upgrade: bool) -> None:
    if len(sid) > MAX_SID:
        raise Refused(UNKNOWN_SID)
    if query.get("EIO") != PROTOCOL or method not in (("GET",) if upgrade else ("GET", "POST")):
        raise Refused(BAD_REQUEST)
