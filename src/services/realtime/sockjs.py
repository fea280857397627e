"""SockJS in one object: its sockets, which hibernate, and its sessions of polls and streams, which do not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.sockjs import (
    OPEN,
    PayloadError,
    Receiver,
    Reply,
    Service,
    Session,
    State,
    Transport,
    check_upgrade,
    close_frame,
    decode_payload,
    message_frame,
    quote,
    read_callback,
    read_form,
    route,
)
from services.problems import InvalidToken
from services.realtime import closing
from services.realtime.hosts import SocketHost
from services.realtime.peers import SocketPeer
from services.realtime.stomp import StompClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.sockjs import Output, Route
    from services.realtime.gateway import Gateway
    from services.realtime.hosts import Application, Opening
    from services.realtime.ports import Frame, Platform, Response, Socket

MAX_PAYLOAD = 1_000_000
"""Octets, or characters, of one message or post."""
PROBE = 0.1
"""Seconds that a client's stream has to prove dead, before a second one is refused."""
PRODUCT = Service(
    sockjs_url="/docs/vendor/sockjs.min.js",
    # Not those that answer with scripts or pages: any site could include them, and with them the visitor's cookies.
    transports=frozenset(("websocket", "xhr", "xhr_send", "xhr_streaming", "eventsource")),
)
_RAW = "raw-"


class SockJsSocketPeer(SocketPeer):
    """A WebSocket that carries SockJS frames."""

    framing: ClassVar[str] = "sockjs"

    __slots__ = ()

    def frame(self, message: Frame) -> Any:
        """One message as a frame."""
        return self.socket.prepare(message_frame([quote(_text(message))]))

    def send(self, message: Frame) -> None:
        """Frame and send."""
        self.pass_on(self.frame(message))

    def close(self, code: int, reason: str) -> None:
        """Tell the client why, in SockJS's own terms, and close."""
        self.socket.send(close_frame(code, reason))
        self.socket.close(closing.NORMAL)


@dataclass(eq=False, slots=True)
class SockJsSession:
    """A session of polls or streams, the application's ``Peer``; ``response`` is the one that waits."""

    host: SockJsHost
    name: str
    session: Session
    app: Any = None
    response: Response | None = None
    ended: bool = False

    framing: ClassVar[str] = "session"

    def frame(self, message: Frame) -> Frame:
        """The session quotes it."""
        return message

    def pass_on(self, frames: Frame) -> None:
        """Send now, or with the next poll."""
        self.write(self.session.send([_text(frames)], self.host.now()))

    def send(self, message: Frame) -> None:
        """As ``pass_on``."""
        self.pass_on(message)

    def close(self, code: int, reason: str) -> None:
        """End the session."""
        self.write(self.session.close(code, reason, self.host.now()))

    def keep(self, state: dict[str, Any]) -> None:
        """A session of polls lives in memory alone: its clients resume."""

    def attach(self, transport: Transport, callback: str, opening: Opening) -> Any:
        """Give the session a response to write to; the platform's answer."""
        service, now = self.host.service, self.host.now()
        receiver = Receiver(
            transport, limit=service.response_limit, callback=callback, dialect=service.dialect
        )
        begins = self.session.state is State.CONNECTING
        out = self.session.attach(receiver, now)
        head = dict(service.head(transport, opening.headers))
        whole = out.done and transport.kind == "polling"
        body = "".join(out.chunks) if whole else self._respond(out, opening)
        answer = self.host.answer(200, head, body)
        if begins:
            self.app.opened()
        self.host.settle(self)
        return answer

    def _respond(self, out: Output, opening: Opening) -> Response:
        """Begin a response whose frames go out one by one: clients of a stream need not look for their ends."""
        response = self.host.respond(opening.signal, lambda: self.detach(response))
        for chunk in out.chunks:
            response.write(chunk)
        if out.done:
            response.close()
        else:
            self.response = response
        return response

    def detach(self, response: Response) -> None:
        """Take note that the client left its response."""
        if response is self.response:
            self.response = None
            self.session.detach(self.host.now())
            self.host.settle(self)

    def write(self, out: Output) -> None:
        """Write what the session says to the response at hand."""
        if self.response:
            for chunk in out.chunks:
                self.response.write(chunk)
            if out.done:
                response, self.response = self.response, None
                response.close()
        self.host.settle(self)


