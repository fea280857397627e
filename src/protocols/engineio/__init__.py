"""Engine.IO, version 4 of the protocol, for a server: packets, the opening request, the session.

Sans-io: nothing here reads a clock, a socket or randomness. Times and ids are handed in, what is to be done
comes back as values. "EIO4" in comments is the protocol document, *Engine.IO Protocol*, version 4, followed
by the heading of its section.
"""

from protocols.engineio.actions import (
    Action,
    Closed,
    CloseSocket,
    Deliver,
    Reply,
    SendFrame,
    Settings,
    State,
)
from protocols.engineio.packets import (
    Frame,
    MalformedPacket,
    Packet,
    PayloadTooLarge,
    ProtocolError,
    decode_packet,
    decode_payload,
    encode_message,
    encode_payload,
)
from protocols.engineio.request import FORBIDDEN, UNKNOWN_SID, Refused, Request, check_request
from protocols.engineio.session import Session

__all__ = [
    "FORBIDDEN",
    "UNKNOWN_SID",
    "Action",
    "CloseSocket",
    "Closed",
    "Deliver",
    "Frame",
    "MalformedPacket",
    "Packet",
    "PayloadTooLarge",
    "ProtocolError",
    "Refused",
    "Reply",
    "Request",
    "SendFrame",
    "Session",
    "Settings",
    "State",
    "check_request",
    "decode_packet",
    "decode_payload",
    "encode_message",
    "encode_payload",
]
