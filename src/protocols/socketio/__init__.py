"""Socket.IO, version 5 of the protocol, for a server: packets and the connection over an Engine.IO session.

Sans-io, as ``protocols.engineio``. "SIO5" in comments is the protocol document, *Socket.IO Protocol*, version
5, followed by the heading of its section; where it is silent the reference parser and server decide.
"""

from protocols.socketio.connection import (
    AckReceived,
    AckTimeout,
    ConnectTimeout,
    Emitted,
    Event,
    EventReceived,
    NamespaceConnect,
    NamespaceDisconnect,
    Send,
    ServerConnection,
    Settings,
)
from protocols.socketio.errors import MalformedPacket, ProtocolError, TooMuch, UnexpectedPacket
from protocols.socketio.packets import Decoder, Frame, Limits, Packet, PacketType, encode, encode_event

__all__ = [
    "AckReceived",
    "AckTimeout",
    "ConnectTimeout",
    "Decoder",
    "Emitted",
    "Event",
    "EventReceived",
    "Frame",
    "Limits",
    "MalformedPacket",
    "NamespaceConnect",
    "NamespaceDisconnect",
    "Packet",
    "PacketType",
    "ProtocolError",
    "Send",
    "ServerConnection",
    "Settings",
    "TooMuch",
    "UnexpectedPacket",
    "encode",
    "encode_event",
]