class SockJsHost(SocketHost):
    """All of a SockJS service but the choice of the object, which the session's name decides."""

    def __init__(
        self,
        platform: Platform,
        gateway: Gateway,
        make: Callable[..., Application] = StompClient,
        service: Service = PRODUCT,
    ) -> None:
        super().__init__(platform, gateway, make)
        origins = gateway.context.config.get("CORS_ORIGINS", "")
        self.service = replace(service, framed_by=f"'self' {origins}".strip())
        self._sessions: dict[str, SockJsSession] = {}
        self.respond = platform.respond
        self.answer = platform.answer

    async def opened(self, opening: Opening) -> Any:
        """Serve one request below the service's URL."""
        found = route(opening.path)
        entropy = int.from_bytes(self._gateway.context.random.bytes(4), "big")
        page = self.service.answer(opening.method, found, opening.headers, now=self.now(), entropy=entropy)
        if page is not None or found is None:
            return self._page(page or Reply(404))
        try:
            if found.transport is None or found.transport.kind == "socket":
                return await self._open_socket(found, opening)
            return await self._serve(found, found.transport, opening)
        except InvalidToken as error:
            return self._page(Reply(error.status))

    async def _admit(self, opening: Opening) -> Opening:
        """Redeem a ticket where a session begins: clients show it with every request, and it is good once."""
        ticket = opening.query.get("ticket")
        if opening.identity is not None or not ticket:
            return opening
        return opening._replace(identity=await self._gateway.redeem(ticket))

    async def _open_socket(self, found: Route, opening: Opening) -> Any:
        if refused := check_upgrade(opening.headers):
            return self._page(refused)
        opening = await self._admit(opening)
        if found.transport is None:
            answer, connected = self.open(opening, SocketPeer, _RAW)
        else:
            answer, connected = self.open(opening, SockJsSocketPeer)
            connected.socket.send(OPEN)
        connected.client.opened()
        return answer

    async def _serve(self, found: Route, transport: Transport, opening: Opening) -> Any:
        try:
            if transport.kind == "sending":
                return await self._receive(found, transport, opening)
            return await self._attach(found, transport, opening)
        except PayloadError as error:
            return self._page(self.service.refused(transport, opening.headers, error))

    async def _attach(self, found: Route, transport: Transport, opening: Opening) -> Any:
        callback = read_callback(opening.query) if transport.callback else ""
        await self._probe(found.session)
        if found.session not in self._sessions:
            opening = await self._admit(opening)
        session = self._sessions.get(found.session) or self._begin(found.session, opening)
        return session.attach(transport, callback, opening)

    async def _probe(self, name: str) -> None:
        """A client may come back before we hear that it left: writing to its old stream tells."""
        session = self._sessions.get(name)
        if session and (out := session.session.probe(self.now())).chunks:
            session.write(out)
            await asyncio.sleep(PROBE)

    def _begin(self, name: str, opening: Opening) -> SockJsSession:
        inner = Session(heartbeat=self.service.heartbeat, disconnect=self.service.disconnect)
        session = self._sessions[name] = SockJsSession(self, name, inner)
        session.app = self._make(self._gateway, session, self._gateway.context.random.id(), opening.identity)
        return session

    async def _receive(self, found: Route, transport: Transport, opening: Opening) -> Any:
        session = self._sessions.get(found.session)
        if session is None or session.session.state is not State.OPEN:
            return self._page(self.service.unknown_session(transport, opening.headers))
        body = opening.body
        payload = (
            read_form(opening.headers.get("content-type", ""), body)
            if transport.name == "jsonp_send"
            else body
        )
        for message in decode_payload(payload, limit=MAX_PAYLOAD):
            await session.app.receive(message)
        return self._page(self.service.accepted(transport, opening.headers))

    def _page(self, reply: Reply) -> Any:
        return self.answer(reply.status, dict(reply.headers), reply.body)

    # Sockets

    def restore(self, key: str, socket: Socket) -> None:
        """Take back a socket after an eviction."""
        self.take_back(key, socket, SocketPeer if key.startswith(_RAW) else SockJsSocketPeer)

    async def received(self, key: str, data: Frame) -> None:
        """A socket brought a frame."""
        if key.startswith(_RAW):
            await super().received(key, data)
            return
        try:
            messages = decode_payload(data, limit=MAX_PAYLOAD, socket=True)
        except PayloadError as error:
            if connected := self._connected.get(key):
                connected.socket.close(closing.PROTOCOL_ERROR, str(error))
            return
        for message in messages:
            await super().received(key, message)

    # Sessions

    def settle(self, session: SockJsSession) -> None:
        """See to what follows from a change of a session: its end, its next deadline."""
        inner = session.session
        if inner.state is State.GONE:
            self._sessions.pop(session.name, None)
        elif inner.deadline is not None:
            self._platform.wake(inner.deadline)
        if inner.state > State.OPEN and not session.ended:
            session.ended = True
            self._gateway.context.defer(session.app.closed())

    async def tick(self, now: int) -> int | None:
        """Send heart-beats, forget what nobody came back to; when to look again."""
        for session in list(self._sessions.values()):
            session.write(session.session.tick(now))
        own = [at for session in self._sessions.values() if (at := session.session.deadline) is not None]
        return min([*own, *filter(None, [await super().tick(now)])], default=None)


def _text(message: Frame) -> str:
    return message if isinstance(message, str) else message.decode()
