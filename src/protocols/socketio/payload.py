"""The JSON of a packet, and its binary attachments (SIO5, "Packet encoding")."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from protocols.socketio.errors import MalformedPacket

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACEHOLDER: Final = "_placeholder"
_ENCODED_PLACEHOLDER: Final = '"_placeholder":true'


# Decoding


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedPacket("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise MalformedPacket("a number is out of range")
    return number


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).raw_decode
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_STRING: Final = re.compile(rb'"[^"]*"?')
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_MARKS: Final = bytes(set(range(256)) - {*_STEP, ord('"')})


def parse_json(text: str, start: int, max_depth: int) -> Any:
    """Parse the rest of ``text``: one JSON value, no space around. Raises ``MalformedPacket``."""
    check_depth(text, start, max_depth)
    try:
        value, end = _decode(text, start)
    except ValueError as error:
        raise MalformedPacket("the payload is not JSON") from error
    if end != len(text):
        raise MalformedPacket("something follows the payload")
    return value


def check_depth(text: str, start: int, max_depth: int) -> None:
    """Refuse nesting that could exhaust the stack. Few brackets cannot nest deeply: most text passes."""
    if text.count("[", start) + text.count("{", start) <= max_depth:
        return
    data = text[start:].encode(errors="replace")
    marks = (_ESCAPE.sub(b"", data) if b"\\" in data else data).translate(None, _NO_MARKS)
    # Quotes side by side go first: nearly all strings, and the others stay inside or outside of one.
    brackets = _STRING.sub(b"", marks.replace(b'""', b""))
    # Without its innermost two levels a list of flat objects is nothing.
    if len(brackets.replace(b"{}", b"").replace(b"[]", b"")) <= max_depth - 2:
        return
    if max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > max_depth:
        raise MalformedPacket("the payload is nested too deeply")


def attach(value: Any, attachments: Sequence[bytes]) -> Any:
    """Put the attachments in the place of their placeholders; each is used exactly once."""
    unused = dict(enumerate(attachments))
    value = _attach(value, unused)
    if unused:
        raise MalformedPacket("an attachment has no placeholder")
    return value


def _attach(value: Any, unused: dict[int, bytes]) -> Any:
    if isinstance(value, list):
        return [_attach(item, unused) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    items = cast("dict[str, Any]", value)
    if items.get(PLACEHOLDER) is True:
        return _take(items, unused)
    return {key: _attach(item, unused) for key, item in items.items()}


def _take(placeholder: dict[str, Any], unused: dict[int, bytes]) -> bytes:
    number = placeholder.get("num")
    if type(number) is not int or number not in unused or len(placeholder) != 2:  # noqa: PLR2004 - its two keys
        raise MalformedPacket("a placeholder does not name an attachment")
    return unused.pop(number)


# Encoding


class _HasBytes(Exception):  # noqa: N818 - it is no error, it changes the way
    """The value cannot be encoded as text alone."""


def _found_bytes(value: Any) -> NoReturn:
    if isinstance(value, bytes):
        raise _HasBytes
    raise TypeError(f"{type(value).__name__} is not JSON")


_encode_text = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_found_bytes
).encode


def dump_json(value: Any) -> tuple[str, list[bytes]]:
    """Encode ``value`` to JSON text and its attachments, in the order of their placeholders.

    Raises ``ValueError`` or ``TypeError`` for what JSON cannot say, and ``ValueError`` if the value holds
    what the receiver would take for a placeholder.
    """
    try:
        return _well_formed(_encode_text(value)), []
    except _HasBytes:
        return _detach(value)


def _well_formed(text: str) -> str:
    """Lone surrogates, which escapes can smuggle in, have no UTF-8: they leave as the escapes they were."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _detach(value: Any) -> tuple[str, list[bytes]]:
    attachments: list[bytes] = []

    def replace(found: Any) -> dict[str, Any]:
        if not isinstance(found, bytes):
            raise TypeError(f"{type(found).__name__} is not JSON")
        attachments.append(found)
        return {PLACEHOLDER: True, "num": len(attachments) - 1}

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=replace)
    if text.count(_ENCODED_PLACEHOLDER) != len(attachments):
        raise ValueError("the value holds what the receiver would take for a placeholder")
    return _well_formed(text), attachments
