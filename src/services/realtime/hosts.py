"""Sockets of one framing in one object: from what the platform tells to the applications at their ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from services.realtime import closing
from services.realtime.peers import SocketPeer
from services.realtime.stomp import StompClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.realtime.gateway import Gateway
    from services.realtime.identity import Identity
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


class SocketHost:
    """Plain WebSockets: each message is the application's."""

    def __init__(
        self, platform: Platform, gateway: Gateway, make: Callable[..., Application] = StompClient
    ) -> None:
        self._platform = platform
        self._gateway = gateway
        self._make = make
        self._clients: dict[str, Application] = {}
        self._sockets: dict[str, Socket] = {}
        self._heard: dict[str, int] = {}

    async def opened(self, opening: Opening) -> Any:
        """Accept a socket; the platform's answer."""
        key, now = self._gateway.context.random.id(), self._now()
        socket, answer = self._platform.accept(key, _subprotocol(opening.headers))
        client = self._make(self._gateway, SocketPeer(socket), key, opening.identity)
        self._clients[key], self._sockets[key], self._heard[key] = client, socket, now
        socket.keep(json.dumps(client.dump()))
        self._platform.wake(now + CONNECT_WITHIN)
        return answer

    def _now(self) -> int:
        return self._gateway.context.clock.now()

    def restore(self, key: str, socket: Socket) -> None:
        """Take back a socket after an eviction."""
        client = self._make(self._gateway, SocketPeer(socket), key, None)
        client.load(json.loads(socket.kept))
        self._clients[key], self._sockets[key], self._heard[key] = client, socket, 0

    async def received(self, key: str, data: Frame) -> None:
        """A client sent something."""
        if client := self._clients.get(key):
            self._heard[key] = self._now()
            await client.receive(data)

    async def closed(self, key: str) -> None:
        """A socket is gone."""
        self._sockets.pop(key, None)
        self._heard.pop(key, None)
        if client := self._clients.pop(key, None):
            await client.closed()

    def pulse(self, _sockets: Sequence[Socket], _now: int) -> int | None:
        """There is nothing to do for sockets without looking at what is kept with them."""

    async def tick(self, now: int) -> int | None:
        """Close what has expired or fallen silent; when to look again."""
        expiry = self._gateway.expire(now)
        for key, client in list(self._clients.items()):
            silent_since = max(self._heard[key], self._sockets[key].answered_at)
            if client.identity is None and silent_since <= now - CONNECT_WITHIN:
                client.close(closing.UNAUTHORIZED, "unauthorized")
            elif client.beat and 0 < silent_since < now - MISSED_BEATS * client.beat:
                client.close(closing.TIMED_OUT, "no heart-beat")
        waiting = any(client.identity is None for client in self._clients.values())
        later = [at for at in (expiry, now + CONNECT_WITHIN if waiting else None) if at is not None]
        return max(min(later), now + SWEEP) if later else None


def _subprotocol(headers: Mapping[str, str]) -> str | None:
    """The best of the subprotocols that the client offers; browsers fail where none of them is chosen."""
    offered = {name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")}
    return next((name for name in SUBPROTOCOLS if name in offered), None)
