"""Chat over STOMP: destinations, receipts and refusals. The frames are ``protocols.stomp``'s."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final

from protocols import stomp
from protocols.stomp import PreparedMessage, WindowFull
from services.problems import InvalidToken, Problem, Unauthorized
from services.realtime import closing
from services.realtime.commands import (
    MAX_ROOM_ID,
    JoinRoom,
    ReadUpTo,
    Renew,
    SendMessage,
    SetStatus,
    UnknownDestination,
    check,
    describe,
    parse,
)
from services.realtime.gateway import failure
from services.realtime.identity import Identity
from services.realtime.stomp_inbox import INBOX, Inbox
from services.realtime.stomp_rooms import JSON, AcknowledgedRoomListener, RoomListener
from services.realtime.turns import PIPELINED, InTurn, Pipeline

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.realtime.gateway import Gateway
    from services.realtime.peers import Peer

LIMITS: Final = stomp.Limits()
BEAT: Final = 10_000
"""Milliseconds between heart-beats that we ask for. The platform answers each: ours are as frequent."""
MAX_WAITING: Final = 1_048_576
"""Octets that one client may have sent before they were handled."""
MAX_BACKLOG: Final = 500
"""Messages that wait for a client's ACK before more are sent to it."""
SERVER: Final = "studymate"
ERRORS: Final = "/user/queue/errors"
QUEUES: Final = frozenset((INBOX, "/user/queue/notifications", "/user/queue/presence", ERRORS))

_TOPIC = re.compile(rf"/topic/chat/([A-Za-z0-9_-]{{1,{MAX_ROOM_ID}}})(/events)?")
_SEND = re.compile(rf"/app/(?:chat/([A-Za-z0-9_-]{{1,{MAX_ROOM_ID}}})(/typing|/read)?|(auth|presence))")


