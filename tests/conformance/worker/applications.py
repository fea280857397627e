"""What echoes at the other end of each connection."""

from __future__ import annotations

import asyncio

from protocols import socketio
from services.realtime.identity import Identity

ANYONE = Identity("anyone", "", 2**53)
NAMESPACES = frozenset(("/", "/custom"))
PAUSE = 0.02
"""Seconds."""


async def free(_identity):
    """Messages cost nothing here."""


class Application:
    """A connection that keeps nothing."""

    identity = ANYONE
    beat = 0
    deadline = None

    def __init__(self, gateway, peer, client_id, _identity=None):
        self.gateway = gateway
        self.peer = peer
        self.id = client_id

    def opened(self):
        pass

    async def closed(self):
        pass

    def close(self, code, reason):
        self.peer.close(code, reason)

    def dump(self):
        return {}

    def load(self, kept):
        pass


class Echo(Application):
    async def receive(self, data):
        self.peer.send(data)


class Close(Application):
    """Closes at once, but not in the very segment of the handshake, which some clients misread."""

    def opened(self):
        self.gateway.context.defer(self._leave())

    async def _leave(self):
        await asyncio.sleep(PAUSE)
        self.close(3000, "Go away!")

    async def receive(self, data):
        pass


class EngineEcho(Application):
    async def receive(self, data):
        self.peer.send([data])


class SocketIoEcho(Application):
    """Tells what the client authenticated with, sends back what comes, acknowledges what asks for it."""

    def __init__(self, gateway, peer, client_id, _identity=None):
        super().__init__(gateway, peer, client_id)
        timeout = int(gateway.context.config.get("CONNECT_TIMEOUT"))
        self.settings = socketio.Settings(connect_timeout=timeout)
        self.connection = socketio.ServerConnection(NAMESPACES, self.settings, self._now())

    def _now(self):
        return self.gateway.context.clock.now()

    async def receive(self, data):
        try:
            events = self.connection.receive(data, self._now())
        except socketio.ProtocolError as error:
            self.close(error.close_code, str(error))
            return
        for event in events:
            self._handle(event)

    @property
    def deadline(self):
        return self.connection.deadline

    async def tick(self, now):
        for event in self.connection.tick(now):
            self._handle(event)

    def _handle(self, event):
        if isinstance(event, socketio.NamespaceConnect):
            self.peer.send(self.connection.accept(event.namespace, self.gateway.context.random.token(15)))
            self.peer.send(self.connection.emit(event.namespace, "auth", event.auth).frames)
        elif isinstance(event, socketio.EventReceived) and event.name == "message":
            self.peer.send(self.connection.emit(event.namespace, "message-back", *event.args).frames)
        elif isinstance(event, socketio.EventReceived) and event.name == "message-with-ack":
            self.peer.send(self.connection.ack(event.namespace, event.ack_id, *event.args))
        elif isinstance(event, socketio.Send):
            self.peer.send(event.frames)
        elif isinstance(event, socketio.ConnectTimeout):
            self.close(1000, "no namespace")

    def dump(self):
        return self.connection.dump()

    def load(self, kept):
        self.connection = socketio.ServerConnection.load(kept, NAMESPACES, self.settings)
