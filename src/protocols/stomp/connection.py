"""The server's side of one STOMP connection as a state machine without sockets, clocks or tasks.

Sections are those of the STOMP 1.2 specification unless another version is named.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, AnyStr, ClassVar, Final

from protocols.stomp import events as ev
from protocols.stomp.delivery import Settlement, Transactions, Unacknowledged
from protocols.stomp.errors import Limits, ProtocolError
from protocols.stomp.frames import Frame, Parser, Version, encode_frame
from protocols.stomp.messages import PreparedMessage
from protocols.stomp.negotiation import agree_on_heart_beats, agree_on_version, parse_heart_beat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class State(IntEnum):
    """Where a connection stands; ``_ACCEPTS`` says what it takes there."""

    AWAITING_CONNECT = 0
    CONNECTING = 1
    """CONNECT was read and not answered yet: what follows it waits, unread and bounded."""
    CONNECTED = 2
    CLOSED = 3
    """After DISCONNECT or ERROR: whatever still arrives is ignored."""


# The frames of a client and the headers they REQUIRE, by version (1.2, Client Frames; 1.1 and 1.0 likewise).
_TRANSACTIONAL: Final = dict.fromkeys(("BEGIN", "COMMIT", "ABORT"), ("transaction",))
_V1_0: Final[dict[str, tuple[str, ...]]] = {
    "SEND": ("destination",),
    "SUBSCRIBE": ("destination",),
    "UNSUBSCRIBE": (),
    "ACK": ("message-id",),
    "DISCONNECT": (),
    **_TRANSACTIONAL,
}
_V1_1: Final = _V1_0 | {
    "SUBSCRIBE": ("destination", "id"),
    "UNSUBSCRIBE": ("id",),
    "ACK": ("message-id", "subscription"),
    "NACK": ("message-id", "subscription"),
}
_V1_2: Final = _V1_1 | {"ACK": ("id",), "NACK": ("id",)}
_FIRST: Final[dict[str, tuple[str, ...]]] = {"CONNECT": (), "STOMP": ()}
_ACCEPTS: Final[dict[tuple[State, Version | None], dict[str, tuple[str, ...]]]] = {
    (State.AWAITING_CONNECT, None): _FIRST,
    (State.CONNECTED, "1.0"): _V1_0,
    (State.CONNECTED, "1.1"): _V1_1,
    (State.CONNECTED, "1.2"): _V1_2,
}
_ACK_MODES: Final[dict[str, ev.AckMode]] = {
    "auto": "auto",
    "client": "client",
    "client-individual": "client-individual",
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """An open subscription. ``named`` is False for one of 1.0 without an id, known by its destination."""

    id: str
    destination: str
    ack: ev.AckMode
    named: bool = True


class ServerConnection:
    """Feed ``receive`` what the WebSocket brings; send what the other methods return, in that order."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.state = State.AWAITING_CONNECT
        self.subscriptions: dict[str, Subscription] = {}
        self.heart_beats = (0, 0)
        """What was agreed: milliseconds between the server's and between the client's beats; 0 is never."""
        self._client_beats = (0, 0)
        self._lost_frame = False
        self._parser = Parser(self.limits)
        self._pending = Unacknowledged(self.limits.pending)
        self._transactions = Transactions(self.limits)

    @property
    def version(self) -> Version | None:
        """The agreed version, None before CONNECT."""
        return self._parser.version

    @property
    def has_partial(self) -> bool:
        """Whether octets are held that ``dump`` does not hold: evicted now, the connection has to fail."""
        return self._parser.has_partial

    @property
    def window(self) -> int:
        """How many more messages may be delivered to subscriptions that acknowledge."""
        return self.limits.pending - len(self._pending)

    @property
    def unsettled(self) -> list[tuple[str, str]]:
        """Subscription and message id of what was neither ACKed nor NACKed, oldest first.

        When the connection ends it "MAY be redelivered to another client" (SUBSCRIBE ack Header).
        """
        return [(subscription, message_id) for _, subscription, message_id in self._pending.entries()]

    # What arrives

    def receive(self, data: str | bytes) -> list[ev.Event]:
        """Take one WebSocket message, text or binary; the events in it. Never raises for what a peer sends.

        Nothing behind a CONNECT is read before ``connected()``: call ``receive(b"")`` after it.
        """
        events: list[ev.Event] = []
        frame, frames = None, 0
        if self.state is State.CLOSED:
            return events
        try:
            self._feed(data)
            while (self.state, self.version) in _ACCEPTS and (frame := self._parser.next()):
                frames += 1
                if event := self._handle(frame):
                    events.append(event)
                frame = None  # it did not err: what raises next is not about it
        except ProtocolError as error:
            events.append(self._fail(error, frame))
        if not frames and not events and data and not self.has_partial:
            events.append(ev.HeartBeat())
        return events

    def _feed(self, data: str | bytes) -> None:
        if self._lost_frame:
            raise ProtocolError("frame_lost", "The beginning of a frame was lost; connect again.")
        self._parser.feed(data)
        early = self.state is State.CONNECTING and self._parser.pending
        if early > self.limits.head + self.limits.body:
            raise ProtocolError("too_early", "Wait for CONNECTED before sending so much.")

    def _handle(self, frame: Frame) -> ev.Event | None:
        command, headers = frame.command, frame.headers
        required = _ACCEPTS[self.state, self.version].get(command)
        if required is None:
            raise ProtocolError("unexpected_command", f"{command} cannot be used now.")
        for name in required:
            if not headers.get(name):
                raise ProtocolError("missing_header", f"{command} requires the header {name}.")
        return self._HANDLERS[command](self, frame, headers.get("receipt"))

    def _fail(self, error: ProtocolError, frame: Frame | None) -> ev.Failed:
        # "the ERROR frame SHOULD set the receipt-id header" of the frame that erred (ERROR)
        receipt = frame.headers.get("receipt") if frame else None
        own = {"code": error.code} | ({"version": error.version} if error.version else {})
        return ev.Failed(error, self.error(str(error), receipt_id=receipt, headers=own))

    def _on_connect(self, frame: Frame, _: str | None) -> ev.Connect:
        # "Any client frame other than CONNECT MAY specify a receipt" (Header receipt). The host that 1.1
        # requires is not demanded: a server "MAY select a default", and stompjs sends none by itself.
        headers = frame.headers
        version = agree_on_version(headers.get("accept-version"))
        self._client_beats = (0, 0) if version == "1.0" else parse_heart_beat(headers.get("heart-beat"))
        self._parser.version = version
        self.state = State.CONNECTING
        host, login, passcode = (headers.get(name) for name in ("host", "login", "passcode"))
        return ev.Connect(version, host, login, passcode, self._client_beats, headers)

    def _on_send(self, frame: Frame, receipt: str | None) -> ev.Event | None:
        headers = frame.headers
        event = ev.Send(headers["destination"], frame.body, headers, receipt)
        return event if "transaction" not in headers else self._enlist(headers["transaction"], event, receipt)

    def _on_subscribe(self, frame: Frame, receipt: str | None) -> ev.Subscribe:
        headers = frame.headers
        destination = headers["destination"]
        identifier = headers.get("id") or destination
        mode = _ACK_MODES.get(headers.get("ack", "auto"))
        if mode is None or (mode == "client-individual" and self.version == "1.0"):
            raise ProtocolError("bad_ack_mode", "ack must be auto, client or, since 1.1, client-individual.")
        if identifier in self.subscriptions:
            raise ProtocolError("duplicate_subscription", "Different subscriptions must use different ids.")
        self.subscriptions[identifier] = Subscription(identifier, destination, mode, bool(headers.get("id")))
        self._check_subscriptions()
        return ev.Subscribe(identifier, destination, mode, headers, receipt)

    def _check_subscriptions(self) -> None:
        limits = self.limits
        if len(self.subscriptions) > limits.subscriptions:
            raise ProtocolError("too_many_subscriptions", f"{limits.subscriptions} may be open at once.")
        if len(json.dumps(self._dump_subscriptions())) > limits.subscription_octets:
            raise ProtocolError(
                "subscriptions_too_large", "The subscriptions' ids and destinations are too long."
            )

    def _on_unsubscribe(self, frame: Frame, receipt: str | None) -> ev.Unsubscribe:
        # 1.0 requires "either a destination header or an id header" (1.0, UNSUBSCRIBE).
        identifier = frame.headers.get("id") or frame.headers.get("destination", "")
        subscription = self.subscriptions.pop(identifier, None)
        if subscription is None:
            raise ProtocolError("unknown_subscription", "There is no such subscription.")
        unsettled = self._pending.drop(identifier)
        return ev.Unsubscribe(identifier, subscription.destination, unsettled, receipt)

    def _on_ack(self, frame: Frame, receipt: str | None) -> ev.Event | None:
        headers = frame.headers
        work = Settlement("NACK" if frame.command == "NACK" else "ACK", self._acknowledged(headers))
        if "transaction" in headers:
            return self._enlist(headers["transaction"], work, receipt)
        return self._settle(work, receipt)

    def _acknowledged(self, headers: Mapping[str, str]) -> int:
        """Find the number of the message that an ACK or NACK means, be it settled already."""
        if self.version != "1.2":
            return self._pending.find(headers["message-id"], headers.get("subscription"))
        text = headers["id"]  # "MUST match the ack header of the MESSAGE" (ACK)
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0  # noqa: PLR2004
        if not 1 <= number <= self._pending.issued:
            raise ProtocolError("unknown_ack", "No message was sent with that ack.")
        return number

    def _settle(self, work: Settlement, receipt: str | None = None) -> ev.Ack | ev.Nack:
        holder = self._pending.subscription(work.number)
        # In mode client an ACK, and a NACK, is cumulative (SUBSCRIBE ack Header, NACK).
        cumulative = holder is not None and self.subscriptions[holder].ack == "client"
        settled = self._pending.settle(work.number, cumulative=cumulative)
        return (ev.Nack if work.command == "NACK" else ev.Ack)(holder, settled, receipt)

    def _enlist(self, name: str, work: ev.Send | Settlement, receipt: str | None) -> ev.Enlisted | None:
        if isinstance(work, ev.Send):
            work.receipt = None
        self._transactions.enlist(name, work)
        return None if receipt is None else ev.Enlisted(name, receipt)

    def _on_begin(self, frame: Frame, receipt: str | None) -> ev.Begin:
        self._transactions.begin(frame.headers["transaction"])
        return ev.Begin(frame.headers["transaction"], receipt)

    def _on_commit(self, frame: Frame, receipt: str | None) -> ev.Commit:
        name = frame.headers["transaction"]
        work = self._transactions.commit(name)
        done = tuple(each if isinstance(each, ev.Send) else self._settle(each) for each in work)
        return ev.Commit(name, done, receipt)

    def _on_abort(self, frame: Frame, receipt: str | None) -> ev.Abort:
        self._transactions.abort(frame.headers["transaction"])
        return ev.Abort(frame.headers["transaction"], receipt)

    def _on_disconnect(self, _: Frame, receipt: str | None) -> ev.Disconnect:
        self._close()
        return ev.Disconnect(receipt)

    def _close(self) -> None:
        """Forget what is open: no frame may follow (DISCONNECT), transactions are aborted (BEGIN)."""
        version = self.version
        self.state = State.CLOSED
        self._parser, self._transactions = Parser(self.limits, version), Transactions(self.limits)

    _HANDLERS: ClassVar[dict[str, Callable[[ServerConnection, Frame, str | None], ev.Event | None]]] = {
        "CONNECT": _on_connect,
        "STOMP": _on_connect,
        "SEND": _on_send,
        "SUBSCRIBE": _on_subscribe,
        "UNSUBSCRIBE": _on_unsubscribe,
        "ACK": _on_ack,
        "NACK": _on_ack,
        "BEGIN": _on_begin,
        "COMMIT": _on_commit,
        "ABORT": _on_abort,
        "DISCONNECT": _on_disconnect,
    }

    # What is sent

    def connected(
        self,
        *,
        heart_beat: tuple[int, int] = (0, 0),
        session: str | None = None,
        server: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Accept the client: the CONNECTED frame. ``heart_beat`` is what the server can send and wants."""
        version = self.version
        if self.state is not State.CONNECTING or version is None:
            raise RuntimeError("Only a CONNECT can be answered with CONNECTED.")
        own = {"version": version, "session": session, "server": server}
        if version != "1.0":
            own["heart-beat"] = f"{heart_beat[0]},{heart_beat[1]}"
            self.heart_beats = agree_on_heart_beats(self._client_beats, heart_beat)
        self.state = State.CONNECTED
        given = {name: value for name, value in own.items() if value is not None}
        return encode_frame("CONNECTED", given | dict(headers or {}), "", version)

    def deliver(self, message: PreparedMessage[AnyStr], subscription: str, message_id: str) -> AnyStr:
        """Render a MESSAGE frame for an open subscription and remember it if it is to be acknowledged.

        Raises ``KeyError`` for a subscription that is not open and ``WindowFull``.
        """
        target = self.subscriptions[subscription]
        ack = None
        if target.ack != "auto":
            if len(json.dumps(message_id)) > self.limits.message_id:
                raise ValueError(f"A message id may have {self.limits.message_id} octets.")
            ack = str(self._pending.add(subscription, message_id))
        version = self.version or "1.2"
        name = subscription if target.named else None
        # "the MESSAGE frame MUST also contain an ack header" if it is to be acknowledged (1.2, MESSAGE)
        return message.render(name, message_id, ack=ack if version == "1.2" else None, version=version)

    def message(
        self,
        subscription: str,
        message_id: str,
        destination: str,
        body: AnyStr,
        headers: Mapping[str, str] | None = None,
    ) -> AnyStr:
        """Encode a MESSAGE frame for one subscription; as ``deliver``."""
        return self.deliver(PreparedMessage(destination, body, headers), subscription, message_id)

    def receipt(self, receipt_id: str) -> str:
        """Confirm that the frame that asked for it has been processed, and all before it (RECEIPT)."""
        return encode_frame("RECEIPT", {"receipt-id": receipt_id}, "", self.version or "1.2")

    def error(
        self,
        message: str,
        body: str = "",
        *,
        receipt_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Encode an ERROR frame. The server "MUST then close the connection just after sending" (ERROR)."""
        own = {"message": message, **(headers or {})}
        if receipt_id is not None:
            own["receipt-id"] = receipt_id
        if body:
            own["content-type"] = "text/plain"
        frame = encode_frame("ERROR", own, body, self.version or "1.0")
        self._close()
        return frame

    # Hibernation

    def dump(self) -> list[Any]:
        """Write the state as a JSON value below 12 KiB, for ``load`` in a later life of the process.

        An unfinished frame and the frames of open transactions stay in memory. Where that is lost too, a
        loaded connection fails at the next octets it gets, or at the next use of that transaction.
        """
        order = {identifier: index for index, identifier in enumerate(self.subscriptions)}
        pending = [(number, order[holder], message) for number, holder, message in self._pending.entries()]
        return [
            int(self.state),
            self.version,
            *self._client_beats,
            *self.heart_beats,
            int(self.has_partial or self._lost_frame),
            self._dump_subscriptions(),
            self._pending.issued,
            pending,
            self._transactions.entries(),
        ]

    def _dump_subscriptions(self) -> list[tuple[str, str, str, int]]:
        return [
            (each.id, each.destination, each.ack, int(each.named)) for each in self.subscriptions.values()
        ]

    @classmethod
    def load(cls, value: list[Any], limits: Limits | None = None) -> ServerConnection:
        """Rebuild the connection that ``dump`` wrote, from the value or from its JSON."""
        self = cls(limits)
        state, version, can, want, sends, gets, partial, subscriptions, issued, pending, transactions = value
        self.state, self._lost_frame = State(state), bool(partial)
        self._parser.version = version
        self._client_beats, self.heart_beats = (can, want), (sends, gets)
        for identifier, destination, mode, named in subscriptions:
            self.subscriptions[identifier] = Subscription(identifier, destination, mode, bool(named))
        self._pending = Unacknowledged(self.limits.pending, issued)
        order = list(self.subscriptions)
        for number, index, message_id in pending:
            self._pending.restore(number, order[int(index)], message_id)
        for name, lost in transactions:
            self._transactions.begin(name, lost=lost)
        return self
