"""A client's Socket.IO 5 connection as a server sees it: its namespaces, and acks both ways (SIO5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from protocols.socketio.errors import TooMuch, UnexpectedPacket
from protocols.socketio.packets import Decoder, Frame, Limits, Packet, PacketType, encode, encode_event

if TYPE_CHECKING:
    from collections.abc import Callable, Container


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in milliseconds, and what one connection may hold.

    ``connect_timeout`` bounds the time without a namespace, ``ack_timeout`` how long an event of the client
    may wait for its ack before it is forgotten.
    """

    connect_timeout: int = 45_000
    ack_timeout: int = 60_000
    max_namespaces: int = 16
    max_pending_acks: int = 1_024
    limits: Limits = field(default_factory=Limits)


class NamespaceConnect(NamedTuple):
    """The client asks for a namespace: answer with ``accept`` or ``refuse``.

    ``pid`` and ``offset`` are there if it wants the state of an earlier connection recovered: accepted with
    the same ``sid`` and ``pid``, it takes itself for recovered and expects what came after ``offset``.
    """

    namespace: str
    auth: dict[str, Any]
    pid: str | None = None
    offset: str | None = None


class EventReceived(NamedTuple):
    """An event; with an ``ack_id`` it wants exactly one ``ack``."""

    namespace: str
    name: str | float
    args: list[Any]
    ack_id: int | None = None


class AckReceived(NamedTuple):
    """The client's answer to the event that was emitted with this id."""

    namespace: str
    ack_id: int
    args: list[Any]


class NamespaceDisconnect(NamedTuple):
    """The client left the namespace; its acks will not come."""

    namespace: str


class Send(NamedTuple):
    """Frames to be sent as they are, in order."""

    frames: list[Frame]


class AckTimeout(NamedTuple):
    """The client did not answer in time. A late answer is ignored."""

    namespace: str
    ack_id: int


class ConnectTimeout(NamedTuple):
    """The client is in no namespace for too long: close the connection."""


Event = (
    NamespaceConnect | EventReceived | AckReceived | NamespaceDisconnect | Send | AckTimeout | ConnectTimeout
)


class Emitted(NamedTuple):
    """The frames of an event, and the id that its ack will have."""

    frames: list[Frame]
    ack_id: int | None = None


