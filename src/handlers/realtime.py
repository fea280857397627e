"""The doors of live connections: STOMP and SockJS at ``/ws``, Socket.IO at ``/socket.io/``."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from zlib import crc32

from edge.http.access import credential
from edge.http.messages import Reply
from edge.http.routes import SOCKET, Call, Routes
from services.problems import Forbidden, InvalidToken
from services.realtime.admission import ADMITTED, BASE, shards
from services.realtime.identity import Identity, identify, redeem

routes = Routes("", "Realtime")

NAMESPACE = "CONNECTIONS"
ENDPOINT = "/ws"


class ForeignOrigin(Forbidden):
    """A page of another site may not open connections with its visitor's cookies."""

    code = "foreign_origin"
    title = "Connections with cookies come from our own pages only."


DOOR: dict[str, Any] = {"auth": SOCKET, "described": False, "problems": (ForeignOrigin,)}
"""What all routes of protocols with sessions of their own share."""


@routes.get("/ws", limit="connect", aliases=("/ws/websocket",), **DOOR)
async def open_stomp(call: Call) -> Reply:
    """STOMP 1.2, 1.1 or 1.0 over WebSocket; without an upgrade the greeting of SockJS."""
    if not is_upgrade(call):
        return await forward(call, "sockjs:0", None)
    identity = await admitted(call)
    return await forward(call, f"stomp:{shard(call, identity)}", identity)


@routes.get("/ws/{rest...}", limit="realtime", **DOOR)
@routes.post("/ws/{rest...}", limit="realtime", **DOOR)
async def sockjs(call: Call, rest: str) -> Reply:
    """STOMP over SockJS: its pages, sockets, streams and polls.

    A session's requests name it in the path: that decides about the object, which redeems tickets too.
    """
    _, _, session = rest.partition("/")
    name = session.partition("/")[0].encode()
    return await forward(call, f"sockjs:{crc32(name) % shards(call.context.config)}", await identified(call))


@routes.get("/socket.io/", limit="realtime", aliases=("/socket.io",), **DOOR)
@routes.post("/socket.io/", limit="realtime", aliases=("/socket.io",), **DOOR)
async def socketio(call: Call) -> Reply:
    """Socket.IO 5 over Engine.IO 4: open a session, poll, or open its WebSocket."""
    sid = dict(parse_qsl(call.request.query)).get("sid", "")
    if not sid:
        identity = await admitted(call)
        return await forward(call, f"socketio:{shard(call, identity)}", identity)
    number = sid.partition(".")[0]
    known = number.isdecimal() and int(number) < shards(call.context.config)
    return await forward(call, f"socketio:{int(number) if known else 0}", None)


def is_upgrade(call: Call) -> bool:
    """Whether the request asks for a WebSocket."""
    return call.request.headers.get("upgrade", "").lower() == "websocket"


async def admitted(call: Call) -> Identity | None:
    """Who opens the connection, if the request says so: by bearer token, a cookie, or ``?ticket=``, then spent.

    Raises ``InvalidToken`` for bad ones, ``ForeignOrigin`` for a cookie from another site's page.
    """
    if identity := await identified(call):
        return identity
    ticket = dict(parse_qsl(call.request.query)).get("ticket")
    return await redeem(call.context, ticket) if ticket else None


async def identified(call: Call) -> Identity | None:
    """As ``admitted``, for requests of which several may show the same ticket: it is left alone."""
    token, via_cookie = credential(call.request)
    if token is None:
        return None
    if via_cookie:
        _check_origin(call)
    return await identify(call.context, token)


def _check_origin(call: Call) -> None:
    origin = call.request.headers.get("origin")
    own = {call.request.origin, *call.context.config.get("CORS_ORIGINS").split()}
    if origin is not None and origin not in own:
        raise ForeignOrigin


def shard(call: Call, identity: Identity | None) -> int:
    """The person's shard if it is known who connects, else any: the token may come inside the socket."""
    chosen = identity.user_id.encode() if identity else call.context.random.bytes(4)
    return crc32(chosen) % shards(call.context.config)


async def forward(call: Call, name: str, identity: Identity | None) -> Reply:
    """Hand the request on to a connections object."""
    headers = {ADMITTED: identity.dump() if identity else "", BASE: ENDPOINT}
    objects: Any = call.context.objects
    response = await objects.forward(NAMESPACE, name, call.request.platform, headers)
    if response.status == 101:  # noqa: PLR2004 - Switching Protocols
        return Reply(101, upgrade=response)
    if response.status == InvalidToken.status:
        raise InvalidToken
    # Which origins may read answers is the Worker's decision, not that of a protocol.
    kept = [
        pair for pair in map(tuple, response.headers) if not pair[0].startswith(("access-control-", "vary"))
    ]
    return Reply(response.status, headers=kept, stream=response.body)
