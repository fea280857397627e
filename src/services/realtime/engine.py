"""Engine.IO sessions of one object: polls, posts and sockets, and the application of each session."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from protocols import engineio
from protocols.engineio import Closed, CloseSocket, Deliver, Refused, Reply, SendFrame, Session, State
from services.realtime import closing
from services.realtime.peers import SharedFrames
from services.realtime.socketio import SocketIoClient, frames
from services.realtime.socketio_session import expects_offsets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from protocols.engineio import Action, Frame
    from services.realtime.gateway import Gateway
    from services.realtime.hosts import Opening
    from services.realtime.ports import Platform, Response, Socket

PRODUCT: Final = engineio.Settings(lazy_pongs=True)
"""The platform answers pongs without waking us: see ``EngineHost.pulse``."""
UPGRADE_PAUSE: Final = 0.1
"""Seconds that a poll waits during an upgrade: it may have overtaken the frame that ends all polling."""
PULSES: Final = 5
"""Of so many pings of an evicted object, one loads the sessions and looks what has expired."""


@dataclass(eq=False, slots=True)
class EngineClient:
    """One session and the application at its end: the application's ``Peer``."""

    host: EngineHost
    session: Session
    opened_at: int
    app: Any = None
    sockets: dict[int, Socket] = field(default_factory=dict[int, "Socket"])
    polls: dict[int, Response] = field(default_factory=dict[int, "Response"])
    replies: dict[int, Reply] = field(default_factory=dict[int, Reply])
    arrived: list[Frame] = field(default_factory=list["Frame"])
    heard_at: int = 0
    over: bool = False
    expects_offsets: bool = True

    framing: ClassVar[str] = "engine"

    def frame(self, message: Sequence[Frame]) -> list[Frame]:
        """A packet's messages as frames."""
        return frames(message)

    def pass_on(self, frames: Sequence[Frame]) -> None:
        """Send frames."""
        socket = self.session.socket
        if socket in self.sockets and isinstance(frames, SharedFrames):
            frames.send(self.sockets[socket])
        else:
            self.perform(self.session.send_frames(frames))

    def send(self, message: Sequence[Frame]) -> None:
        """Frame and send."""
        self.pass_on(self.frame(message))

    def close(self, code: int, reason: str) -> None:
        """End the session."""
        self.perform(self.session.close(self.host.now(), code=code, reason=reason))

    def keep(self, state: dict[str, Any]) -> None:
        """Store the state with the socket; a session that polls lives in memory alone."""
        if self.session.state is State.WEBSOCKET and self.sockets:
            kept = {"engine": self.session.dump(), "app": state, "at": self.opened_at}
            next(iter(self.sockets.values())).keep(json.dumps(kept, separators=(",", ":")))

    def perform(self, actions: Iterable[Action]) -> None:
        """Do what the session asks for; what it delivers waits in ``arrived``."""
        for action in actions:
            self._PERFORM[type(action)](self, action)

    def _reply(self, action: Reply) -> None:
        if poll := self.polls.pop(action.request, None):
            poll.write(action.body)
            poll.close()
        else:
            self.replies[action.request] = action

    def _send_frame(self, action: SendFrame) -> None:
        if socket := self.sockets.get(action.socket):
            socket.send(action.frame)

    def _close_socket(self, action: CloseSocket) -> None:
        if socket := self.sockets.pop(action.socket, None):
            socket.close(action.code)

    def _deliver(self, action: Deliver) -> None:
        self.arrived.append(action.message)

    def _closed(self, _: Closed) -> None:
        self.over = True
        self.host.forget(self)

    _PERFORM: ClassVar[dict[type, Callable[[EngineClient, Any], None]]] = {
        Reply: _reply,
        SendFrame: _send_frame,
        CloseSocket: _close_socket,
        Deliver: _deliver,
        Closed: _closed,
    }

    async def react(self, actions: Iterable[Action]) -> None:
        """Perform, then let the application have what arrived."""
        self.perform(actions)
        arrived, self.arrived = self.arrived, []
        for message in arrived:
            await self.app.receive(message)
        self.host.wake(self)

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due: a hibernating socket's beats are the host's business."""
        own = None if self.beaten else self.session.deadline
        return min((at for at in (own, self.app.deadline) if at is not None), default=None)

    @property
    def beaten(self) -> bool:
        """Whether the host pings for the session."""
        return self.session.settings.lazy_pongs and self.session.state is State.WEBSOCKET


class EngineHost:
    """All sessions of one object. ``prefix`` begins their ids, so that later requests find the object."""

    def __init__(
        self,
        platform: Platform,
        gateway: Gateway,
        make: Callable[..., Any] = SocketIoClient,
        settings: engineio.Settings = PRODUCT,
    ) -> None:
        self._platform = platform
        self._gateway = gateway
        self._make = make
        self._settings = settings
        self._prefix = gateway.name.rpartition(":")[2]
        self._clients: dict[str, EngineClient] = {}
        self._handles = 0

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self._gateway.context.clock.now()

    async def opened(self, opening: Opening) -> Any:
        """Serve one HTTP request or handshake; the platform's answer."""
        upgrade = opening.headers.get("upgrade", "").lower() == "websocket"
        try:
            request = engineio.check_request(opening.method, opening.query, upgrade=upgrade)
            if request.sid is None:
                return await self._begin(opening, request.transport)
            client = self._find(request.sid)
            if upgrade:
                return await self._upgrade(client)
            return await (self._poll if opening.method == "GET" else self._post)(client, opening)
        except Refused as refused:
            return self._answer(Reply(0, refused.status, refused.body))

    def _find(self, sid: str) -> EngineClient:
        if sid not in self._clients:
            raise Refused(engineio.UNKNOWN_SID)
        return self._clients[sid]

    async def _begin(self, opening: Opening, transport: str) -> Any:
        now, handle = self.now(), self._handle()
        sid = f"{self._prefix}.{self._gateway.context.random.token(15)}"
        if transport == "websocket":
            session, actions = Session.open_websocket(sid, self._settings, handle, now)
        else:
            session, actions = Session.open_polling(sid, self._settings, handle, now)
        client = EngineClient(self, session, now, expects_offsets=expects_offsets(opening.headers))
        client.app = self._make(self._gateway, client, sid, opening.identity)
        self._clients[sid] = client
        if transport == "websocket":
            answer = self._accept(client, handle)
            client.keep(client.app.dump())
            await client.react(actions)
            return answer
        await client.react(actions)
        return self._answer(client.replies.pop(handle))

    async def _upgrade(self, client: EngineClient) -> Any:
        handle = self._handle()
        answer = self._accept(client, handle)
        await client.react(client.session.websocket_opened(handle, self.now()))
        return answer

    def _accept(self, client: EngineClient, handle: int) -> Any:
        client.sockets[handle], answer = self._platform.accept(f"{client.session.sid} {handle}")
        return answer

    async def _poll(self, client: EngineClient, opening: Opening) -> Any:
        if client.session.state in (State.PROBING, State.UPGRADING):
            await asyncio.sleep(UPGRADE_PAUSE)
        handle = self._handle()
        await client.react(client.session.poll_opened(handle, self.now()))
        if reply := client.replies.pop(handle, None):
            return self._answer(reply)
        response = self._platform.respond(opening.signal, lambda: self._cancel(client, handle))
        client.polls[handle] = response
        return self._answer(Reply(handle, 200, ""), response)

    def _cancel(self, client: EngineClient, handle: int) -> None:
        client.polls.pop(handle, None)
        client.perform(client.session.request_cancelled(handle))

    async def _post(self, client: EngineClient, opening: Opening) -> Any:
        handle = self._handle()
        client.perform(client.session.post_opened(handle, self.now()))
        if handle not in client.replies:
            await client.react(client.session.post_received(handle, opening.body, self.now()))
        return self._answer(client.replies.pop(handle))

    def _answer(self, reply: Reply, response: Response | None = None) -> Any:
        headers = {"content-type": reply.content_type, "cache-control": "no-store"}
        return self._platform.answer(reply.status, headers, response or reply.body)

    def _handle(self) -> int:
        self._handles += 1
        return self._handles

    # Sockets

    def restore(self, key: str, socket: Socket) -> None:
        """Take back a socket after an eviction; one that was a candidate for an upgrade cannot go on."""
        sid, _, number = key.partition(" ")
        self._handles = max(self._handles, int(number))
        if not socket.kept:
            socket.close(closing.TRY_AGAIN_LATER)
            return
        kept = json.loads(socket.kept)
        client = EngineClient(self, Session.load(kept["engine"], self._settings), kept["at"])
        client.sockets[int(number)] = socket
        client.app = self._make(self._gateway, client, sid, None)
        client.app.load(kept["app"])
        self._clients[sid] = client

    async def received(self, key: str, data: Frame) -> None:
        """A socket brought a frame."""
        sid, _, number = key.partition(" ")
        if client := self._clients.get(sid):
            was = client.session.state
            now = client.heard_at = self.now()
            await client.react(client.session.websocket_message(int(number), data, now))
            if client.session.state is not was and not client.over:
                client.keep(client.app.dump())

    async def closed(self, key: str) -> None:
        """A socket is gone."""
        sid, _, number = key.partition(" ")
        if client := self._clients.get(sid):
            client.sockets.pop(int(number), None)
            client.perform(client.session.websocket_closed(int(number)))

    # Time

    def wake(self, client: EngineClient) -> None:
        """See to it that ``tick`` is called in time for a session."""
        if client.over:
            return
        if client.beaten:
            self._platform.wake(self.now() + self._settings.ping_interval)
        if (deadline := client.deadline) is not None:
            self._platform.wake(deadline)

    async def tick(self, now: int) -> int | None:
        """Do what is due in all sessions; when to come again."""
        self._gateway.expire(now)
        for client in list(self._clients.values()):
            if client.beaten:
                self._beat(client, now)
            elif (client.session.deadline or now + 1) <= now:
                await client.react(client.session.tick(now))
            if not client.over and (client.app.deadline or now + 1) <= now:
                await client.app.tick(now)
        return self._next(now)

    def _next(self, now: int) -> int | None:
        deadlines = [at for client in self._clients.values() if (at := client.deadline) is not None]
        if any(client.beaten for client in self._clients.values()):
            deadlines.append(now + self._settings.ping_interval)
        return min(deadlines, default=None)

    def _beat(self, client: EngineClient, now: int) -> None:
        """Ping a hibernating socket, or give it up: its pongs are answered without waking us."""
        for socket in list(client.sockets.values()):
            heard = max(socket.answered_at, client.heard_at, client.opened_at)
            if heard < now - self._settings.ping_interval - self._settings.ping_timeout:
                client.close(closing.TIMED_OUT, "ping timeout")
            else:
                socket.send("2")

    def pulse(self, sockets: Sequence[Socket], now: int) -> int | None:
        """Ping the sockets of an evicted object without loading their sessions; when to come again.

        None, and nothing is done, if it is time for a full look, or one socket may have to be given up.
        """
        interval = self._settings.ping_interval
        if not sockets or now // interval % PULSES == 0:
            return None
        oldest = now - self._settings.ping_interval - self._settings.ping_timeout
        if any(socket.answered_at < oldest for socket in sockets):
            return None
        for socket in sockets:
            socket.send("2")
        return now + interval

    def forget(self, client: EngineClient) -> None:
        """Let a session go that is over."""
        self._clients.pop(client.session.sid, None)
        for poll in client.polls.values():
            poll.close()
        self._gateway.context.defer(client.app.closed())
