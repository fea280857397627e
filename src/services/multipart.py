"""Bodies of type ``multipart/form-data`` (RFC 7578 over RFC 2046), strict and bounded.

Browsers' encoding of names is undone as the HTML standard prescribes it. What a lenient reader would have to
guess at (bare line feeds, folded headers, transfer encodings, a missing end) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.problems import BadRequest, PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_PART = 10 * 1024 * 1024
"""Bytes that a part may have unless the caller says otherwise."""
MAX_PART_HEADERS = 4096
"""Bytes of the headers of one part."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a token of RFC 9110
_PARAMETER = re.compile(rf'\s*;\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\\r\n]|\\.)*)"|({_TOKEN}))')
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_HEADER_NAME = re.compile(_TOKEN)
_ESCAPE = re.compile(r"\\(.)")
_PLAIN_ENCODINGS = frozenset(("7bit", "8bit", "binary"))


class MalformedMultipart(BadRequest):
    """The body is not the multipart/form-data that its header announces."""

    code = "malformed_multipart"
    title = "The body is not valid multipart/form-data."


class TooManyParts(PayloadTooLarge):
    """More parts, or larger ones, than the caller may send."""

    code = "multipart_too_large"
    title = "The form has too many or too large parts."


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form. ``filename`` is None where it is no file; ``content_type`` is in lower case."""

    name: str
    filename: str | None
    content_type: str
    view: memoryview
    """The content, as a part of the body that it came in."""

    @property
    def data(self) -> bytes:
        """A copy of the content."""
        return bytes(self.view)


def is_multipart(content_type: str) -> bool:
    """Whether a Content-Type header announces a form."""
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


def parse_multipart(
    content_type: str, body: bytes, max_parts: int = 16, max_part_bytes: int = MAX_PART
) -> list[Part]:
    """The fields of a form in their order; time and memory grow with the body's length only.

    Raises ``MalformedMultipart``, or ``TooManyParts`` beyond ``max_parts`` or ``max_part_bytes``.
    """
    parts: list[Part] = []
    for start, end in _spans(body, _boundary(content_type)):
        if len(parts) == max_parts:
            raise TooManyParts
        part = _part(body, start, end)
        if len(part.view) > max_part_bytes:
            raise TooManyParts
        parts.append(part)
    return parts


def _boundary(content_type: str) -> bytes:
    media_type, separator, rest = content_type.partition(";")
    boundary = _parameters(separator + rest).get("boundary", "")
    if not is_multipart(media_type) or not _BOUNDARY.fullmatch(boundary):
        raise MalformedMultipart("The Content-Type has no valid boundary.")
    return boundary.encode()


def _spans(body: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of what lies between the delimiter lines (RFC 2046, section 5.1.1)."""
    delimiter = b"\r\n--" + boundary
    # The first delimiter needs no line break before it when the body begins with it.
    position = len(delimiter) - 2 if body.startswith(delimiter[2:]) else _after(body, delimiter, 0)
    while body[position : position + 2] != b"--":
        line_end = body.find(b"\r\n", position)
        if line_end < 0 or body[position:line_end].strip(b" \t"):
            raise MalformedMultipart("A delimiter line is malformed.")
        following = _after(body, delimiter, line_end)
        yield line_end + 2, following - len(delimiter)
        position = following
    trailer = body[position + 2 :].lstrip(b" \t")
    if trailer and not trailer.startswith(b"\r\n"):
        raise MalformedMultipart("The last delimiter line is malformed.")


def _after(body: bytes, delimiter: bytes, start: int) -> int:
    found = body.find(delimiter, start)
    if found < 0:
        raise MalformedMultipart("The last delimiter line is missing.")
    return found + len(delimiter)


def _part(body: bytes, start: int, end: int) -> Part:
    headers_end = body.find(b"\r\n\r\n", start, min(end, start + MAX_PART_HEADERS))
    if headers_end < 0:
        raise MalformedMultipart("A part has no headers, or too long ones.")
    headers = _headers(body[start:headers_end])
    disposition, separator, rest = headers.get("content-disposition", "").partition(";")
    parameters = _parameters(separator + rest)
    if disposition.strip().lower() != "form-data" or "name" not in parameters:
        raise MalformedMultipart("A part does not say which field it is.")
    if headers.get("content-transfer-encoding", "binary").lower() not in _PLAIN_ENCODINGS:
        raise MalformedMultipart("Parts must not be transfer-encoded (RFC 7578, section 4.7).")
    filename = parameters.get("filename")
    default = "text/plain" if filename is None else "application/octet-stream"
    return Part(
        _unescaped(parameters["name"]),
        None if filename is None else _unescaped(filename),
        headers.get("content-type", default).lower(),
        memoryview(body)[headers_end + 4 : end],
    )


def _headers(block: bytes) -> Mapping[str, str]:
    """The headers of a part by lower-case name; none may be repeated or folded."""
    headers: dict[str, str] = {}
    for line in block.split(b"\r\n"):
        try:
            name, separator, value = line.decode().partition(":")
        except UnicodeDecodeError:
            raise MalformedMultipart("The headers of a part are not UTF-8.") from None
        key = name.lower()
        if not separator or not _HEADER_NAME.fullmatch(name) or key in headers or not _is_line(value):
            raise MalformedMultipart("A header of a part is malformed.")
        headers[key] = value.strip()
    return headers


def _is_line(value: str) -> bool:
    return not any(mark in value for mark in "\r\n\x00")


def _parameters(text: str) -> dict[str, str]:
    """``; name="value"; name=value`` as a mapping; all of the text must be such."""
    parameters: dict[str, str] = {}
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None or match[1].lower() in parameters:
            raise MalformedMultipart("The parameters of a header are malformed.")
        quoted, plain = match[2], match[3]
        parameters[match[1].lower()] = plain if quoted is None else _ESCAPE.sub(r"\1", quoted)
        position = match.end()
    return parameters


def _unescaped(value: str) -> str:
    """Undo what browsers do to quotes and line breaks in names (HTML standard, section 4.10.21.8)."""
    return value.replace("%0D", "\r").replace("%0A", "\n").replace("%22", '"')
