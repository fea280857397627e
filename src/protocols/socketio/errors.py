"""How a peer can break the protocol."""

from __future__ import annotations

from typing import ClassVar


class ProtocolError(Exception):
    """The peer broke the protocol: its connection is closed with ``close_code`` (RFC 6455, 7.4.1)."""

    close_code: ClassVar[int] = 1002


class MalformedPacket(ProtocolError):  # noqa: N818 - it names what arrived
    """It is no packet."""


class UnexpectedPacket(ProtocolError):  # noqa: N818 - it names what arrived
    """It is a packet that may not be sent in this state."""


class TooMuch(ProtocolError):  # noqa: N818 - it names what arrived
    """It takes more than one connection may hold."""

    close_code = 1009
