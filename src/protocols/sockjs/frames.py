"""The frames a SockJS client accepts and the payloads it sends (Protocol and framing)."""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

OPEN: Final = "o"
HEARTBEAT: Final = "h"

# What browsers or transports mangle, so that the server has to escape it (JSON Unicode Encoding), and
# surrogates, which no encoding of Unicode carries. JSON itself escapes what is below U+0020.
_UNSAFE: Final = re.compile("[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff\ud800-\udfff]")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class PayloadError(Exception):
    """What a client sent is no payload; ``str()`` is the body of the answer and ``status`` its status.

    A WebSocket is closed instead (WebSocket protocols, broken JSON).
    """

    def __init__(self, sentence: str, status: int = 500) -> None:
        super().__init__(sentence)
        self.status = status


def quote(text: str) -> str:
    """Write one message as JSON that survives every transport."""
    quoted = _encode(text)
    return quoted if quoted.isascii() else _UNSAFE.sub(_escape, quoted)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def message_frame(quoted: list[str]) -> str:
    """Frame messages that ``quote`` wrote: ``a["…","…"]``."""
    return f"a[{','.join(quoted)}]"


def close_frame(code: int, reason: str) -> str:
    """Frame the end of a session: ``c[3000,"Go away!"]``."""
    return f"c[{code},{quote(reason)}]"


def decode_payload(payload: str | bytes, *, limit: int, socket: bool = False) -> list[str]:
    """Read what a client sends: a JSON string or an array of them, of at most ``limit`` octets or characters.

    An empty array is a sign of life, and so is an empty message on a ``socket``. Raises ``PayloadError`` with
    the sentences that the protocol prescribes for the other transports.
    """
    if not payload and socket:
        return []
    if not payload:
        raise PayloadError("Payload expected.")
    if len(payload) > limit:
        raise PayloadError("Payload too large.", status=413)
    try:
        value: Any = json.loads(payload if isinstance(payload, str) else payload.decode())
    except (ValueError, RecursionError):
        raise PayloadError("Broken JSON encoding.") from None
    messages = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not all(isinstance(message, str) for message in messages):
        raise PayloadError("Broken JSON encoding.")
    return messages
