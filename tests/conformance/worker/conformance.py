"""A Worker of echo services: Engine.IO, Socket.IO, SockJS, and a STOMP broker."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import applications
import js
from pyodide.ffi import create_proxy, jsnull
from stomp_service import StompHost
from workers import WorkerEntrypoint

from edge.objects import LiveObject
from edge.outside import header_map, read_stream
from edge.sockets import EdgeSocket, SocketObject
from edge.worker import Platform
from protocols import engineio, sockjs
from services.realtime.engine import EngineHost
from services.realtime.gateway import Gateway
from services.realtime.hosts import Opening
from services.realtime.sockjs import SockJsHost

__all__ = ["Conformance", "Default"]

ENTRY = "x-entry"
DIALECTS = {"": sockjs.CURRENT, "0.3.3/": sockjs.V0_3_3}
"""The revisions of SockJS by where their services are: the suite of one cannot pass with the other."""


def _sockjs_services(prefix, dialect):
    service = sockjs.Service("/docs/vendor/sockjs.min.js", response_limit=4096, dialect=dialect)
    return {
        f"{prefix}echo": (applications.Echo, service),
        f"{prefix}close": (applications.Close, service),
        f"{prefix}disabled_websocket_echo": (applications.Echo, replace(service, websocket=False)),
        f"{prefix}cookie_needed_echo": (applications.Echo, replace(service, cookie=True)),
    }


SOCKJS = {name: each for place in DIALECTS.items() for name, each in _sockjs_services(*place).items()}
SERVICES = {name: name for name in (*SOCKJS, "engine.io", "socket.io", "stomp")} | {"ws": "stomp"}
"""Objects by path; stompjs' specs look for their broker at ``/ws``."""


@lru_cache(maxsize=1)
def platform() -> Platform:
    return Platform()


LiveObject.make_context = staticmethod(lambda: platform().context(None))


class AwakeSocket(EdgeSocket):
    """A socket that ends with its object: there is nothing to keep with it."""

    answered_at = 0

    def keep(self, state):
        pass


class Conformance(SocketObject):
    """All connections of one service; the object has the service's name.

    Its sockets do not hibernate: workerd leaves the TCP connection of a hibernating socket open when the server
    closes it and the client has never said anything, which is what some suites wait for.
    """

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        name = str(self._raw_ctx.id.name)
        gateway = Gateway(name, self.context, applications.free)
        self.host = self._make(name, gateway)

    def accept(self, key, protocol=None):
        client, server = js.WebSocketPair.new().object_values()
        server.accept()
        server.binaryType = "arraybuffer"
        server.studymateKey = key
        take = lambda event: asyncio.ensure_future(self.webSocketMessage(server, event.data))
        leave = lambda event: asyncio.ensure_future(
            self.webSocketClose(server, event.code, event.reason, event.wasClean)
        )
        server.addEventListener("message", create_proxy(take))
        server.addEventListener("close", create_proxy(leave))
        init = js.JSON.parse(json.dumps({"status": 101, "headers": _chosen(protocol)}))
        init.webSocket = client
        leaves = lambda: self.context.defer(self.host.closed(key))
        return AwakeSocket(server, self._raw_ctx, leaves), js.Response.new(jsnull, init)

    def _make(self, name, gateway):
        if name in SOCKJS:
            make, service = SOCKJS[name]
            return SockJsHost(self, gateway, make, service)
        if name == "stomp":
            return StompHost(self, gateway)
        number = lambda variable: int(self.context.config.get(variable))
        settings = engineio.Settings(
            ping_interval=number("PING_INTERVAL"),
            ping_timeout=number("PING_TIMEOUT"),
            max_payload=number("MAX_PAYLOAD"),
        )
        make = applications.EngineEcho if name == "engine.io" else applications.SocketIoEcho
        return EngineHost(self, gateway, make, settings)

    async def fetch(self, request):
        self.restore()
        raw = request.js_object
        headers = header_map(raw.headers)
        url = urlsplit(raw.url)
        body = await read_stream(raw.body, 2_000_000) if raw.method == "POST" else b""
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        path = url.path.removeprefix("/" + headers[ENTRY])
        opening = Opening(raw.method, path, query, headers, body or b"", applications.ANYONE, raw.signal)
        return await self.host.opened(opening)


def _chosen(protocol):
    return {"sec-websocket-protocol": protocol} if protocol else {}


class Default(WorkerEntrypoint):
    """Finds the service in the path."""

    async def fetch(self, request):
        path = urlsplit(request.url).path
        entry = next((name for name in SERVICES if f"{path}/".startswith(f"/{name}/")), None)
        if entry is None:
            return js.Response.new("not found", js.JSON.parse('{"status": 404}'))
        return await platform().objects.forward(
            "CONFORMANCE", SERVICES[entry], request.js_object, {ENTRY: entry}
        )
