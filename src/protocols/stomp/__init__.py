"""STOMP 1.0, 1.1 and 1.2 for servers: feed what a WebSocket brings, get events; ask for frames to send."""

from protocols.stomp.connection import ServerConnection, State, Subscription
from protocols.stomp.errors import Limits, ProtocolError, WindowFull
from protocols.stomp.events import (
    Abort,
    Ack,
    AckMode,
    Begin,
    Commit,
    Connect,
    Disconnect,
    Enlisted,
    Event,
    Failed,
    HeartBeat,
    Nack,
    Send,
    Subscribe,
    Unsubscribe,
)
from protocols.stomp.frames import VERSIONS, Frame, Parser, Version, encode_frame
from protocols.stomp.messages import PreparedMessage
from protocols.stomp.negotiation import agree_on_heart_beats, agree_on_version, parse_heart_beat

__all__ = [
    "VERSIONS",
    "Abort",
    "Ack",
    "AckMode",
    "Begin",
    "Commit",
    "Connect",
    "Disconnect",
    "Enlisted",
    "Event",
    "Failed",
    "Frame",
    "HeartBeat",
    "Limits",
    "Nack",
    "Parser",
    "PreparedMessage",
    "ProtocolError",
    "Send",
    "ServerConnection",
    "State",
    "Subscribe",
    "Subscription",
    "Unsubscribe",
    "Version",
    "WindowFull",
    "agree_on_heart_beats",
    "agree_on_version",
    "encode_frame",
    "parse_heart_beat",
]
