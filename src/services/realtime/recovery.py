"""Connection state recovery (Socket.IO 4.6): a client that was cut off goes on as if nothing had happened.

Its session (rooms, and how far it got in each) is parked where its connection ended. The client comes back with
its ``pid`` and the offset of the last event it had, on whichever object; that one claims the session, subscribes
to the rooms again, and the rooms replay what was missed. If anything is in doubt, the client begins anew and is
told so: it joins its rooms with the last ``seq`` it saw.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from services.realtime.admission import shards
from services.realtime.journal import KEPT, Journal, Offset, Reached

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.context import Context
    from services.objects import ObjectStore
    from services.realtime.peers import Peer

CONNECTIONS = "CONNECTIONS"
MAX_MISSED = 2_000_000
"""Characters that a recovered client may have missed; with more it begins anew."""


class State(NamedTuple):
    """A session that can be recovered: for each room a batch that its client has had for sure, or its entry."""

    pid: str
    sid: str
    user_id: str
    rooms: dict[str, Reached]


class Session(Protocol):
    """A connection whose state can be recovered."""

    def state(self) -> State:
        """What it is now."""
        ...

    def superseded(self) -> None:
        """Close it: its client came back on another connection."""
        ...


class Claim(NamedTuple):
    """A session for whoever claimed it: after which event each of its rooms goes on."""

    sid: str
    rooms: dict[str, int]


class Recovery:
    """The sessions of one object; ``wake`` has ``trim`` called at a time, or a little later."""

    def __init__(self, name: str, context: Context, store: ObjectStore, wake: Callable[[int], None]) -> None:
        self._name = name
        self._context = context
        self._store = store
        self._wake = wake
        self.journal = Journal(store, context.clock, context.defer, name.rpartition(":")[2])
        self.sessions: dict[str, Session] = {}
        store.rows("CREATE TABLE IF NOT EXISTS parked (pid TEXT PRIMARY KEY, until INTEGER, state TEXT)")

    def park(self, state: State) -> None:
        """Keep the session of a client that was cut off."""
        self.sessions.pop(state.pid, None)
        settled = self.journal.settled(state.rooms)
        rooms = {room: _further(place, settled.get(room)) for room, place in state.rooms.items()}
        until = self._context.clock.now() + KEPT
        text = json.dumps(state._replace(rooms=rooms))
        self._store.rows("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)", state.pid, until, text)
        self._wake(until)

    def end(self, pid: str) -> None:
        """Forget the session of a client that said goodbye, or was sent away."""
        self.sessions.pop(pid, None)

    async def claim(self, user_id: str, pid: str, offset: str) -> Claim | None:
        """Take over a person's session from wherever it ended; None if it cannot be recovered in full."""
        parsed = Offset.parse(offset)
        if parsed is None:
            return None
        name = f"{self._name.rpartition(':')[0]}:{parsed.shard}"
        if name == self._name:
            return self.give_up(user_id, pid, parsed)
        if int(parsed.shard) >= shards(self._context.config):
            return None
        stub = self._context.objects.get(CONNECTIONS, name)
        claimed = await stub.call("give_up", user_id=user_id, pid=pid, offset=offset)
        return claimed and Claim(*claimed)

    def give_up(self, user_id: str, pid: str, offset: Offset) -> Claim | None:
        """Let a session go to where its client is now; it is gone from here, whatever comes of it."""
        if (live := self.sessions.get(pid)) and live.state().user_id == user_id:
            self.park(live.state())
            live.superseded()
        now = self._context.clock.now()
        rows = self._store.rows("SELECT state FROM parked WHERE pid = ? AND until > ?", pid, now)
        state = _load(rows[0]["state"]) if rows else None
        if state is None or state.user_id != user_id:
            return None
        self._store.rows("DELETE FROM parked WHERE pid = ?", pid)
        rooms = self._resume(state, offset)
        return None if rooms is None else Claim(state.sid, rooms)

    def _resume(self, state: State, offset: Offset) -> dict[str, int] | None:
        """After which events the rooms go on; None if what was missed is not known to be complete.

        So it is where a client entered a room after its last event: it may not even have heard that it was in.
        """
        reached = self.journal.reached(offset, state.rooms)
        doubtful = any(place.position > offset.position for place in state.rooms.values())
        if reached is None or doubtful:
            return None
        return {room: _had(place, reached.get(room)) for room, place in state.rooms.items()}

    def trim(self, rooms: list[str]) -> None:
        """Forget what nobody can claim any more; ``rooms`` are those that are listened to."""
        self.journal.trim(rooms)
        now = self._context.clock.now()
        self._store.rows("DELETE FROM parked WHERE until <= ?", now)
        later = self._store.rows("SELECT min(until) AS at FROM parked")[0]["at"]
        if later is not None:
            self._wake(later)


def _further(place: Reached, settled: Reached | None) -> Reached:
    """A batch that was sent long ago instead of the entry, if it brought anything new."""
    newer = settled and settled.position > place.position and settled.event > place.event
    return settled if settled and newer else place


def _had(place: Reached, reached: Reached | None) -> int:
    """The last event that the client had; of the very batch that the place names it may have had a part."""
    if reached is None or reached.position < place.position:
        return place.event
    return reached.event if reached.position == place.position else max(place.event, reached.event)


def _load(text: str) -> State:
    state = State(*json.loads(text))
    return state._replace(rooms={room: Reached(*place) for room, place in state.rooms.items()})


class Holding:
    """A ``Peer`` that holds what is sent until it is certain whether the client is recovered."""

    framing: ClassVar[str] = "holding"
    expects_offsets: bool = True

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.frames: list[Any] = []
        self._size = 0

    @property
    def too_much(self) -> bool:
        """Whether more came than may wait."""
        return self._size > MAX_MISSED

    def frame(self, message: Any) -> Any:
        """As the client's peer."""
        return self.peer.frame(message)

    def pass_on(self, frames: Any) -> None:
        """Hold them, unless there are too many already."""
        self._size += sum(map(len, frames))
        if not self.too_much:
            self.frames += frames

    def send(self, message: Any) -> None:
        """As the client's peer."""
        self.pass_on(self.frame(message))

    def close(self, code: int, reason: str) -> None:
        """As the client's peer."""
        self.peer.close(code, reason)

    def keep(self, state: dict[str, Any]) -> None:
        """As the client's peer."""
        self.peer.keep(state)