class State(StrEnum):
    """Where a namespace stands. One that the client never asked for, or left, has no state."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    EXPELLED = "expelled"  # by the server: what the client sent before it knew is ignored


class Membership(NamedTuple):
    """A namespace of the connection, its session id there, and the private id if it can be recovered."""

    state: State
    sid: str = ""
    pid: str | None = None


class ServerConnection:
    """One client. Messages in, events out; answers are frames, each the data of one Engine.IO message.

    After a ``ProtocolError`` or a ``ConnectTimeout`` the host closes the transport; however the transport
    ends, it calls ``close`` to learn which namespaces end with it.
    """

    __slots__ = (
        "_connect_by",
        "_decoder",
        "_known",
        "_namespaces",
        "_next_id",
        "_owed",
        "_settings",
        "_waiting",
    )

    def __init__(self, known: Container[str], settings: Settings, now: int) -> None:
        self._known = known
        self._settings = settings
        self._decoder = Decoder(settings.limits)
        self._namespaces: dict[str, Membership] = {}
        self._connect_by: int | None = now + settings.connect_timeout  # None while there is a namespace
        self._next_id = 0
        self._waiting: dict[int, tuple[str, int]] = {}  # our events: id to namespace and deadline
        self._owed: dict[tuple[str, int], int] = {}  # the client's: namespace and id to expiry

    # From the client

    def receive(self, frame: Frame, now: int) -> list[Event]:
        """Take the data of one Engine.IO message. Raises ``ProtocolError``."""
        packet = self._decoder.feed(frame)
        if packet is None:
            return []
        membership = self._namespaces.get(packet.namespace)
        handler = self._RECEIVE.get((membership and membership.state, packet.type))
        if handler is None:
            raise UnexpectedPacket(f"{packet.type.name} in the wrong state of a namespace")
        return handler(self, packet, now)

    def _on_connect(self, packet: Packet, _: int) -> list[Event]:
        namespace = packet.namespace
        auth: dict[str, Any] = {} if packet.data is None else packet.data
        if namespace not in self._known:
            return [Send(_connect_error(namespace, "Invalid namespace"))]
        if namespace not in self._namespaces and len(self._namespaces) >= self._settings.max_namespaces:
            raise TooMuch("too many namespaces")
        self._namespaces[namespace] = Membership(State.CONNECTING)
        self._connect_by = None
        pid, offset = auth.get("pid"), auth.get("offset")
        if isinstance(pid, str) and isinstance(offset, str):
            return [NamespaceConnect(namespace, auth, pid, offset)]
        return [NamespaceConnect(namespace, auth)]

    def _on_event(self, packet: Packet, now: int) -> list[Event]:
        name, *args = packet.data
        if packet.id is not None:
            self._owe(packet.namespace, packet.id, now)
        return [EventReceived(packet.namespace, name, args, packet.id)]

    def _owe(self, namespace: str, ack_id: int, now: int) -> None:
        if len(self._owed) >= self._settings.max_pending_acks:
            self._forget_owed(now)
            if len(self._owed) >= self._settings.max_pending_acks:
                raise TooMuch("too many events wait for their acks")
        if (namespace, ack_id) in self._owed:
            raise UnexpectedPacket("an event with the id of one that waits for its ack")
        self._owed[namespace, ack_id] = now + self._settings.ack_timeout

    def _on_ack(self, packet: Packet, _: int) -> list[Event]:
        """Ignore what nobody waits for: it may be late, or belong to the connection before a recovery."""
        ack_id = packet.id or 0
        namespace, _deadline = self._waiting.get(ack_id, (None, 0))
        if namespace != packet.namespace:
            return []
        del self._waiting[ack_id]
        return [AckReceived(packet.namespace, ack_id, packet.data)]

    def _on_disconnect(self, packet: Packet, now: int) -> list[Event]:
        self._leave(packet.namespace, now)
        return [NamespaceDisconnect(packet.namespace)]

    def _on_late(self, _packet: Packet, _: int) -> list[Event]:
        return []

    # What is not here is a protocol error: SIO5, "Connection to a namespace", and the reference server.
    _RECEIVE: ClassVar[
        dict[tuple[State | None, PacketType], Callable[[ServerConnection, Packet, int], list[Event]]]
    ] = {
        (None, PacketType.CONNECT): _on_connect,
        (State.CONNECTED, PacketType.EVENT): _on_event,
        (State.CONNECTED, PacketType.ACK): _on_ack,
        (State.CONNECTED, PacketType.DISCONNECT): _on_disconnect,
        (State.EXPELLED, PacketType.CONNECT): _on_connect,
        (State.EXPELLED, PacketType.EVENT): _on_late,
        (State.EXPELLED, PacketType.ACK): _on_late,
        (State.EXPELLED, PacketType.DISCONNECT): _on_late,
    }

    # To the client

    def accept(self, namespace: str, sid: str, *, pid: str | None = None) -> list[Frame]:
        """Let the client in (SIO5, "Connection to a namespace"); no frames if it does not wait any more.

        ``pid`` enables connection state recovery: the client keeps it, and the offsets of the events it gets.
        """
        if self._state(namespace) is not State.CONNECTING:
            return []
        self._namespaces[namespace] = Membership(State.CONNECTED, sid, pid)
        data = {"sid": sid} if pid is None else {"sid": sid, "pid": pid}
        return encode(Packet(PacketType.CONNECT, namespace, data))

    def refuse(self, namespace: str, message: str, now: int, *, data: Any = None) -> list[Frame]:
        """Turn the client away with a sentence, and data for its code; it may ask again."""
        if self._state(namespace) is not State.CONNECTING:
            return []
        self._leave(namespace, now)
        return _connect_error(namespace, message, data)

    def emit(
        self,
        namespace: str,
        name: str,
        *args: Any,
        now: int = 0,
        ack_timeout: int | None = None,
        offset: str | None = None,
    ) -> Emitted:
        """Encode an event for this client alone; ``encode_event`` does it for many.

        With ``ack_timeout`` it wants an ack; raises ``TooMuch`` if too many are outstanding. ``offset`` is
        sent if the namespace's state can be recovered. No frames if the client is not in the namespace.
        """
        if self._state(namespace) is not State.CONNECTED:
            return Emitted([])
        ack_id = None if ack_timeout is None else self._wait(namespace, now + ack_timeout)
        offset = offset if self._namespaces[namespace].pid else None
        return Emitted(encode_event(name, *args, namespace=namespace, ack_id=ack_id, offset=offset), ack_id)

    def _wait(self, namespace: str, deadline: int) -> int:
        if len(self._waiting) >= self._settings.max_pending_acks:
            raise TooMuch("the client does not acknowledge")
        ack_id, self._next_id = self._next_id, self._next_id + 1
        self._waiting[ack_id] = (namespace, deadline)
        return ack_id

    def ack(self, namespace: str, ack_id: int, *args: Any) -> list[Frame]:
        """Answer an event (SIO5, "Acknowledgement"); no frames if it was answered, or waited for too long."""
        if self._owed.pop((namespace, ack_id), None) is None:
            return []
        return encode(Packet(PacketType.ACK, namespace, list(args), ack_id))

    def disconnect(self, namespace: str, now: int) -> list[Frame]:
        """Put the client out of a namespace (SIO5, "Disconnection from a namespace")."""
        if self._state(namespace) is not State.CONNECTED:
            return []
        self._leave(namespace, now)
        self._namespaces[namespace] = Membership(State.EXPELLED)
        return encode(Packet(PacketType.DISCONNECT, namespace))

    def close(self) -> list[NamespaceDisconnect]:
        """End all of it: the transport is gone."""
        left = [NamespaceDisconnect(namespace) for namespace in self.namespaces]
        self._namespaces, self._waiting, self._owed, self._connect_by = {}, {}, {}, None
        return left

    @property
    def namespaces(self) -> dict[str, Membership]:
        """The namespaces that the client is in."""
        return {name: member for name, member in self._namespaces.items() if member.state is State.CONNECTED}

    def _state(self, namespace: str) -> State | None:
        membership = self._namespaces.get(namespace)
        return membership and membership.state

    def _leave(self, namespace: str, now: int) -> None:
        del self._namespaces[namespace]
        self._waiting = {key: value for key, value in self._waiting.items() if value[0] != namespace}
        self._owed = {key: value for key, value in self._owed.items() if key[0] != namespace}
        if all(member.state is State.EXPELLED for member in self._namespaces.values()):
            self._connect_by = now + self._settings.connect_timeout

    # Time

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due next, if ever."""
        deadlines = [deadline for _, deadline in self._waiting.values()]
        if self._connect_by is not None:
            deadlines.append(self._connect_by)
        return min(deadlines, default=None)

    def tick(self, now: int) -> list[Event]:
        """Tell what did not come in time. Early calls do nothing."""
        late = [(ack_id, namespace) for ack_id, (namespace, by) in self._waiting.items() if by <= now]
        for ack_id, _ in late:
            del self._waiting[ack_id]
        self._forget_owed(now)
        events: list[Event] = [AckTimeout(namespace, ack_id) for ack_id, namespace in late]
        if self._connect_by is not None and self._connect_by <= now:
            self._connect_by = None
            events.append(ConnectTimeout())
        return events

    def _forget_owed(self, now: int) -> None:
        self._owed = {key: expiry for key, expiry in self._owed.items() if expiry > now}

    # Eviction

    def dump(self) -> dict[str, Any]:
        """Describe the connection in JSON-able values for ``load``."""
        values: dict[str, Any] = {
            "namespaces": {name: list(member) for name, member in self._namespaces.items()},
            "connect_by": self._connect_by,
            "next_id": self._next_id,
            "waiting": [[ack_id, *value] for ack_id, value in self._waiting.items()],
            "owed": [[*key, expiry] for key, expiry in self._owed.items()],
            "part": self._decoder.dump(),
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def load(cls, dumped: dict[str, Any], known: Container[str], settings: Settings) -> ServerConnection:
        """Bring back the connection that ``dump`` described."""
        connection = cls(known, settings, 0)
        connection._namespaces = {
            name: Membership(State(state), sid, pid)
            for name, (state, sid, pid) in dumped.get("namespaces", {}).items()
        }
        connection._connect_by = dumped.get("connect_by")
        connection._next_id = dumped.get("next_id", 0)
        connection._waiting = {ack_id: (name, by) for ack_id, name, by in dumped.get("waiting", [])}
        connection._owed = {(name, ack_id): by for name, ack_id, by in dumped.get("owed", [])}
        connection._decoder.load(dumped.get("part", []))
        return connection


def _connect_error(namespace: str, message: str, data: Any = None) -> list[Frame]:
    payload = {"message": message} if data is None else {"message": message, "data": data}
    return encode(Packet(PacketType.CONNECT_ERROR, namespace, payload))
