"""The frame grammar of STOMP 1.0, 1.1 and 1.2: octets in, frames out, and back.

Sections are those of the STOMP 1.2 specification unless another version is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, AnyStr, Final, Literal, NamedTuple

from protocols.stomp.errors import Limits, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Version = Literal["1.0", "1.1", "1.2"]
VERSIONS: Final[tuple[Version, ...]] = ("1.0", "1.1", "1.2")

# "Only the SEND, MESSAGE, and ERROR frames MAY have a body" (Value Encoding).
WITH_BODY: Final = frozenset({"SEND", "MESSAGE", "ERROR"})
# "CONNECT and CONNECTED frames do not escape" (Value Encoding): they precede the agreement on a version.
BARE: Final = frozenset({"CONNECT", "CONNECTED"})
COMMANDS: Final = frozenset(
    {"CONNECT", "STOMP", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT"}
    | {"DISCONNECT", "CONNECTED", "MESSAGE", "RECEIPT", "ERROR"}
)

_CR, _NUL = 13, 0
# EOL is LF, and CR LF too in 1.2 (Augmented BNF), which a CONNECT may already speak.
_LF_ONLY: Final = frozenset({"1.0", "1.1"})
_EOLS: Final = {
    version: re.compile(rb"\n*" if version in _LF_ONLY else rb"(?:\r?\n)*") for version in (None, *VERSIONS)
}
# Value Encoding: 1.1 knows three escapes, 1.2 adds \r; every other sequence is fatal.
_ESCAPE: Final = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED: Final[dict[str | None, dict[str, str]]] = {
    "1.1": {"n": "\n", "c": ":", "\\": "\\"},
    "1.2": {"n": "\n", "c": ":", "\\": "\\", "r": "\r"},
}


class Frame(NamedTuple):
    """One frame. Of a repeated header the first counts (Repeated Header Entries)."""

    command: str
    headers: dict[str, str]
    body: bytes = b""


_Head = tuple[str, dict[str, str], int | None]
"""Command, headers, and the body's octets if content-length tells them."""


class Parser:
    """Cuts a stream of octets into frames, however it is chopped; keeps at most one unfinished frame.

    ``version`` is None until CONNECT was read; set it before the next frame is taken.
    """

    __slots__ = ("_data", "_head", "_pos", "_scan", "limits", "version")

    def __init__(self, limits: Limits, version: Version | None = None) -> None:
        self.limits = limits
        self.version: Version | None = version
        self._data: bytes | bytearray = b""
        self._pos: int = (
            0  # where the unread octets begin: the frame's head, or its body once ``_head`` is set
        )
        self._scan: int = 0  # no end of this frame lies before here: a slow sender does not cost a rescan
        self._head: _Head | None = None

    @property
    def pending(self) -> int:
        """Octets that were fed and are not part of a frame that was returned."""
        return len(self._data) - self._pos

    @property
    def has_partial(self) -> bool:
        """Whether an unfinished frame is held, that would be lost with the memory."""
        return self._head is not None or self.pending > 0

    def feed(self, data: str | bytes) -> None:
        """Append the content of one WebSocket message; a text message is its UTF-8 octets."""
        if isinstance(data, str):
            try:
                data = data.encode()
            except UnicodeEncodeError:
                raise ProtocolError("bad_encoding", "Text must be valid Unicode.") from None
        if self._pos == len(self._data):
            self._data, self._pos, self._scan = data, 0, 0
            return
        if isinstance(self._data, bytes):
            self._data = bytearray(self._data)
        del self._data[: self._pos]
        self._data += data
        self._scan, self._pos = max(self._scan - self._pos, 0), 0

    def next(self) -> Frame | None:
        """Take the next complete frame, None until more is fed; raises ``ProtocolError``."""
        head = self._head or self._read_head()
        if head is None:
            return None
        body = self._read_body(head[2])
        if body is None:
            self._head = head
            return None
        self._head = None
        if body and head[0] not in WITH_BODY:
            body = self._refuse_body(head[0])
        return Frame(head[0], head[1], body)

    def _refuse_body(self, command: str) -> bytes:
        if self.version == "1.0":  # "The body of the SUBSCRIBE command is ignored" (1.0, SUBSCRIBE)
            return b""
        raise ProtocolError("unexpected_body", f"A {command} frame must not have a body.")

    def _read_head(self) -> _Head | None:
        data, start = self._data, self._pos
        if start == len(data):
            return None
        if data[start] <= _CR and (eols := _EOLS[self.version].match(data, start)):
            start = self._pos = eols.end()  # heart-beats, and what may follow a frame's NUL
        end, body = self._find_blank_line(start)
        limit = start + self.limits.head
        if data.find(_NUL, max(self._scan, start), limit if end < 0 else end) >= 0:
            raise ProtocolError("malformed_frame", "The frame ends before the blank line after its headers.")
        if (len(data) - 2 if end < 0 else end) > limit:
            raise ProtocolError("head_too_large", f"The headers of a frame may have {limit - start} octets.")
        if end < 0:
            self._scan = max(start, len(data) - 2)
            return None
        head = self._parse_head(data[start:end])
        self._pos = self._scan = body
        return head

    def _find_blank_line(self, start: int) -> tuple[int, int]:
        """Where the head ends and the body begins; the first is negative as long as that is unknown."""
        data = self._data
        scan, stop = max(self._scan, start), start + self.limits.head + 3
        end = data.find(b"\n\n", scan, stop)
        if self.version not in _LF_ONLY:
            other = data.find(b"\n\r\n", scan, stop if end < 0 else end)
            if other >= 0:
                return other, other + 3
        return end, end + 2

    def _parse_head(self, block: bytes | bytearray) -> _Head:
        try:
            text = block.decode()  # "The commands and headers are encoded in UTF-8" (Value Encoding)
        except UnicodeDecodeError:
            raise ProtocolError("bad_encoding", "Headers must be UTF-8.") from None
        lines = text.split("\n")
        longest = self.limits.header_line
        if len(text) > longest and max(map(len, lines)) > longest:
            raise ProtocolError("header_too_long", f"A header line may have {longest} characters.")
        if "\r" in text and self.version not in _LF_ONLY:
            lines = _strip_cr(lines)
        command = lines[0]
        if command not in COMMANDS:
            raise ProtocolError("unknown_command", "There is no such command in STOMP.")
        headers = self._parse_headers(command, lines, escaped="\\" in text)
        length = self._content_length(headers["content-length"]) if "content-length" in headers else None
        return command, headers, length

    def _parse_headers(self, command: str, lines: list[str], *, escaped: bool) -> dict[str, str]:
        if len(lines) > self.limits.headers + 1:
            raise ProtocolError("too_many_headers", f"A frame may have {self.limits.headers} headers.")
        headers: dict[str, str] = {}
        del lines[0]
        for line in lines:
            name, colon, value = line.partition(":")
            # A bare colon in a value is against the BNF of 1.1 and 1.2, yet clients send it and it is
            # unambiguous, since a name has none.
            if not colon or not name:
                raise ProtocolError("malformed_header", "A header line must be name:value.")
            if name not in headers:
                headers[name] = value
        version = "1.2" if command == "STOMP" else self.version
        if escaped and command not in BARE and version in _UNESCAPED:
            return _unescape_all(headers, version)
        if version == "1.0" or (command == "CONNECT" and "accept-version" not in headers):
            # 1.0's own examples pad values, and its peers trim them; 1.2 forbids it (Value Encoding).
            headers = {name.strip(" "): value.strip(" ") for name, value in reversed(headers.items())}
        return headers

    def _content_length(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 10):  # noqa: PLR2004 - 10 GB
            raise ProtocolError("bad_content_length", "content-length must be a number of octets.")
        if (length := int(text)) > self.limits.body:
            raise ProtocolError("body_too_large", f"A body may have {self.limits.body} octets.")
        return length

    def _read_body(self, length: int | None) -> bytes | None:
        data, start = self._data, self._pos
        if length is None:
            end = data.find(_NUL, self._scan)
        else:  # "this number of octets MUST be read, regardless of NULL octets" (Header content-length)
            end = start + length if start + length < len(data) else -1
            if end >= 0 and data[end] != _NUL:
                raise ProtocolError(
                    "bad_content_length", "No NUL octet follows content-length octets of body."
                )
        if (len(data) if end < 0 else end) - start > self.limits.body:
            raise ProtocolError("body_too_large", f"A body may have {self.limits.body} octets.")
        if end < 0:
            self._scan = len(data)
            return None
        self._pos = self._scan = end + 1
        return bytes(data[start:end])