class StompClient:
    """One STOMP connection. ``keep`` stores its state with its socket."""

    def __init__(
        self, gateway: Gateway, peer: Peer, client_id: str, identity: Identity | None = None
    ) -> None:
        self.gateway = gateway
        self.peer = peer
        self.id = client_id
        self.identity = identity
        self.connection = stomp.ServerConnection(LIMITS)
        self.listeners: dict[str, RoomListener] = {}
        self.queues: dict[str, str] = {}
        self.inbox = Inbox(self)
        self._backlog: deque[tuple[str, str, PreparedMessage[str]]] = deque()
        self._turn = InTurn(MAX_WAITING)
        self._pipeline = Pipeline(PIPELINED)
        self._posted = 0

    # Life

    @property
    def beat(self) -> int:
        """Milliseconds between the client's heart-beats as agreed; 0 for none."""
        return self.connection.heart_beats[1]

    def opened(self) -> None:
        """Wait: it is the client that speaks first."""

    async def receive(self, data: str | bytes) -> None:
        """Take what the client sent, in its turn."""
        if not await self._turn.do(lambda: self._receive(data), len(data)):
            self.close(closing.TRY_AGAIN_LATER, "too much at once")

    async def _receive(self, data: str | bytes) -> None:
        events = self.connection.receive(data)
        while events:
            for event in events:
                if not isinstance(event, stomp.Send):
                    await self._pipeline.settled()
                await self._HANDLERS[type(event)](self, event)
            greeted = isinstance(events[0], stomp.Connect)
            events = self.connection.receive(b"") if greeted else []

    async def closed(self) -> None:
        """Forget it, the socket being gone, once what it sent is handled."""
        await self._turn.do(self._closed, 0)

    async def _closed(self) -> None:
        for listener in self.listeners.values():
            self.gateway.stop(listener)
        self.listeners.clear()
        self.inbox.close()
        await self.gateway.departed(self)

    def close(self, code: int, reason: str) -> None:
        """End the connection from our side."""
        self.peer.close(code, reason)

    def dump(self) -> dict[str, Any]:
        """What has to outlive an eviction."""
        return {
            "who": self.identity,
            "stomp": self.connection.dump(),
            "heard": [n for n, key in enumerate(self.connection.subscriptions) if key in self.listeners],
            "inbox": list(self.inbox.rooms),
            "behind": bool(self._backlog),
        }

    def load(self, kept: dict[str, Any]) -> None:
        """Go on after an eviction."""
        self.identity = Identity(*kept["who"]) if kept["who"] else None
        self.connection = stomp.ServerConnection.load(kept["stomp"], LIMITS)
        for subscription in self.connection.subscriptions.values():
            if subscription.destination in QUEUES:
                self.queues[subscription.destination] = subscription.id
        if self.connection.state is not stomp.State.CONNECTED:
            return
        user_id = self.gateway.take_back(self)
        for number, each in enumerate(list(self.connection.subscriptions.values())):
            match = _TOPIC.fullmatch(each.destination)
            if match and number in kept["heard"]:
                self.listeners[each.id] = self._listener(each.id, match[1], user_id)
                self.gateway.restore(self.listeners[each.id])
        self.inbox.load(kept["inbox"])
        if kept["behind"]:  # what waited for acknowledgements went with the memory
            self.close(closing.TRY_AGAIN_LATER, "resume")

    def keep(self) -> None:
        """Store the state for the time after an eviction."""
        self.peer.keep(self.dump())

    # What clients send

    async def _on_connect(self, event: stomp.Connect) -> None:
        try:
            self.identity = await self._identified(event)
            await self.gateway.arrived(self, event.headers.get("user-agent", ""))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told
            self._fail(failure(error, self.gateway.context), None)
            return
        # The platform answers each beat of the client: we cannot beat more often than it does.
        sends = max(event.heart_beat[0], BEAT) if event.heart_beat[0] else 0
        name = {"user-name": self.identity.user_id}
        self.peer.send(
            self.connection.connected(heart_beat=(sends, BEAT), session=self.id, server=SERVER, headers=name)
        )
        self.keep()

    async def _identified(self, event: stomp.Connect) -> Identity:
        header = event.headers.get("Authorization") or event.headers.get("authorization") or ""
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer":
            return await self.gateway.identify(token.strip())
        if event.passcode:
            return await self.gateway.identify(event.passcode)
        if self.identity is None:
            raise Unauthorized
        return self.identity

    async def _on_send(self, event: stomp.Send) -> None:
        identity = self._who()
        try:
            await self.gateway.charge(identity)
            match = _SEND.fullmatch(event.destination)
            if match is None:
                raise UnknownDestination  # noqa: TRY301 - told as everything else is
            room_id, what, own = match.groups(default="")
            if room_id and not what:
                work = self.gateway.send(identity.user_id, room_id, parse(SendMessage, event.body))
                await self._pipeline.begin(work, lambda result: self._done(event, result))
                return
            await self._pipeline.settled()
            await self._dispatch(identity, event, room_id, what, own)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told
            await self._pipeline.settled()
            self._done(event, error)
        else:
            self._done(event)

    def _done(self, event: stomp.Send, result: Any = None) -> None:
        """Tell that it is done, or why not."""
        if isinstance(result, Exception):
            self._refuse(failure(result, self.gateway.context), event)
        else:
            self._receipt(event.receipt)

    async def _dispatch(
        self, identity: Identity, event: stomp.Send, room_id: str, what: str, own: str
    ) -> None:
        if own == "auth":
            await self._renew(identity, parse(Renew, event.body))
        elif own == "presence":
            await self.gateway.set_status(self, parse(SetStatus, event.body).status)
        elif what == "/typing":
            await self.gateway.typing(identity.user_id, room_id)
        else:
            await self.gateway.read(identity.user_id, room_id, parse(ReadUpTo, event.body).seq)

    async def _renew(self, identity: Identity, command: Renew) -> None:
        renewed = await self.gateway.identify(command.access_token)
        if renewed.user_id != identity.user_id:
            raise InvalidToken
        self.identity = renewed
        self.keep()

    async def _on_subscribe(self, event: stomp.Subscribe) -> None:
        try:
            await self._subscribe(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told
            self._refuse(failure(error, self.gateway.context), event)
        else:
            self._receipt(event.receipt)
        self.keep()

    async def _subscribe(self, event: stomp.Subscribe) -> None:
        if event.destination in QUEUES:
            self.queues[event.destination] = event.id
            if event.destination == INBOX:
                await self.inbox.open()
            return
        match = _TOPIC.fullmatch(event.destination)
        if match is None:
            raise UnknownDestination
        await self.gateway.charge(self._who())
        marks = {"lastSeq": event.headers.get("last-seq"), "lastEvent": event.headers.get("last-event")}
        since = check(JoinRoom, {"roomId": match[1], **marks})
        listener = self._listener(event.id, match[1], self._who().user_id)
        self.listeners[event.id] = listener
        try:
            await self.gateway.listen(listener, last_seq=since.last_seq, last_event=since.last_event)
        except Exception:
            self.listeners.pop(event.id, None)
            raise

    def _listener(self, key: str, room_id: str, user_id: str) -> RoomListener:
        subscription = self.connection.subscriptions[key]
        kind = RoomListener if subscription.ack == "auto" else AcknowledgedRoomListener
        return kind(self, subscription, room_id, user_id)

    async def follow(self, room_id: str, after: int) -> None:
        """Let the inbox, if it is open, hear one more room from that event on."""
        await self.inbox.follow(room_id, after)

    async def _on_unsubscribe(self, event: stomp.Unsubscribe) -> None:
        if listener := self.listeners.pop(event.id, None):
            self.gateway.stop(listener)
        if self.queues.get(event.destination) == event.id:
            del self.queues[event.destination]
            if event.destination == INBOX:
                self.inbox.close()
        self._backlog = deque(waiting for waiting in self._backlog if waiting[0] != event.id)
        self._receipt(event.receipt)
        self.keep()

    async def _on_settled(self, event: stomp.Ack | stomp.Nack) -> None:
        self._receipt(event.receipt)
        waiting, self._backlog = self._backlog, deque()
        for subscription, message_id, message in waiting:
            self.post(subscription, message_id, message)
        self.keep()

    async def _on_commit(self, event: stomp.Commit) -> None:
        for each in event.events:
            await self._HANDLERS[type(each)](self, each)
        await self._pipeline.settled()
        self._receipt(event.receipt)
        self.keep()

    async def _on_note(self, event: stomp.Begin | stomp.Abort | stomp.Enlisted) -> None:
        self._receipt(event.receipt)
        self.keep()

    async def _on_disconnect(self, event: stomp.Disconnect) -> None:
        self._receipt(event.receipt)
        self.close(closing.NORMAL, "")

    async def _on_heart_beat(self, _: stomp.HeartBeat) -> None:
        """Beat back, as promised: the platform answers only what is one line end, over a socket, as text."""
        self.peer.send("\n")

    async def _on_failed(self, event: stomp.Failed) -> None:
        self.peer.send(event.frame)
        self.close(closing.PROTOCOL_ERROR, event.error.code)

    _HANDLERS: ClassVar[dict[type, Callable[[StompClient, Any], Awaitable[None]]]] = {
        stomp.Connect: _on_connect,
        stomp.Send: _on_send,
        stomp.Subscribe: _on_subscribe,
        stomp.Unsubscribe: _on_unsubscribe,
        stomp.Ack: _on_settled,
        stomp.Nack: _on_settled,
        stomp.Begin: _on_note,
        stomp.Enlisted: _on_note,
        stomp.Commit: _on_commit,
        stomp.Abort: _on_note,
        stomp.Disconnect: _on_disconnect,
        stomp.HeartBeat: _on_heart_beat,
        stomp.Failed: _on_failed,
    }

    # What clients get

    def direct(self, destination: str, payload: str, _number: int = 0) -> bool:
        """Send something to one of the person's own queues, if the client subscribed to it."""
        subscription = self.queues.get(destination)
        if subscription is None:
            return False
        self._posted += 1
        message_id = f"{self.gateway.context.clock.now()}-{self._posted}"
        self.post(subscription, message_id, PreparedMessage(destination, payload, JSON))
        if self.connection.subscriptions[subscription].ack != "auto":
            self.keep()
        return True

    def post(self, subscription: str, message_id: str, message: PreparedMessage[str]) -> None:
        """Send one message to one subscription, or keep it until the client acknowledges others."""
        if not self._backlog:
            try:
                self.peer.send(self.connection.deliver(message, subscription, message_id))
            except WindowFull:
                pass
            else:
                return
        self._backlog.append((subscription, message_id, message))
        if len(self._backlog) > MAX_BACKLOG:
            self.close(closing.TOO_SLOW, "too many unacknowledged messages")

    def _receipt(self, receipt: str | None) -> None:
        if receipt is not None:
            self.peer.send(self.connection.receipt(receipt))

    def _refuse(self, problem: Problem, event: stomp.Send | stomp.Subscribe) -> None:
        """Tell what could not be done: on the queue for errors, or as STOMP has it, with an end."""
        subscription = self.queues.get(ERRORS)
        if subscription is None:
            self._fail(problem, event.receipt)
            return
        told = json.dumps({**describe(problem), "destination": event.destination, "receipt": event.receipt})
        self.direct(ERRORS, told)

    def _fail(self, problem: Problem, receipt: str | None) -> None:
        told = describe(problem)
        own = {"code": problem.code, "status": str(problem.status)}
        frame = self.connection.error(told["detail"], json.dumps(told), receipt_id=receipt, headers=own)
        self.peer.send(frame)
        refused = isinstance(problem, Unauthorized)
        self.close(closing.UNAUTHORIZED if refused else closing.NORMAL, problem.code)

    def _who(self) -> Identity:
        assert self.identity is not None  # noqa: S101 - the codec lets nothing pass before CONNECT
        return self.identity
