"""Chat over Socket.IO: events, acknowledgements and refusals. The packets are ``protocols.socketio``'s."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from protocols import socketio
from protocols.engineio import encode_message
from services.problems import Conflict, InvalidToken, Problem, Unauthorized
from services.realtime import closing
from services.realtime.commands import (
    InRoom,
    JoinRoom,
    ReadInRoom,
    Renew,
    SendToRoom,
    SetStatus,
    UnknownDestination,
    check,
    describe,
)
from services.realtime.gateway import PRESENCE_QUEUE, failure
from services.realtime.identity import Identity
from services.realtime.journal import MARK, own
from services.realtime.recovery import Holding, Place, State
from services.realtime.socketio_rooms import RoomListener, event_frame
from services.realtime.turns import InTurn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from services.realtime.directs import Direct
    from services.realtime.gateway import Gateway
    from services.realtime.peers import Peer
    from services.realtime.recovery import Claim, Recovery

MAIN: Final = "/"
NAMESPACES: Final = frozenset((MAIN,))
SETTINGS: Final = socketio.Settings()
MAX_ROOMS: Final = 200
MAX_WAITING: Final = 1_048_576
"""Octets, or as many characters, that one client may have sent before they were handled."""
QUEUES: Final[dict[str, Callable[[str], str]]] = {
    "/user/queue/notifications": lambda _: "notification:new",
    PRESENCE_QUEUE: lambda payload: f"presence:{json.loads(payload)['status']}",
}
"""Names of the events that the person's own queues are here."""


class TooManyRooms(Conflict):
    """One connection listens to so many rooms and no more."""

    code = "too_many_rooms"
    title = f"One connection can be in {MAX_ROOMS} rooms."


