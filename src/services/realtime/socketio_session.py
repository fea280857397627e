"""The session of one Socket.IO client: how it begins, or goes on where it was cut off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from services.realtime import closing
from services.realtime.gateway import failure
from services.realtime.journal import MARK, own
from services.realtime.recovery import Holding, Place, State
from services.realtime.socketio_rooms import RoomListener

if TYPE_CHECKING:
    from services.realtime.directs import Direct
    from services.realtime.recovery import Claim, Recovery
    from services.realtime.socketio import SocketIoClient

MAIN: Final = "/"


class Session:
    """What ``recovery`` knows of a client. ``own`` is how far it was told what is for its person alone.

    ``early`` holds what comes for the person while the client is being recovered.
    """

    def __init__(self, client: SocketIoClient) -> None:
        self._client = client
        self._pid: str | None = None
        self.own = Place(0, 0, 0)
        self.early: list[Direct] | None = None

    @property
    def recovery(self) -> Recovery:
        """The sessions of this object."""
        recovery = self._client.gateway.recovery
        assert recovery  # noqa: S101 - the object that makes Socket.IO clients has it
        return recovery

    def begin(self, told: int) -> None:
        """Let the client in; ``told`` numbers the last thing that its person was told before."""
        client, pid = self._client, self._client.gateway.context.random.token()
        client.peer.send(client.connection.accept(MAIN, client.id, pid=pid))
        self.hold(self._here(told))

    def hold(self, place: Place) -> None:
        """Be found by a client that comes back, whose person's news it had up to a place."""
        self.own = place
        self._pid = self._client.connection.namespaces[MAIN].pid
        if self._pid:
            self.recovery.sessions[self._pid] = self

    def end(self) -> None:
        """Be found no more."""
        if self._pid:
            self.recovery.end(self._pid)
            self._pid = None

    def park(self) -> None:
        """Wait for the client to come back, unless it is over."""
        if self._pid:
            self.recovery.park(self.state())

    def state(self) -> State:
        """What the client finds again when it comes back."""
        client, user_id = self._client, self._user_id
        member = client.connection.namespaces[MAIN]
        rooms = {room_id: room.place for room_id, room in client.rooms.items() if room.place}
        rooms[own(user_id)] = self.own
        return State(member.pid or "", member.sid, user_id, self.own.entered, rooms)

    def superseded(self) -> None:
        """Close the connection: the client came back on another."""
        self.end()
        self._client.close(closing.SUPERSEDED, "recovered")

    def enter(self, listener: RoomListener) -> None:
        """Note that the client is in a room from here on."""
        listener.place = self._here(self._client.gateway.reached(listener))

    def tell(self, name: str, about: dict[str, Any]) -> None:
        """Emit an event for this client alone, with an offset."""
        client, offset = self._client, self.recovery.journal.offset(MARK, 0)
        client.peer.send(client.connection.emit(MAIN, name, about, offset=offset).frames)

    async def recovered(self, pid: str, offset: str) -> bool:
        """Whether the client goes on where it was: all of what it missed is there, or nothing is sent of it."""
        try:
            claim = await self.recovery.claim(self._user_id, pid, offset)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client begins anew
            failure(error, self._client.gateway.context)
            return False
        return claim is not None and await self._go_on(claim, pid)

    async def _go_on(self, claim: Claim, pid: str) -> bool:
        client, held = self._client, Holding(self._client.peer)
        told = claim.rooms.pop(own(self._user_id))
        client.peer, self.early = held, []
        missed = await self._catch_up(claim, told)
        early, self.early, client.peer = self.early, None, held.peer
        if missed is None or held.too_much:
            client.leave_all()
            return False
        client.peer.send(client.connection.accept(MAIN, claim.sid, pid=pid))
        client.peer.pass_on(held.frames)
        for number, destination, payload in [*missed, *early]:
            if number > told:
                client.direct(destination, payload)
                told = number
        self.hold(self._here(told))
        for listener in client.rooms.values():
            self.enter(listener)
        self.tell("session:recovered", {"rooms": list(client.rooms)})
        return True

    async def _catch_up(self, claim: Claim, told: int) -> list[Direct] | None:
        """Enter the rooms again. What the person was told meanwhile; None if anything is missing."""
        rooms = (self._reenter(*room) for room in claim.rooms.items())
        news = self._client.gateway.missed(self._user_id, told)
        *complete, missed = await asyncio.gather(*rooms, news, return_exceptions=True)
        return missed if isinstance(missed, list) and all(each is True for each in complete) else None

    async def _reenter(self, room_id: str, last_event: int) -> bool:
        """Whether all that was missed of a room could be replayed."""
        client = self._client
        listener = client.rooms[room_id] = RoomListener(client, room_id, self._user_id)
        about = await client.gateway.listen(listener, last_event=last_event)
        return not about["truncated"]

    def _here(self, event: int) -> Place:
        """The place of a client that has just had that event."""
        position = self.recovery.journal.mark()
        return Place(position, position, event)

    @property
    def _user_id(self) -> str:
        assert self._client.identity  # noqa: S101 - it has been identified
        return self._client.identity.user_id
