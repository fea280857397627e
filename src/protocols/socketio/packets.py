"""Socket.IO 5 packets: header, payload, and the frames that carry them (SIO5, "Packet encoding")."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from protocols.socketio.errors import MalformedPacket, TooMuch
from protocols.socketio.payload import attach, dump_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Frame = str | bytes
"""The data of one Engine.IO message."""


class PacketType(IntEnum):
    """SIO5, "Exchange protocol"."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


# The reference parser refuses these names in both directions: they mean something to its emitters.
RESERVED_EVENTS: Final = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one packet may cost. ``max_bytes`` is that of all its attachments together."""

    max_attachments: int = 64
    max_bytes: int = 2_000_000
    max_depth: int = 64


class Packet(NamedTuple):
    """A whole packet. Binary events and acks become EVENT and ACK, with ``bytes`` in their data."""

    type: PacketType
    namespace: str = "/"
    data: Any = None
    id: int | None = None


# Attachments at most 4 digits, namespace at most 255 characters, id at most 15 digits (a safe integer there),
# numbers as JavaScript writes them. The namespace ends with a comma or with the packet.
_HEADER: Final = re.compile(
    r"([0-6])(?:([1-9][0-9]{0,3})-)?(?:(/[^,\x00-\x1f\x7f]{0,254})(?:,|\Z))?(0|[1-9][0-9]{0,14})?"
)
_BINARY: Final = {
    PacketType.BINARY_EVENT: PacketType.EVENT,
    PacketType.BINARY_ACK: PacketType.ACK,
}


def _is_object(data: Any) -> bool:
    return isinstance(data, dict)


def _is_event(data: Any) -> bool:
    """SIO5, "Sending and receiving data": a non-empty array. The reference: its first item is a name."""
    if not isinstance(data, list) or not data:
        return False
    name = cast("list[Any]", data)[0]
    return name not in RESERVED_EVENTS if isinstance(name, str) else type(name) in (int, float)


_PAYLOAD: Final[dict[PacketType, Callable[[Any], bool]]] = {
    PacketType.CONNECT: lambda data: data is None or _is_object(data),
    PacketType.DISCONNECT: lambda data: data is None,
    PacketType.EVENT: _is_event,
    PacketType.ACK: lambda data: isinstance(data, list),
    PacketType.CONNECT_ERROR: lambda data: _is_object(data) or isinstance(data, str),
}
_TYPES: Final = {str(int(kind)): kind for kind in PacketType}


class Decoder:
    """Frames in, packets out. After an error the decoder is not used again: the connection is closed."""

    __slots__ = ("_attachments", "_expected", "_header", "_limits", "_packet", "_size")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._header = ""
        self._packet: Packet | None = None  # while its attachments arrive
        self._attachments: list[bytes] = []
        self._expected = 0
        self._size = 0

    def feed(self, frame: Frame) -> Packet | None:
        """Take one frame; the packet that it completes, if it does. Raises ``ProtocolError``."""
        if isinstance(frame, bytes):
            return self._feed_attachment(frame)
        if self._packet is not None:
            raise MalformedPacket("text instead of an attachment")
        packet, attachments = decode_header(frame, self._limits)
        if not attachments:
            return packet
        self._packet, self._header, self._expected = packet, frame, attachments
        return None

    def _feed_attachment(self, frame: bytes) -> Packet | None:
        packet = self._packet
        if packet is None:
            raise MalformedPacket("an attachment without its packet")
        self._size += len(frame)
        if self._size > self._limits.max_bytes:
            raise TooMuch("the attachments are too large")
        self._attachments.append(frame)
        if len(self._attachments) < self._expected:
            return None
        attachments, self._packet, self._attachments, self._size = self._attachments, None, [], 0
        return packet._replace(data=attach(packet.data, attachments))

    def dump(self) -> list[str]:
        """Describe an unfinished packet for ``load``: its text, its attachments as base64. Mostly empty."""
        if self._packet is None:
            return []
        return [self._header, *(b64encode(frame).decode() for frame in self._attachments)]

    def load(self, dumped: Sequence[str]) -> None:
        """Go on where ``dump`` was taken."""
        for index, text in enumerate(dumped):
            self.feed(b64decode(text) if index else text)


def decode_header(text: str, limits: Limits) -> tuple[Packet, int]:
    """Decode a packet's text, and how many attachments follow; raises ``ProtocolError``."""
    match = _HEADER.match(text)
    if match is None:
        raise MalformedPacket("unknown packet type")
    digit, attachments, namespace, ack_id = match.groups()
    kind = _TYPES[digit]
    count = _count_attachments(kind, attachments, limits)
    kind = _BINARY.get(kind, kind)
    start = match.end()
    data = parse_json(text, start, limits.max_depth) if start < len(text) else None
    if not _PAYLOAD[kind](data) or (data is None and start < len(text)):
        raise MalformedPacket("the payload does not fit the packet type")
    _check_id(kind, ack_id)
    return Packet(kind, namespace or "/", data, None if ack_id is None else int(ack_id)), count


def _count_attachments(kind: PacketType, digits: str | None, limits: Limits) -> int:
    if (digits is not None) != (kind in _BINARY):
        raise MalformedPacket("only binary packets have attachments")
    count = int(digits or 0)
    if count > limits.max_attachments:
        raise TooMuch("too many attachments")
    return count


def _check_id(kind: PacketType, ack_id: str | None) -> None:
    """SIO5, "Acknowledgement": events may have an id, acks answer one, the others know none."""
    if kind is not PacketType.EVENT and (kind is PacketType.ACK) != (ack_id is not None):
        raise MalformedPacket("an id is missing, or has no meaning here")


def encode(packet: Packet) -> list[Frame]:
    """Encode a packet to its text and its attachments; the data of an EVENT or ACK may hold ``bytes``.

    The frames are the same for every receiver: encode once, send to all. Raises ``ValueError`` or
    ``TypeError`` for data that the packet type or JSON does not allow.
    """
    kind, namespace, data, ack_id = packet
    if not _PAYLOAD[kind](data):
        raise ValueError("the data does not fit the packet type")
    prefix = "" if namespace == "/" else namespace + ","
    number = "" if ack_id is None else str(ack_id)
    if data is None:
        return [f"{kind.value}{prefix}"]
    text, attachments = dump_json(data)
    if not attachments:
        return [f"{kind.value}{prefix}{number}{text}"]
    return [f"{_to_binary(kind).value}{len(attachments)}-{prefix}{number}{text}", *attachments]


def _to_binary(kind: PacketType) -> PacketType:
    for binary, plain in _BINARY.items():
        if plain is kind:
            return binary
    raise ValueError("only events and acks carry bytes")


def encode_event(
    name: str, *args: Any, namespace: str = "/", ack_id: int | None = None, offset: str | None = None
) -> list[Frame]:
    """Encode an event. ``offset`` goes last: a client with connection state recovery remembers it."""
    data = [name, *args] if offset is None else [name, *args, offset]
    return encode(Packet(PacketType.EVENT, namespace, data, ack_id))
