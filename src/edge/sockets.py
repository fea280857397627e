"""WebSockets that hibernate, responses that stay open, and one alarm for all that is due."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import JsException, create_proxy, jsnull, to_js

from edge.crossing import unexamined
from edge.objects import LiveObject
from services.realtime.closing import TOO_SLOW, answer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.realtime.ports import Frame

OPEN = 1
"""``WebSocket.OPEN``."""

MAX_UNREAD = 4_194_304
"""Octets that may wait for one client to read them."""
LOOK_AFTER = 65_536
"""Characters or octets sent between two looks at how much waits: each crosses to JavaScript."""

LOST_AFTER = 1_000
"""Milliseconds after which an alarm that has not come is taken for lost."""


class EdgeSocket:
    """A platform WebSocket; see ``services.realtime.ports.Socket``.

    A client that does not read is given up before what waits for it grows beyond ``MAX_UNREAD``: the socket is
    closed and ``given_up`` called, for the end of the close handshake may never come.
    """

    __slots__ = ("_ctx", "_given_up", "_raw", "_send", "_unseen", "open")

    def __init__(self, raw: Any, ctx: Any, given_up: Callable[[], None]) -> None:
        self._raw = raw
        self._ctx = ctx
        self._send = raw.send
        self._given_up = given_up
        self._unseen = 0
        self.open = raw.readyState == OPEN

    def send(self, frame: Frame) -> None:
        """Send text or octets; nothing if it is closed."""
        if not self.open:
            return
        try:
            self._send(frame if isinstance(frame, str) else to_js(frame))
        except JsException:  # it closed while nobody looked; the event follows
            self.open = False
        self._unseen += len(frame)
        if self._unseen > LOOK_AFTER:
            self._look()

    def prepare(self, frame: Frame) -> Any:
        """A frame for ``send_prepared``, converted once for all the sockets that it goes to, and its size."""
        return (js.String.new(frame) if isinstance(frame, str) else to_js(frame)), len(frame)

    def send_prepared(self, frame: Any) -> None:
        """Send what ``prepare`` made."""
        if not self.open:
            return
        prepared, size = frame
        try:
            self._send(prepared)
        except JsException:
            self.open = False
        self._unseen += size
        if self._unseen > LOOK_AFTER:
            self._look()

    def _look(self) -> None:
        """Give the client up if too much waits for it."""
        self._unseen = 0
        if self._raw.bufferedAmount > MAX_UNREAD:
            self.keep("")
            self.close(TOO_SLOW, "too slow")
            self._given_up()

    def close(self, code: int, reason: str = "") -> None:
        """Close from our side."""
        if self.open:
            self.open = False
            self._raw.close(code, reason)

    def keep(self, state: str) -> None:
        """Store text for the time after an eviction."""
        if self.open:
            self._raw.serializeAttachment(state)

    @property
    def kept(self) -> str:
        """What was stored last."""
        kept = self._raw.deserializeAttachment()
        return kept if isinstance(kept, str) else ""

    @property
    def answered_at(self) -> int:
        """When the platform last answered a heart-beat by itself."""
        moment = self._ctx.getWebSocketAutoResponseTimestamp(self._raw)
        return 0 if moment is None or moment is jsnull else int(moment.getTime())


class EdgeResponse:
    """An HTTP body that is written piece by piece."""

    __slots__ = ("_gone", "_on_abort", "_proxy", "_signal", "_tasks", "_writer", "readable")

    def __init__(self, signal: Any, on_abort: Callable[[], None]) -> None:
        pipe = js.IdentityTransformStream.new()
        self.readable = pipe.readable
        self._writer = pipe.writable.getWriter()
        self._gone = False
        self._on_abort = on_abort
        self._proxy = create_proxy(self._abort)
        self._signal = signal
        self._signal.addEventListener("abort", self._proxy)
        self._tasks: set[asyncio.Task[None]] = set()

    def write(self, text: str) -> None:
        """Write one chunk."""
        if not self._gone:
            self._watch(self._writer.write(to_js(text.encode())))

    def close(self) -> None:
        """End the body."""
        if not self._gone:
            self._leave()
            self._watch(self._writer.close())

    def _watch(self, promise: Any) -> None:
        task = asyncio.ensure_future(self._watched(promise))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, promise: Any) -> None:
        try:
            await promise
        except JsException:
            self._abort()

    def _abort(self, *_: Any) -> None:
        if not self._gone:
            self._leave()
            self._on_abort()

    def _leave(self) -> None:
        self._gone = True
        self._signal.removeEventListener("abort", self._proxy)
        self._proxy.destroy()


class SocketObject(LiveObject):
    """A Durable Object in which sockets end. What happens to them is told to ``host``."""

    host: Any
    """Has ``opened``, ``restore``, ``received``, ``closed`` and ``tick``; see ``services.realtime.hosts``."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._raw_ctx = ctx._ctx  # noqa: SLF001 - the raw context: its values need no conversion
        self._alarm_at: int | None = None
        self._fired_for = 0
        self._restored = False

    def answer_beats(self, beat: str, answer: str) -> None:
        """Let the platform answer a message that is exactly ``beat``, without waking us."""
        pair = js.WebSocketRequestResponsePair.new(beat, answer)
        self._raw_ctx.setWebSocketAutoResponse(pair)

    # What the platform calls

    @unexamined
    async def webSocketMessage(self, raw: Any, message: Any, *_: Any) -> None:  # noqa: N802 - the platform's name
        """A client sent something."""
        self.restore()
        await self.host.received(self._key(raw), message if isinstance(message, str) else message.to_bytes())

    async def webSocketClose(self, raw: Any, code: int, _reason: str, _clean: bool) -> None:  # noqa: N802
        """A client closed its socket: complete the handshake."""
        self.restore()
        with suppress(JsException):  # the connection broke: there is nobody to answer to
            raw.close(answer_to(code))
        await self.host.closed(self._key(raw))

    async def webSocketError(self, raw: Any, _error: Any) -> None:  # noqa: N802
        """A connection broke."""
        self.restore()
        await self.host.closed(self._key(raw))

    async def alarm(self, *_: Any) -> None:
        """Something is due."""
        self._fired_for, self._alarm_at = self._alarm_at or 0, None
        now = self.context.clock.now()
        if not self._restored and (again := self.host.pulse(self._sockets(), now)):
            self.wake(again)
            return
        self.restore()
        if (again := await self.host.tick(now)) is not None:
            self.wake(again)

    def restore(self) -> None:
        """After an eviction: take back the sockets that outlived it."""
        if self._restored:
            return
        self._restored = True
        for raw in self._raw_ctx.getWebSockets():
            socket = self._socket(raw)
            if socket.open or socket.kept:  # not one that was given up
                self.host.restore(self._key(raw), socket)

    def _sockets(self) -> list[EdgeSocket]:
        sockets = (self._socket(raw) for raw in self._raw_ctx.getWebSockets())
        return [socket for socket in sockets if socket.open]

    def _socket(self, raw: Any) -> EdgeSocket:
        return EdgeSocket(raw, self._raw_ctx, lambda: self.context.defer(self.host.closed(self._key(raw))))

    def _key(self, raw: Any) -> str:
        """The key that a socket was accepted with, kept on the JavaScript object while that is in memory."""
        key = getattr(raw, "studymateKey", None)
        if key is None:
            with suppress(JsException):  # it is gone altogether, and with it all that we knew of it
                key = raw.studymateKey = self._raw_ctx.getTags(raw)[0]
        return key or ""

    # ``services.realtime.ports.Platform``

    def accept(self, key: str, protocol: str | None = None) -> tuple[EdgeSocket, Any]:
        """Open a socket that hibernates; the answer is a 101."""
        client, server = js.WebSocketPair.new().object_values()
        self._raw_ctx.acceptWebSocket(server, to_js([key]))
        server.studymateKey = key
        headers = {"sec-websocket-protocol": protocol} if protocol else {}
        init = js.JSON.parse(json.dumps({"status": 101, "headers": headers}))
        init.webSocket = client
        return self._socket(server), js.Response.new(jsnull, init)

    def respond(self, signal: Any, on_abort: Callable[[], None]) -> EdgeResponse:
        """Open a response to write to; ``signal`` is that of its request."""
        return EdgeResponse(signal, on_abort)

    def answer(self, status: int, headers: Mapping[str, str], body: str | EdgeResponse = "") -> Any:
        """An HTTP response. One that stays open is not compressed on its way: that would hold its pieces back."""
        if isinstance(body, EdgeResponse):
            headers = {**headers, "content-encoding": "identity"}
        init = js.JSON.parse(json.dumps({"status": status, "headers": headers}))
        if isinstance(body, EdgeResponse):
            return js.Response.new(body.readable, init)
        return js.Response.new(body or jsnull, init)

    def wake(self, at: int) -> None:
        """Have ``tick`` called then, or earlier if that was asked for.

        An alarm set for the very moment that is being handled would be deleted with it: workerd takes it for
        the same. One that is long overdue was lost, and is set again.
        """
        at = max(at, self._fired_for + 1)
        overdue = self._alarm_at is not None and self._alarm_at < self.context.clock.now() - LOST_AFTER
        if self._alarm_at is None or at < self._alarm_at or overdue:
            self._alarm_at = at
            self.storage.setAlarm(at)
