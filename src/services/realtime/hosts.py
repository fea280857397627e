"""Sockets of one framing in one object: from what the platform tells to the applications at their ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from services.realtime.peers import SocketPeer
from services.realtime.stomp import StompClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.realtime.gateway import Gateway
    from services.realtime.identity import Identity
    from services.realtime.ports import Frame, Platform, Socket

SUBPROTOCOLS = ("v12.stomp", "v11.stomp", "v10.stomp")
SWEEP = 30_000
"""Milliseconds between two looks at what has expired."""


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

    async def opened(self, opening: Opening) -> Any:
        """Accept a socket; the platform's answer."""
        key = self._gateway.context.random.id()
        socket, answer = self._platform.accept(key, _subprotocol(opening.headers))
        client = self._make(self._gateway, SocketPeer(socket), key, opening.identity)
        self._clients[key] = client
        socket.keep(json.dumps(client.dump()))
        self._platform.wake(self._gateway.context.clock.now() + SWEEP)
        return answer

    def restore(self, key: str, socket: Socket) -> None:
        """Take back a socket after an eviction."""
        client = self._make(self._gateway, SocketPeer(socket), key, None)
        client.load(json.loads(socket.kept))
        self._clients[key] = client

    async def received(self, key: str, data: Frame) -> None:
        """A client sent something."""
        if client := self._clients.get(key):
            await client.receive(data)

    async def closed(self, key: str) -> None:
        """A socket is gone."""
        if client := self._clients.pop(key, None):
            await client.closed()

    async def tick(self, now: int) -> int | None:
        """Close what has expired; when to look again."""
        self._gateway.expire(now)
        return now + SWEEP if self._clients else None


def _subprotocol(headers: Mapping[str, str]) -> str | None:
    """The best of the subprotocols that the client offers; browsers fail where none of them is chosen."""
    offered = {name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")}
    return next((name for name in SUBPROTOCOLS if name in offered), None)
