"""An Engine.IO 4 session as a server sees it, over polling, over a WebSocket, and from one to the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

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
from protocols.engineio.heartbeat import Heartbeat
from protocols.engineio.packets import (
    CLOSE,
    MESSAGE,
    NOOP,
    OPEN,
    PING,
    PONG,
    SEPARATOR,
    UPGRADE,
    Frame,
    MalformedPacket,
    Packet,
    PayloadTooLarge,
    ProtocolError,
    decode_frames,
    decode_packet,
    decode_payload,
    encode_message,
    encode_payload,
    exceeds,
)
from protocols.engineio.request import BAD_REQUEST, UNKNOWN_SID, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NORMAL = 1000
PROTOCOL_ERROR = 1002
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

PROBE = "probe"


class Session:
    """One client. Methods take the time (``now``, milliseconds) and return what is to be done, in order.

    HTTP requests and WebSockets are known by handles, numbers that the host gives them. The host calls
    ``tick`` at ``deadline``; after ``Closed`` it forgets the session and refuses its id (``UNKNOWN_SID``).
    """

    __slots__ = (
        "_buffer",
        "_closing",
        "_heartbeat",
        "_linger_by",
        "_poll",
        "_post",
        "_size",
        "_socket",
        "_upgrade_by",
        "settings",
        "sid",
        "state",
    )

    def __init__(self, sid: str, settings: Settings, state: State, now: int) -> None:
        self.sid = sid
        self.settings = settings
        self.state = state
        self._heartbeat = Heartbeat(settings, now)
        self._poll: int | None = None
        self._post: int | None = None
        self._socket: int | None = None  # while polling, the candidate for the upgrade
        self._upgrade_by: int | None = None
        self._buffer: list[Frame] = []  # empty whenever a poll waits, and over a WebSocket
        self._size = 0
        self._closing: str | None = None  # the reason, while the last packets wait for a poll
        self._linger_by: int | None = None

    # Opening: EIO4, "Handshake".

    @classmethod
    def open_polling(
        cls, sid: str, settings: Settings, request: int, now: int
    ) -> tuple[Session, list[Action]]:
        """Open a session with a poll, whose answer is the handshake."""
        session = cls(sid, settings, State.POLLING, now)
        return session, [Reply(request, 200, session._handshake(settings.upgrades))]

    @classmethod
    def open_websocket(
        cls, sid: str, settings: Settings, socket: int, now: int
    ) -> tuple[Session, list[Action]]:
        """Open a session that begins and stays on a WebSocket."""
        session = cls(sid, settings, State.WEBSOCKET, now)
        session._socket = socket
        return session, [SendFrame(socket, session._handshake(()))]

    def _handshake(self, upgrades: tuple[str, ...]) -> str:
        settings = self.settings
        data = {
            "sid": self.sid,
            "upgrades": upgrades,
            "pingInterval": settings.ping_interval,
            "pingTimeout": settings.ping_timeout,
            "maxPayload": settings.max_payload,
        }
        return OPEN + json.dumps(data, separators=(",", ":"))

    # HTTP long-polling: EIO4, "Sending and receiving data".

    def poll_opened(self, request: int, now: int) -> list[Action]:
        """Take a GET. It waits until there is something to say; a second one ends the session."""
        actions = self.tick(now)
        if refusal := self._refuse_polling(request):
            return [*actions, refusal]
        if self._poll is not None:
            return [
                *actions,
                *self._end("overlapping polls", POLICY_VIOLATION),
                _refuse(request, BAD_REQUEST),
            ]
        self._poll = request
        if self.state is State.UPGRADING and not self._buffer:
            return [*actions, *self._transmit((NOOP,))]  # the client is pausing: let it go at once
        return [*actions, *self._flush()]

    def post_opened(self, request: int, now: int) -> list[Action]:
        """Take a POST; its body is handed to ``post_received``. A second one ends the session."""
        actions = self.tick(now)
        if refusal := self._refuse_polling(request):
            return [*actions, refusal]
        if self._post is not None:
            return [
                *actions,
                *self._end("overlapping posts", POLICY_VIOLATION),
                _refuse(request, BAD_REQUEST),
            ]
        self._post = request
        return actions

    def post_received(self, request: int, body: Frame, now: int) -> list[Action]:
        """Take the whole body of the POST: its packets, then ``ok``. A malformed one ends the session."""
        if request != self._post or self.state is State.CLOSED:
            return [_refuse(request, UNKNOWN_SID)]
        self._post = None
        try:
            actions = self._receive_payload(body, now)
        except ProtocolError as error:
            status = 413 if isinstance(error, PayloadTooLarge) else 400
            return [*self._end(str(error), error.close_code), _refuse(request, BAD_REQUEST, status)]
        return [*actions, Reply(request, 200, "ok")]

    def request_cancelled(self, request: int) -> list[Action]:
        """End the session: the client left its poll or post, so packets may be lost."""
        if request not in (self._poll, self._post) or self.state is State.CLOSED:
            return []
        if request == self._poll:
            self._poll = None
        return self._end("transport close", NORMAL)

    def _refuse_polling(self, request: int) -> Reply | None:
        if self.state is State.CLOSED:
            return _refuse(request, UNKNOWN_SID)
        return _refuse(request, BAD_REQUEST) if self.state is State.WEBSOCKET else None

    def _receive_payload(self, body: Frame, now: int) -> list[Action]:
        settings = self.settings
        packets = decode_payload(body, max_bytes=settings.max_payload, max_packets=settings.max_packets)
        actions: list[Action] = []
        for packet in packets:
            actions += self._receive(packet, now)
        return actions

    # WebSocket: EIO4, "WebSocket" and "Upgrade".

    def websocket_opened(self, socket: int, now: int) -> list[Action]:
        """Take a WebSocket that was accepted for this session: only one, and only while polling."""
        actions = self.tick(now)
        if self.state is not State.POLLING:
            return [*actions, CloseSocket(socket, POLICY_VIOLATION)]
        self._socket, self.state = socket, State.PROBING
        self._upgrade_by = now + self.settings.upgrade_timeout
        return actions

    def websocket_message(self, socket: int, frame: Frame, now: int) -> list[Action]:
        """Take a frame. A malformed one ends the session; on a candidate it ends only the upgrade."""
        if socket != self._socket:
            return []
        try:
            if exceeds(frame, self.settings.max_payload):
                raise PayloadTooLarge("the message is larger than maxPayload")
            packet = decode_packet(frame)
            receive = self._receive if self.state is State.WEBSOCKET else self._receive_candidate
            return receive(packet, now)
        except ProtocolError as error:
            if self.state is State.WEBSOCKET:
                return self._end(str(error), error.close_code)
            return self._drop_candidate(error.close_code)

    def websocket_closed(self, socket: int) -> list[Action]:
        """End the session, or the upgrade that was not complete: its WebSocket closed or broke."""
        if socket != self._socket:
            return []
        self._socket = None
        if self.state is State.WEBSOCKET:
            return self._end("transport close", NORMAL)
        self.state, self._upgrade_by = State.POLLING, None
        return []

    def _receive_candidate(self, packet: Packet, now: int) -> list[Action]:
        handler = self._CANDIDATE.get((self.state, packet))
        if handler is None:
            raise MalformedPacket("not a packet of an upgrade")
        return handler(self, now)

    def _on_probe(self, _: int) -> list[Action]:
        self.state = State.UPGRADING
        noop: list[Action] = [] if self._poll is None else self._transmit((NOOP,))
        return [*self._to_socket((PONG + PROBE,)), *noop]

    def _on_upgrade(self, now: int) -> list[Action]:
        self.state, self._upgrade_by = State.WEBSOCKET, None
        self._heartbeat.moved(now)
        frames, self._buffer, self._size = self._buffer, [], 0
        actions = self._to_socket(frames)
        return actions if self._closing is None else [*actions, *self._end(self._closing, NORMAL)]

    def _drop_candidate(self, code: int) -> list[Action]:
        socket, self._socket, self._upgrade_by = self._socket, None, None
        self.state = State.POLLING
        return [] if socket is None else [CloseSocket(socket, code)]

    _CANDIDATE: ClassVar[dict[tuple[State, Packet], Callable[[Session, int], list[Action]]]] = {
        (State.PROBING, Packet(PING, PROBE)): _on_probe,
        (State.UPGRADING, Packet(UPGRADE)): _on_upgrade,
    }

    # Packets, whatever the transport: EIO4, "Protocol".

    def _receive(self, packet: Packet, now: int) -> list[Action]:
        if self._closing is not None or self.state is State.CLOSED:
            return []
        if packet.type == MESSAGE:
            return [Deliver(packet.data)]
        handler = self._CONTROL.get(packet)
        if handler is None:
            raise MalformedPacket("not a packet that a client may send now")
        return handler(self, now)

    def _on_close(self, _: int) -> list[Action]:
        return self._end("client close", NORMAL, last=NOOP)

    def _on_pong(self, now: int) -> list[Action]:
        self.heard(now)
        return []

    def _on_noop(self, _: int) -> list[Action]:
        return []

    _CONTROL: ClassVar[dict[Packet, Callable[[Session, int], list[Action]]]] = {
        Packet(CLOSE): _on_close,
        Packet(PONG): _on_pong,
        Packet(NOOP): _on_noop,
    }

    # Sending

    @property
    def socket(self) -> int | None:
        """The WebSocket that takes what is sent at once; None while that goes by polls, or nowhere."""
        return self._socket if self.state is State.WEBSOCKET else None

    def send(self, message: Frame) -> list[Action]:
        """Send one message. See ``send_frames``."""
        return self.send_frames((encode_message(message),))

    def send_frames(self, frames: Sequence[Frame]) -> list[Action]:
        """Send messages that ``encode_message`` has made, once for all the sessions they go to.

        Polling keeps them until the next poll; a client that does not fetch them ends the session when the
        bound is reached. Raises ``ValueError`` for text with the record separator: polling cannot carry it.
        """
        if self.state is State.CLOSED or self._closing is not None:
            return []
        return self._transmit(frames)

    def close(self, now: int, *, code: int = NORMAL, reason: str = "server close") -> list[Action]:
        """End the session. Over polling the client is told, and given what waits, with its next poll."""
        if self.state is State.CLOSED or self._closing is not None:
            return []
        if self.state is State.WEBSOCKET or self._poll is not None:
            return self._end(reason, code)
        self._closing, self._linger_by = reason, now + self.settings.linger
        self._buffer.append(CLOSE)
        return []

    def _to_socket(self, frames: Sequence[Frame]) -> list[Action]:
        return [] if self._socket is None else [SendFrame(self._socket, frame) for frame in frames]

    def _transmit(self, frames: Sequence[Frame]) -> list[Action]:
        if self.state is State.WEBSOCKET:
            return self._to_socket(frames)
        if any(isinstance(frame, str) and SEPARATOR in frame for frame in frames):
            raise ValueError("polling cannot carry text with the record separator")
        self._buffer += frames
        self._size += sum(map(len, frames))
        actions = self._flush()
        full = (
            len(self._buffer) > self.settings.max_buffered_packets
            or self._size > self.settings.max_buffered_size
        )
        return self._end("write buffer full", TRY_AGAIN_LATER) if full else actions

    def _flush(self) -> list[Action]:
        if self._poll is None or not self._buffer:
            return []
        reply = Reply(self._poll, 200, encode_payload(self._buffer))
        self._poll, self._buffer, self._size = None, [], 0
        return [reply] if self._closing is None else [reply, *self._end(self._closing, NORMAL)]

    def _end(self, reason: str, code: int, *, last: str = CLOSE) -> list[Action]:
        """Let the waiting poll and the WebSocket go, and keep nothing: the one way out."""
        actions: list[Action] = []
        if self._poll is not None:
            actions.append(Reply(self._poll, 200, last))
        if self._socket is not None:
            actions.append(CloseSocket(self._socket, code))
        self.state, self._poll, self._socket, self._buffer, self._size = State.CLOSED, None, None, [], 0
        return [*actions, Closed(reason)]

    # Time: EIO4, "Heartbeat".

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due next; None after the end."""
        if self.state is State.CLOSED:
            return None
        if self._closing is not None:
            return self._linger_by
        beat = self._heartbeat.deadline
        return beat if self._upgrade_by is None else min(beat, self._upgrade_by)

    def tick(self, now: int) -> list[Action]:
        """Do what is due: ping, give up an upgrade or a silent client. Early calls do nothing."""
        if (deadline := self.deadline) is None or now < deadline:
            return []
        if self._closing is not None:
            return self._end(self._closing, NORMAL)
        if self._upgrade_by is not None and now >= self._upgrade_by:
            return [*self._drop_candidate(POLICY_VIOLATION), *self.tick(now)]
        if self._heartbeat.awaiting:
            return self._end("ping timeout", POLICY_VIOLATION)
        return self._ping(now)

    def heard(self, at: int) -> None:
        """Take note of a pong that the platform absorbed at ``at``, before ``tick`` looks for it."""
        self._heartbeat.heard(at)

    def _ping(self, now: int) -> list[Action]:
        self._heartbeat.sent(now)
        return self._transmit((PING,))

    # Eviction

    def dump(self) -> dict[str, Any]:
        """Describe the session in JSON-able values for ``load``. Requests under way are not part of it."""
        values: dict[str, Any] = {name: getattr(self, f"_{name}") for name in self._KEPT}
        values |= {"sid": self.sid, "state": str(self.state), "heartbeat": self._heartbeat.dump()}
        values["buffer"] = encode_payload(self._buffer)
        return {name: value for name, value in values.items() if value not in (None, "")}

    @classmethod
    def load(cls, dumped: dict[str, Any], settings: Settings) -> Session:
        """Bring back the session that ``dump`` described."""
        session = cls(dumped["sid"], settings, State(dumped["state"]), 0)
        session._heartbeat.load(dumped["heartbeat"])
        for name in cls._KEPT:
            setattr(session, f"_{name}", dumped.get(name))
        session._buffer = decode_frames(dumped.get("buffer", ""))
        session._size = sum(map(len, session._buffer))
        return session

    _KEPT: ClassVar = ("socket", "upgrade_by", "closing", "linger_by")


def _refuse(request: int, code: int, status: int = 400) -> Reply:
    return Reply(request, status, Refused(code).body)
