"""Engine.IO 4 packets and polling payloads (EIO4, "Packet encoding")."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Frame = str | bytes
"""What one WebSocket frame holds: a packet as text, or the bytes of a binary message as they are."""

OPEN: Final = "0"
CLOSE: Final = "1"
PING: Final = "2"
PONG: Final = "3"
MESSAGE: Final = "4"
UPGRADE: Final = "5"
NOOP: Final = "6"
TYPES: Final = frozenset((OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP))

SEPARATOR: Final = "\x1e"
BINARY: Final = "b"


class ProtocolError(Exception):
    """The peer broke the protocol. ``close_code`` is what its WebSocket is closed with (RFC 6455, 7.4.1)."""

    close_code: ClassVar[int] = 1002


class MalformedPacket(ProtocolError):  # noqa: N818 - it names what arrived
    """It is no packet, or none that may be sent here."""


class PayloadTooLarge(ProtocolError):  # noqa: N818 - it names what arrived
    """More bytes than ``maxPayload``, or more packets than one payload may hold."""

    close_code = 1009


class Packet(NamedTuple):
    """A packet: one of the ``TYPES`` and its data, which is bytes only for a binary message."""

    type: str
    data: Frame = ""


def exceeds(data: Frame, limit: int) -> bool:
    """Tell whether ``data`` takes more than ``limit`` bytes as UTF-8. Encodes only what could."""
    size = len(data)
    if size > limit or isinstance(data, bytes):
        return size > limit
    return size * 4 > limit and not data.isascii() and len(data.encode(errors="surrogatepass")) > limit


def decode_packet(frame: Frame) -> Packet:
    """Decode one WebSocket frame (EIO4, "Packet encoding", "WebSocket"); raises ``MalformedPacket``."""
    if isinstance(frame, bytes):
        return Packet(MESSAGE, frame)
    kind = frame[:1]
    if kind not in TYPES:
        raise MalformedPacket("unknown packet type")
    return Packet(kind, frame[1:])


def decode_payload(body: Frame, *, max_bytes: int, max_packets: int) -> list[Packet]:
    """Decode the packets of a polling request (EIO4, "Packet encoding", "HTTP long-polling"): at least one.

    Raises ``PayloadTooLarge`` before anything is decoded, ``MalformedPacket`` if any of them is.
    """
    if exceeds(body, max_bytes):
        raise PayloadTooLarge("the payload is larger than maxPayload")
    text = _text(body)
    if text.count(SEPARATOR) >= max_packets:
        raise PayloadTooLarge("the payload holds too many packets")
    return [_decode_part(part) for part in text.split(SEPARATOR)]


def _text(body: Frame) -> str:
    try:
        return body.decode() if isinstance(body, bytes) else body
    except UnicodeDecodeError as error:
        raise MalformedPacket("the payload is not UTF-8") from error


def _decode_part(part: str) -> Packet:
    if part[:1] != BINARY:
        return decode_packet(part)
    try:
        return Packet(MESSAGE, a2b_base64(part[1:], strict_mode=True))
    except ValueError as error:
        raise MalformedPacket("binary data is not base64") from error


def encode_message(message: Frame) -> Frame:
    """Make the frame of a message: text gets its type, bytes travel as they are."""
    return message if isinstance(message, bytes) else MESSAGE + message


def encode_payload(frames: Iterable[Frame]) -> str:
    """Join frames to the answer to a poll. Text holds no ``SEPARATOR``, as EIO4, "From v3 to v4", assumes."""
    return SEPARATOR.join(
        BINARY + b2a_base64(frame, newline=False).decode() if isinstance(frame, bytes) else frame
        for frame in frames
    )


def decode_frames(payload: str) -> list[Frame]:
    """Undo ``encode_payload`` for a payload of our own; the empty one holds no frame."""
    packets = map(_decode_part, payload.split(SEPARATOR)) if payload else ()
    return [p.data if isinstance(p.data, bytes) else p.type + p.data for p in packets]
