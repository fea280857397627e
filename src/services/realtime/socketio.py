"""Chat over Socket.IO: events, acknowledgements and refusals. The packets are ``protocols.socketio``'s."""

from __future__ import annotations

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
from services.realtime.journal import MARK, Reached
from services.realtime.socketio_rooms import RoomListener, event_frame
from services.realtime.socketio_session import MAIN, EventPeer, Session
from services.realtime.turns import InTurn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from services.realtime.gateway import Gateway

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
        self, gateway: Gateway, peer: EventPeer, client_id: str, identity: Identity | None = None
    ) -> None:
        self.gateway = gateway
        self.peer = peer
        self.id = client_id
        self.identity = identity
        self.connection = socketio.ServerConnection(NAMESPACES, SETTINGS, self._now())
        self.rooms: dict[str, RoomListener] = {}
        self.session = Session(self)
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
        """Forget it, the transport being gone, once what it sent is handled; the client may come back."""
        await self._turn.do(self._closed, 0)

    async def _closed(self) -> None:
        self.session.park()
        self.connection.close()
        self.leave_all()
        await self.gateway.departed(self)

    def close(self, code: int, reason: str) -> None:
        """End the connection from our side; whoever is signed out cannot come back to it."""
        if code == closing.SIGNED_OUT:
            self.session.end()
        self.peer.close(code, reason)

    def dump(self) -> dict[str, Any]:
        """What has to outlive an eviction."""
        return {
            "who": self.identity,
            "sio": self.connection.dump(),
            "rooms": {room_id: room.place for room_id, room in self.rooms.items()},
            "own": self.session.own,
            "offsets": self.session.offsets,
        }

    def load(self, kept: dict[str, Any]) -> None:
        """Go on after an eviction."""
        self.identity = Identity(*kept["who"]) if kept["who"] else None
        self.session.offsets = kept["offsets"]
        self.connection = socketio.ServerConnection.load(kept["sio"], NAMESPACES, SETTINGS)
        if not self.connection.namespaces:
            return
        user_id = self.gateway.take_back(self)
        for room_id, place in kept["rooms"].items():
            listener = RoomListener(self, room_id, user_id, Reached(*place) if place else None)
            self.rooms[room_id] = listener
            self.gateway.restore(listener)
        self.session.hold(Reached(*kept["own"]))

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
        if not (event.pid and event.offset and await self.session.recovered(event.pid, event.offset)):
            self.session.begin(told)
        self.keep()

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
        self.session.enter(listener)
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
        self.session.end()
        self.leave_all()
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
        if self.session.early is not None and number:
            self.session.early.append((number, destination, payload))
            return True
        if destination not in QUEUES or MAIN not in self.connection.namespaces:
            return False
        known = number and self.session.offsets
        offset = self.session.recovery.journal.offset(MARK, 0) if known else None
        self.peer.pass_on([event_frame(QUEUES[destination](payload), payload, offset)])
        return True

    def _leave_room(self, room_id: str) -> None:
        if listener := self.rooms.pop(room_id, None):
            self.gateway.stop(listener)

    def leave_all(self) -> None:
        """Listen to no room any more."""
        for room_id in list(self.rooms):
            self._leave_room(room_id)

    def _who(self) -> Identity:
        assert self.identity is not None  # noqa: S101 - the codec lets no event pass before CONNECT
        return self.identity


def frames(messages: Sequence[socketio.Frame]) -> list[socketio.Frame]:
    """A packet's messages as Engine.IO frames."""
    return [encode_message(message) for message in messages]
