"""Sockets of one framing in one object: from what the platform tells to the applications at their ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from services.realtime import closing
from services.realtime.peers import SocketPeer
from services.realtime.stomp import StompClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.realtime.gateway import Gateway
    from services.realtime.identity import Identity
    from services.realtime.peers import Peer
    from services.realtime.ports import Frame, Platform, Socket

SUBPROTOCOLS = ("v12.stomp", "v11.stomp", "v10.stomp")
CONNECT_WITHIN = 30_000
"""Milliseconds that a client has to say who it is."""
SWEEP = 60_000
"""Milliseconds between two looks at what has expired, at least: each loads every connection."""
MISSED_BEATS = 3
"""Agreed heart-beats after which a silent client is given up."""


class Opening(NamedTuple):
    """A request for a connection. ``path`` is what follows the endpoint's own."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    identity: Identity | None
    signal: Any


class Application(Protocol):
    """What talks with one client; made for a ``Peer``, a connection id and who it is, if that is known."""

    identity: Identity | None

    @property
    def beat(self) -> int:
        """Milliseconds between the heart-beats that the client agreed to send; 0 for none."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        ...

    def opened(self) -> None:
        """Messages can be sent from now on: called where the framing has to say so first."""
        ...

    async def receive(self, data: Frame) -> None:
        """Take a message."""
        ...

    async def closed(self) -> None:
        """The connection is over."""
        ...

    def dump(self) -> dict[str, Any]:
        """State for ``load``."""
        ...

    def load(self, kept: dict[str, Any]) -> None:
        """Go on after an eviction."""
        ...


@dataclass(eq=False, slots=True)
class Connected:
    """A socket with the application at its end; ``heard_at`` is 0 if that was before an eviction."""

    socket: Socket
    client: Application
    heard_at: int

    @property
    def silent_since(self) -> int:
        """The last sign of life, be it one that the platform answered."""
        return max(self.heard_at, self.socket.answered_at)


class SocketHost:
    """Plain WebSockets: each message is the application's."""

    def __init__(
        self, platform: Platform, gateway: Gateway, make: Callable[..., Application] = StompClient
    ) -> None:
        self._platform = platform
        self._gateway = gateway
        self._make = make
        self._connected: dict[str, Connected] = {}

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self._gateway.context.clock.now()

    async def opened(self, opening: Opening) -> Any:
        """Accept a socket; the platform's answer."""
        return self.open(opening, SocketPeer)[0]

    def open(
        self, opening: Opening, make_peer: Callable[[Socket], Peer], prefix: str = ""
    ) -> tuple[Any, Connected]:
        """Accept a socket, known by a key that begins with ``prefix``: the answer, and what it is now."""
        key, now = prefix + self._gateway.context.random.id(), self.now()
        socket, answer = self._platform.accept(key, _subprotocol(opening.headers))
        client = self._make(self._gateway, make_peer(socket), key, opening.identity)
        connected = self._connected[key] = Connected(socket, client, now)
        socket.keep(json.dumps(client.dump()))
        self._platform.wake(now + CONNECT_WITHIN)
        return answer, connected

    def restore(self, key: str, socket: Socket) -> None:
        """Take back a socket after an eviction."""
        self.take_back(key, socket, SocketPeer)

    def take_back(self, key: str, socket: Socket, make_peer: Callable[[Socket], Peer]) -> None:
        """Go on with a socket and what was kept with it."""
        client = self._make(self._gateway, make_peer(socket), key, None)
        client.load(json.loads(socket.kept))
        self._connected[key] = Connected(socket, client, 0)

    async def received(self, key: str, data: Frame) -> None:
        """A client sent something."""
        if connected := self._connected.get(key):
            connected.heard_at = self.now()
            await connected.client.receive(data)

    async def closed(self, key: str) -> None:
        """A socket is gone."""
        if connected := self._connected.pop(key, None):
            await connected.client.closed()

    def pulse(self, _sockets: Sequence[Socket], _now: int) -> int | None:
        """There is nothing to do for sockets without looking at what is kept with them."""

    async def tick(self, now: int) -> int | None:
        """Close what has expired or fallen silent; when to look again."""
        expiry = self._gateway.expire(now)
        for connected in list(self._connected.values()):
            client, since = connected.client, connected.silent_since
            if client.identity is None and since <= now - CONNECT_WITHIN:
                client.close(closing.UNAUTHORIZED, "unauthorized")
            elif client.beat and 0 < since < now - MISSED_BEATS * client.beat:
                client.close(closing.TIMED_OUT, "no heart-beat")
        waiting = any(connected.client.identity is None for connected in self._connected.values())
        later = [at for at in (expiry, now + CONNECT_WITHIN if waiting else None) if at is not None]
        return max(min(later), now + SWEEP) if later else None


def _subprotocol(headers: Mapping[str, str]) -> str | None:
    """The best of the subprotocols that the client offers; browsers fail where none of them is chosen."""
    offered = {name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")}
    return next((name for name in SUBPROTOCOLS if name in offered), None)
