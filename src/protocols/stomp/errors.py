"""How a STOMP peer can break the protocol, and the bounds that keep it from spending our memory."""

from __future__ import annotations

from dataclasses import dataclass


class ProtocolError(Exception):
    """The peer broke a rule: it is told by one ERROR frame and the connection is closed (1.2, ERROR).

    ``code`` is stable, ``str()`` is a sentence for the ERROR's ``message`` header, ``version`` lists the
    versions we speak when none was in common (1.2, Protocol Negotiation).
    """

    def __init__(self, code: str, sentence: str, *, version: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.version = version


class WindowFull(Exception):  # noqa: N818 - nobody erred: it says to wait
    """The subscription has as many unacknowledged messages as it may: deliver again after an Ack or Nack."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection (1.2, Size Limits).

    Lengths are octets, that of a header line is characters. What
    ``ServerConnection.dump()`` holds (subscriptions, message and transaction ids) is measured as JSON: the
    defaults keep all of it below 12 KiB, so that it fits a socket's attachment.
    """

    headers: int = 64
    head: int = 16_384
    header_line: int = 8_192
    body: int = 262_144
    subscriptions: int = 64
    subscription_octets: int = 5_120
    pending: int = 64
    message_id: int = 64
    transactions: int = 8
    transaction_id: int = 64
    transaction_frames: int = 128
    transaction_octets: int = 524_288
