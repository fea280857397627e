"""SockJS for servers: routes, headers, framings and sessions, without sockets or clocks.

Sections are those of the public protocol definition, which is also its test-suite: revision 0.3.3 and the
current one, where they differ (``Dialect``).
"""

from protocols.sockjs.frames import (
    HEARTBEAT,
    OPEN,
    PayloadError,
    close_frame,
    decode_payload,
    message_frame,
    quote,
)
from protocols.sockjs.http import GREETING, Reply, Service, check_upgrade, read_callback, read_form
from protocols.sockjs.routes import Route, route
from protocols.sockjs.session import Output, Receiver, Session, State
from protocols.sockjs.transports import CURRENT, TRANSPORTS, V0_3_3, Dialect, Transport

__all__ = [
    "CURRENT",
    "GREETING",
    "HEARTBEAT",
    "OPEN",
    "TRANSPORTS",
    "V0_3_3",
    "Dialect",
    "Output",
    "PayloadError",
    "Receiver",
    "Reply",
    "Route",
    "Service",
    "Session",
    "State",
    "Transport",
    "check_upgrade",
    "close_frame",
    "decode_payload",
    "message_frame",
    "quote",
    "read_callback",
    "read_form",
    "route",
]