class SocketIoClient:
    """One Socket.IO connection."""

    def __init__(
        self, gateway: Gateway, peer: Peer, client_id: str, identity: Identity | None = None
    ) -> None:
        self.gateway = gateway
        self.peer = peer
        self.id = client_id
        self.identity = identity
        self.connection = socketio.ServerConnection(NAMESPACES, SETTINGS, self._now())
        self.rooms: dict[str, RoomListener] = {}
        self.pid: str | None = None
        self._own = Place(0, 0, 0)
        self._early: list[Direct] | None = None
        self._turn = InTurn(MAX_WAITING)

    def _now(self) -> int:
        return self.gateway.context.clock.now()

    # Life

    async def receive(self, data: socketio.Frame) -> None:
        """Take one Engine.IO message, in its turn."""
        if not await self._turn.do(lambda: self._receive(data), len(data)):
            self.close(closing.TRY_AGAIN_LATER, "too much at once")

    async def _receive(self, data: socketio.Frame) -> None:
        try:
            events = self.connection.receive(data, self._now())
        except socketio.ProtocolError as error:
            self.close(error.close_code, str(error))
            return
        await self._handle(events)

    async def _handle(self, events: Sequence[socketio.Event]) -> None:
        for event in events:
            await self._HANDLERS[type(event)](self, event)

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due."""
        return self.connection.deadline

    async def tick(self, now: int) -> None:
        """Do what is due."""
        await self._handle(self.connection.tick(now))

    async def closed(self) -> None:
        """Forget it, the transport being gone; the client may come back and go on."""
        if self.pid:
            self.recovery.park(self.state())
        self.connection.close()
        self._leave_all()
        await self.gateway.departed(self)

    def close(self, code: int, reason: str) -> None:
        """End the connection from our side; whoever is signed out cannot come back to it."""
        if code == closing.SIGNED_OUT:
            self._end_session()
        self.peer.close(code, reason)

    def superseded(self) -> None:
        """Close it: the client came back on another connection."""
        self._end_session()
        self.close(closing.SUPERSEDED, "recovered")

    def _end_session(self) -> None:
        if self.pid:
            self.recovery.end(self.pid)
            self.pid = None

    @property
    def recovery(self) -> Recovery:
        """The sessions of this object."""
        assert self.gateway.recovery  # noqa: S101 - the object that makes Socket.IO clients has it
        return self.gateway.recovery

    def state(self) -> State:
        """What the client finds again when it comes back."""
        member = self.connection.namespaces[MAIN]
        rooms = {room_id: room.place for room_id, room in self.rooms.items() if room.place}
        user_id = self._who().user_id
        rooms[own(user_id)] = self._own
        return State(member.pid or "", member.sid, user_id, self._own.entered, rooms)

    def dump(self) -> dict[str, Any]:
        """What has to outlive an eviction."""
        rooms = {room_id: room.place for room_id, room in self.rooms.items()}
        return {"who": self.identity, "sio": self.connection.dump(), "rooms": rooms, "own": self._own}

    def load(self, kept: dict[str, Any]) -> None:
        """Go on after an eviction."""
        self.identity = Identity(*kept["who"]) if kept["who"] else None
        self.connection = socketio.ServerConnection.load(kept["sio"], NAMESPACES, SETTINGS)
        if not self.connection.namespaces:
            return
        user_id = self.gateway.take_back(self)
        for room_id, place in kept["rooms"].items():
            listener = RoomListener(self, room_id, user_id, Place(*place) if place else None)
            self.rooms[room_id] = listener
            self.gateway.restore(listener)
        self._hold(Place(*kept["own"]))

    def _hold(self, place: Place) -> None:
        """Be found by a client that comes back, which has been told of everything up to a place."""
        self._own = place
        self.pid = self.connection.namespaces[MAIN].pid
        if self.pid:
            self.recovery.sessions[self.pid] = self

    def keep(self) -> None:
        """Store the state for the time after an eviction."""
        self.peer.keep(self.dump())

    # What clients send

    async def _on_connect(self, event: socketio.NamespaceConnect) -> None:
        now = self._now()
        try:
            self.identity = await self._identified(event.auth)
            told = await self.gateway.arrived(self, str(event.auth.get("device", "")))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told
            why = describe(failure(error, self.gateway.context))
            self.peer.send(self.connection.refuse(event.namespace, why["detail"], now, data=why))
            return
        if not (event.pid and event.offset and await self._recovered(event.pid, event.offset)):
            pid = self.gateway.context.random.token()
            self.peer.send(self.connection.accept(MAIN, self.id, pid=pid))
            self._hold(self._here(told))
        self.keep()

    async def _recovered(self, pid: str, offset: str) -> bool:
        """Whether the client goes on where it was: all of what it missed is there, or nothing is sent of it."""
        try:
            claim = await self.recovery.claim(self._who().user_id, pid, offset)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client begins anew
            failure(error, self.gateway.context)
            return False
        return claim is not None and await self._go_on(claim, pid)

    async def _go_on(self, claim: Claim, pid: str) -> bool:
        user_id, peer, held = self._who().user_id, self.peer, Holding(self.peer)
        told = claim.rooms.pop(own(user_id))
        self.peer, self._early = held, []
        rooms = (self._reenter(*room) for room in claim.rooms.items())
        *complete, missed = await asyncio.gather(
            *rooms, self.gateway.missed(user_id, told), return_exceptions=True
        )
        early, self.peer, self._early = self._early, peer, None
        if held.too_much or not isinstance(missed, list) or not all(each is True for each in complete):
            self._leave_all()
            return False
        peer.send(self.connection.accept(MAIN, claim.sid, pid=pid))
        peer.pass_on(held.frames)
        for number, destination, payload in [*missed, *early]:
            if number > told:
                self.direct(destination, payload)
                told = number
        self._hold(self._here(told))
        for listener in self.rooms.values():
            self._enter(listener)
        self._tell("session:recovered", {"rooms": list(self.rooms)})
        return True

    async def _reenter(self, room_id: str, last_event: int) -> bool:
        """Whether all that was missed of a room could be replayed."""
        listener = self.rooms[room_id] = RoomListener(self, room_id, self._who().user_id)
        about = await self.gateway.listen(listener, last_event=last_event)
        return not about["truncated"]

    def _enter(self, listener: RoomListener) -> None:
        """Note that the client is in a room from here on, as far as a recovery goes."""
        listener.place = self._here(self.gateway.reached(listener))

    def _here(self, event: int) -> Place:
        """The place of a client that has just had that event."""
        position = self.recovery.journal.mark()
        return Place(position, position, event)

    def _tell(self, name: str, about: dict[str, Any]) -> None:
        """Emit an event for this client alone, with an offset."""
        offset = self.recovery.journal.offset(MARK, 0)
        self.peer.send(self.connection.emit(MAIN, name, about, offset=offset).frames)

    async def _identified(self, auth: dict[str, Any]) -> Identity:
        token = auth.get("token")
        if isinstance(token, str):
            return await self.gateway.identify(token.removeprefix("Bearer "))
        if self.identity is None:
            raise Unauthorized
        return self.identity

    async def _on_event(self, event: socketio.EventReceived) -> None:
        try:
            await self.gateway.charge(self._who())
            answer = {"ok": True} | await self._do(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told
            self._refuse(failure(error, self.gateway.context), event)
            return
        if event.ack_id is not None:
            self.peer.send(self.connection.ack(event.namespace, event.ack_id, answer))

    def _refuse(self, problem: Problem, event: socketio.EventReceived) -> None:
        answer = {"ok": False, **describe(problem)}
        if event.ack_id is not None:
            self.peer.send(self.connection.ack(event.namespace, event.ack_id, answer))
        else:
            told = {**answer, "event": event.name}
            self.peer.send(self.connection.emit(event.namespace, "problem", told).frames)

    async def _do(self, event: socketio.EventReceived) -> dict[str, Any]:
        handler = self._EVENTS.get(str(event.name))
        if handler is None:
            raise UnknownDestination
        return await handler(self, event.args[0] if event.args else {})

    async def _join(self, argument: Any) -> dict[str, Any]:
        wanted = check(JoinRoom, argument)
        self._leave_room(wanted.room_id)
        if len(self.rooms) >= MAX_ROOMS:
            raise TooManyRooms
        listener = RoomListener(self, wanted.room_id, self._who().user_id)
        self.rooms[wanted.room_id] = listener
        try:
            joined = await self.gateway.listen(
                listener, last_seq=wanted.last_seq, last_event=wanted.last_event
            )
        except Exception:
            self.rooms.pop(wanted.room_id, None)
            raise
        self._enter(listener)
        self._tell("chat:joined", {"roomId": wanted.room_id, **joined})
        self.keep()
        return joined

    async def _leave(self, argument: Any) -> dict[str, Any]:
        self._leave_room(check(InRoom, argument).room_id)
        self.keep()
        return {}

    async def _message(self, argument: Any) -> dict[str, Any]:
        message = check(SendToRoom, argument)
        sent = await self.gateway.send(self._who().user_id, message.room_id, message)
        return {"message": json.loads(sent)}

    async def _typing(self, argument: Any) -> dict[str, Any]:
        await self.gateway.typing(self._who().user_id, check(InRoom, argument).room_id)
        return {}

    async def _read(self, argument: Any) -> dict[str, Any]:
        mark = check(ReadInRoom, argument)
        read = await self.gateway.read(self._who().user_id, mark.room_id, mark.seq)
        return {"readSeq": read["read_seq"], "unreadCount": read["unread_count"]}

    async def _renew(self, argument: Any) -> dict[str, Any]:
        renewed = await self.gateway.identify(check(Renew, argument).access_token)
        if renewed.user_id != self._who().user_id:
            raise InvalidToken
        self.identity = renewed
        self.keep()
        return {"expiresAt": renewed.expires_at}

    async def _set_status(self, argument: Any) -> dict[str, Any]:
        await self.gateway.set_status(self, check(SetStatus, argument).status)
        return {}

    async def _set_online(self, _: Any) -> dict[str, Any]:
        return await self._set_status({"status": "online"})

    async def _set_away(self, _: Any) -> dict[str, Any]:
        return await self._set_status({"status": "away"})

    async def _on_send(self, event: socketio.Send) -> None:
        self.peer.send(event.frames)

    async def _on_disconnect(self, _: socketio.NamespaceDisconnect) -> None:
        self._end_session()
        self._leave_all()
        await self.gateway.departed(self)
        self.keep()

    async def _on_connect_timeout(self, _: socketio.ConnectTimeout) -> None:
        self.close(closing.UNAUTHORIZED, "unauthorized")

    async def _on_ack(self, _: socketio.AckReceived | socketio.AckTimeout) -> None:
        """Nothing of ours asks for an acknowledgement: clients resume by numbers."""

    _EVENTS: ClassVar[dict[str, Callable[[SocketIoClient, Any], Awaitable[dict[str, Any]]]]] = {
        "chat:join": _join,
        "chat:leave": _leave,
        "chat:message": _message,
        "chat:typing": _typing,
        "chat:read": _read,
        "auth:renew": _renew,
        "presence:set": _set_status,
        "presence:online": _set_online,
        "presence:away": _set_away,
    }
    _HANDLERS: ClassVar[dict[type, Callable[[SocketIoClient, Any], Awaitable[None]]]] = {
        socketio.NamespaceConnect: _on_connect,
        socketio.EventReceived: _on_event,
        socketio.NamespaceDisconnect: _on_disconnect,
        socketio.Send: _on_send,
        socketio.ConnectTimeout: _on_connect_timeout,
        socketio.AckReceived: _on_ack,
        socketio.AckTimeout: _on_ack,
    }

    # What clients get

    async def follow(self, room_id: str, after: int) -> None:
        """Nothing: clients join the rooms that they want to hear."""

    def direct(self, destination: str, payload: str, number: int = 0) -> bool:
        """Send something for the person themselves; what comes while the client is recovered has to wait."""
        if self._early is not None and number:
            self._early.append((number, destination, payload))
            return True
        if destination not in QUEUES or MAIN not in self.connection.namespaces:
            return False
        offset = self.recovery.journal.offset(MARK, 0) if number else None
        self.peer.pass_on([event_frame(QUEUES[destination](payload), payload, offset)])
        return True

    def _leave_room(self, room_id: str) -> None:
        if listener := self.rooms.pop(room_id, None):
            self.gateway.stop(listener)

    def _leave_all(self) -> None:
        for room_id in list(self.rooms):
            self._leave_room(room_id)

    def _who(self) -> Identity:
        assert self.identity is not None  # noqa: S101 - the codec lets no event pass before CONNECT
        return self.identity


def frames(messages: Sequence[socketio.Frame]) -> list[socketio.Frame]:
    """A packet's messages as Engine.IO frames."""
    return [encode_message(message) for message in messages]
