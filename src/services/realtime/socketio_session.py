"""The session of one Socket.IO client: how it begins, or goes on where it was cut off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from services.realtime import closing
from services.realtime.gateway import failure
from services.realtime.journal import MARK, Reached, own
from services.realtime.peers import Peer
from services.realtime.recovery import Holding, State
from services.realtime.socketio_rooms import RoomListener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.realtime.directs import Direct
    from services.realtime.recovery import Claim, Recovery
    from services.realtime.socketio import SocketIoClient

MAIN: Final = "/"
FIXED_ARITY: Final = ("aiohttp", "python-requests")
"""What carries a client whose handlers fail on an argument more than they name."""


class EventPeer(Peer, Protocol):
    """A client's end; offsets are arguments of events."""

    expects_offsets: bool


def expects_offsets(headers: Mapping[str, str]) -> bool:
    """Whether a client bears an offset behind the arguments of an event, as that of JavaScript does.

    That of Python does not. It is known by what carries it: aiohttp, requests, or websocket-client, which tells
    an origin and no name.
    """
    agent = headers.get("user-agent", "").lower()
    return not any(name in agent for name in FIXED_ARITY) if agent else "origin" not in headers


class Session:
    """What ``recovery`` knows of a client, if that takes ``offsets``: without them it cannot be recovered.

    ``own`` is how far it was told what is for its person alone. ``early`` holds what comes for the person while
    the client is being recovered.
    """

    def __init__(self, client: SocketIoClient) -> None:
        self._client = client
        self._pid: str | None = None
        self.offsets = client.peer.expects_offsets
        self.own = Reached(0, 0)
        self.early: list[Direct] | None = None

    @property
    def recovery(self) -> Recovery:
        """The sessions of this object."""
        recovery = self._client.gateway.recovery
        assert recovery  # noqa: S101 - the object that makes Socket.IO clients has it
        return recovery

    def begin(self, told: int) -> None:
        """Let the client in; ``told`` numbers the last thing that its person was told before."""
        client = self._client
        pid = client.gateway.context.random.token() if self.offsets else None
        client.peer.send(client.connection.accept(MAIN, client.id, pid=pid))
        self.hold(self._here(told))

    def hold(self, place: Reached) -> None:
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
        return State(member.pid or "", member.sid, user_id, rooms)

    def superseded(self) -> None:
        """Close the connection: the client came back on another."""
        self.end()
        self._client.close(closing.SUPERSEDED, "recovered")

    def enter(self, listener: RoomListener) -> None:
        """Note that the client is in a room from here on."""
        listener.place = self._here(self._client.gateway.reached(listener))

    async def recovered(self, pid: str, offset: str) -> bool:
        """Whether the client goes on where it was: all of what it missed is there, or nothing is sent of it."""
        if not self.offsets:
            return False
        try:
            claim = await self.recovery.claim(self._user_id, pid, offset)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client begins anew
            failure(error, self._client.gateway.context)
            return False
        return claim is not None and await self._go_on(claim, pid)

    async def _go_on(self, claim: Claim, pid: str) -> bool:
        client, peer = self._client, self._client.peer
        held = Holding(peer)
        told = claim.rooms.pop(own(self._user_id))
        client.peer, self.early = held, []
        missed = await self._catch_up(claim, told)
        early, self.early, client.peer = self.early, None, peer
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
        about, offset = {"rooms": list(client.rooms)}, self.recovery.journal.offset(MARK, 0)
        client.peer.send(client.connection.emit(MAIN, "session:recovered", about, offset=offset).frames)
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

    def _here(self, event: int) -> Reached:
        """The place of a client that has just had that event."""
        return Reached(self.recovery.journal.mark(), event)

    @property
    def _user_id(self) -> str:
        assert self._client.identity  # noqa: S101 - it has been identified
        return self._client.identity.user_id
