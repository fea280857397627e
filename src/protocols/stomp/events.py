"""What a STOMP client asks for, as ``ServerConnection.receive`` tells it.

``receipt`` is the value to send back in a RECEIPT once the frame has been processed (1.2, Header receipt).
``headers`` are all of the frame's, unescaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from protocols.stomp.errors import ProtocolError
    from protocols.stomp.frames import Version

AckMode = Literal["auto", "client", "client-individual"]
Headers = Mapping[str, str]


@dataclass(slots=True)
class Connect:
    """The client introduces itself: answer with ``connected()`` or ``error()``. ``version`` is agreed.

    Credentials stay out of ``repr``, and so out of logs.
    """

    version: Version
    host: str | None
    login: str | None
    passcode: str | None = field(repr=False)
    heart_beat: tuple[int, int]
    headers: Headers = field(repr=False)


@dataclass(slots=True)
class Send:
    """A message for ``destination``."""

    destination: str
    body: bytes
    headers: Headers
    receipt: str | None = None

    def content(self) -> str | bytes:
        """Return text if the body is UTF-8, else its octets: the kind of WebSocket message to pass it on."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return self.body


@dataclass(slots=True)
class Subscribe:
    """A new subscription. To refuse it answer with ``error()``: there is no other way (1.2, SUBSCRIBE)."""

    id: str
    destination: str
    ack: AckMode
    headers: Headers
    receipt: str | None = None


@dataclass(slots=True)
class Unsubscribe:
    """The end of a subscription; ``unsettled`` are its messages that were neither ACKed nor NACKed."""

    id: str
    destination: str
    unsettled: tuple[str, ...]
    receipt: str | None = None


@dataclass(slots=True)
class Ack:
    """Messages that were consumed, oldest first: several in mode ``client``, none if all were settled."""

    subscription: str | None
    message_ids: tuple[str, ...]
    receipt: str | None = None


@dataclass(slots=True)
class Nack:
    """Messages that were refused; as ``Ack``."""

    subscription: str | None
    message_ids: tuple[str, ...]
    receipt: str | None = None


@dataclass(slots=True)
class Begin:
    """A transaction was opened."""

    transaction: str
    receipt: str | None = None


@dataclass(slots=True)
class Enlisted:
    """A frame with a receipt became part of a transaction: only the receipt is due now."""

    transaction: str
    receipt: str


@dataclass(slots=True)
class Commit:
    """Everything of a transaction, in order and to be done together; the receipts inside were given."""

    transaction: str
    events: tuple[Send | Ack | Nack, ...]
    receipt: str | None = None


@dataclass(slots=True)
class Abort:
    """A transaction was undone."""

    transaction: str
    receipt: str | None = None


@dataclass(slots=True)
class Disconnect:
    """The client leaves: send the receipt, then close. Nothing follows."""

    receipt: str | None = None


@dataclass(slots=True)
class HeartBeat:
    """Nothing but line ends: the client lives."""


@dataclass(slots=True)
class Failed:
    """A rule was broken: send ``frame`` (an ERROR) and close. Nothing follows."""

    error: ProtocolError
    frame: str


Event = (
    Connect | Send | Subscribe | Unsubscribe | Ack | Nack | Begin | Enlisted | Commit | Abort | Disconnect
    | HeartBeat | Failed
)  # fmt: skip
