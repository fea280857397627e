"""What a session asks its host to do, and what the host decides for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from protocols.engineio.packets import Frame


class State(StrEnum):
    """Where a session stands (EIO4, "Handshake" and "Upgrade")."""

    POLLING = "polling"
    PROBING = "probing"  # polling, and a WebSocket is open that has not been probed yet
    UPGRADING = "upgrading"  # polling, and the probe has been answered
    WEBSOCKET = "websocket"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's side of the handshake, in milliseconds and bytes, and its bounds.

    ``lazy_pongs`` is for a host whose platform answers pongs without waking it: a missing one is found when
    the next ping is due rather than after ``ping_timeout``, so that there is one deadline in each interval.
    """

    ping_interval: int = 25_000
    ping_timeout: int = 20_000
    max_payload: int = 1_000_000
    upgrades: tuple[str, ...] = ("websocket",)
    upgrade_timeout: int = 10_000
    linger: int = 30_000
    max_packets: int = 4_096
    max_buffered_packets: int = 1_024
    max_buffered_size: int = 4_000_000
    lazy_pongs: bool = False


class Reply(NamedTuple):
    """Answer the HTTP request with this handle: a poll's payload, a post's ``ok``, or an error as JSON."""

    request: int
    status: int
    body: str

    @property
    def content_type(self) -> str:
        """Of the body."""
        return "text/plain; charset=UTF-8" if self.status == 200 else "application/json"  # noqa: PLR2004


class SendFrame(NamedTuple):
    """Send one WebSocket frame: text for ``str``, binary for ``bytes``."""

    socket: int
    frame: Frame


class CloseSocket(NamedTuple):
    """Close a WebSocket with a code (RFC 6455, 7.4)."""

    socket: int
    code: int


class Deliver(NamedTuple):
    """A message from the client."""

    message: Frame


class Closed(NamedTuple):
    """The session is over. Nothing follows, and its id is unknown from now on."""

    reason: str


Action = Reply | SendFrame | CloseSocket | Deliver | Closed