def _strip_cr(lines: list[str]) -> list[str]:
    stripped = [line.removesuffix("\r") for line in lines]
    if any("\r" in line for line in stripped):
        raise ProtocolError("malformed_header", "A carriage return in a header must be written \\r.")
    return stripped


def _unescape_all(headers: dict[str, str], version: str | None) -> dict[str, str]:
    table = _UNESCAPED[version]

    def one(match: re.Match[str]) -> str:
        if (plain := table.get(match[1])) is None:
            raise ProtocolError("bad_escape", f"\\{match[1]} is not an escape of STOMP {version}.")
        return plain

    # Reversed, so that of two names that are the same once unescaped the first one stays.
    return {_ESCAPE.sub(one, name): _ESCAPE.sub(one, value) for name, value in reversed(headers.items())}


def escape(text: str, version: Version) -> str:
    """Write a header's name or value as ``version`` does (Value Encoding)."""
    if version == "1.0":
        return _without_line_ends(text)
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if ":" in text:
        text = text.replace(":", "\\c")
    if "\n" in text:
        text = text.replace("\n", "\\n")
    if version == "1.2" and "\r" in text:
        text = text.replace("\r", "\\r")
    return text


def _without_line_ends(text: str) -> str:
    """Where there are no escapes a line end cannot be said; a space keeps it from starting a header."""
    return text.replace("\r", " ").replace("\n", " ") if "\n" in text or "\r" in text else text


def encode_headers(headers: Iterable[tuple[str, str]], version: Version, *, bare: bool = False) -> str:
    """Write header lines, each with its LF. ``bare`` is for CONNECT and CONNECTED, which escape nothing."""
    if bare or version == "1.0":
        return "".join(
            f"{_without_line_ends(name).replace(':', ' ')}:{_without_line_ends(value)}\n"
            for name, value in headers
        )
    return "".join(f"{escape(name, version)}:{escape(value, version)}\n" for name, value in headers)


def content_length(body: str | bytes) -> int:
    """Count the octets of a body (Header content-length)."""
    return len(body) if isinstance(body, bytes) or body.isascii() else len(body.encode())


def encode_frame(command: str, headers: Mapping[str, str], body: AnyStr, version: Version) -> AnyStr:
    """Encode a frame: to a text message if the body is text, to a binary one if it is octets.

    A body brings its ``content-length``; the headers must not.
    """
    head = f"{command}\n{encode_headers(headers.items(), version, bare=command in BARE)}"
    if body:
        head += f"content-length:{content_length(body)}\n"
    if isinstance(body, str):
        return f"{head}\n{body}\0"
    return b"%b\n%b\0" % (head.encode(), body)
