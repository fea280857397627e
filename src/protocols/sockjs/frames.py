"""The frames a SockJS client accepts and the payloads it sends (Protocol and framing)."""

from __future__ import annotations

import json
import re
from typing import Final

OPEN: Final = "o"
HEARTBEAT: Final = "h"

# What browsers or transports mangle, so that the server has to escape it (JSON Unicode Encoding), and
# surrogates, which no encoding of Unicode carries. JSON itself escapes what is below U+0020.
_UNSAFE: Final = re.compile("[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff\ud800-\udfff]")
_MARK: Final = re.compile(r"[ \t\r\n]*([\[\],]?)[ \t\r\n]*")
_decode_element = json.JSONDecoder().raw_decode
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
        return _parse(payload if isinstance(payload, str) else payload.decode())
    except ValueError:
        raise PayloadError("Broken JSON encoding.") from None


def _parse(text: str) -> list[str]:
    """Read a string, or the strings of an array one by one, without ``json``'s recursion into arrays.

    An array nested 100 000 deep would end the process: overrunning WebAssembly's stack is not an exception
    that Python could catch.
    """
    at, mark = _next_mark(text, 0)
    if mark != "[":
        return [_decode_string(text)]
    messages: list[str] = []
    while text.startswith('"', at):
        message, at = _decode_element(text, at)
        messages.append(message)
        at, mark = _next_mark(text, at)
        if mark != ",":
            break
    if not messages:
        at, mark = _next_mark(text, at)
    if mark != "]" or at != len(text):
        raise ValueError("not an array of strings")
    return messages


def _decode_string(text: str) -> str:
    if not text.lstrip().startswith('"'):  # or json would recurse after all
        raise ValueError("not a string")
    return json.loads(text)


def _next_mark(text: str, at: int) -> tuple[int, str]:
    """Skip white space around a bracket or comma, if there is one: where the rest begins, and the mark."""
    match = _MARK.match(text, at)
    return (match.end(), match[1]) if match else (at, "")
