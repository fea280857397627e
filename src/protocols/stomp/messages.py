"""MESSAGE frames: encoded once, rendered for each subscriber."""

from __future__ import annotations

from typing import TYPE_CHECKING, AnyStr, Final, Generic

from protocols.stomp.frames import Version, content_length, encode_headers, escape

if TYPE_CHECKING:
    from collections.abc import Mapping

# What the server says itself: a sender's header of that name must not be mistaken for it.
RESERVED: Final = frozenset(
    {"destination", "subscription", "message-id", "ack", "content-length", "receipt", "transaction"}
)


class PreparedMessage(Generic[AnyStr]):
    """A message on its way to many subscriptions: only what differs between them is encoded for each.

    ``headers`` are the sender's: they "MUST be passed through in the MESSAGE frame" (1.2, SEND), except
    those that mean the sender's own frame. A text body renders to text messages, octets to binary ones.
    """

    __slots__ = ("_body", "_destination", "_headers", "_heads", "_tail")

    def __init__(self, destination: str, body: AnyStr, headers: Mapping[str, str] | None = None) -> None:
        self._destination = destination
        self._headers = headers or {}
        self._body: AnyStr = body
        self._heads: dict[Version, str] = {}
        self._tail: dict[Version, AnyStr] = {}

    def render(
        self, subscription: str | None, message_id: str, *, ack: str | None = None, version: Version = "1.2"
    ) -> AnyStr:
        """Write the frame for one subscription (None: one of 1.0 without an id); ``ack`` is 1.2's header."""
        tail = self._tail.get(version)
        if tail is None:
            tail = self._tail[version] = self._encode_tail(version)
        head = f"MESSAGE\nmessage-id:{escape(message_id, version)}\n"
        if subscription is not None:
            head += f"subscription:{escape(subscription, version)}\n"
        if ack is not None:
            head += f"ack:{escape(ack, version)}\n"
        return head + tail if isinstance(tail, str) else head.encode() + tail

    def _encode_tail(self, version: Version) -> AnyStr:
        own = {"destination": self._destination, "content-length": str(content_length(self._body))}
        passed = {name: value for name, value in self._headers.items() if name not in RESERVED}
        head = encode_headers((own | passed).items(), version)
        if isinstance(self._body, str):
            return f"{head}\n{self._body}\0"
        return b"%b\n%b\0" % (head.encode(), self._body)
