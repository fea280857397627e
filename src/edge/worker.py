"""Between the platform's events and the kernel."""

from __future__ import annotations

import asyncio
from inspect import isasyncgen
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pyodide.ffi import jsnull, to_js
from workers import import_from_javascript

from edge.ai import workers_ai
from edge.crossing import response
from edge.d1 import D1
from edge.http.headers import acceptable_request_id
from edge.http.messages import Reply, Request
from edge.objects import RemoteObjects
from edge.outside import EdgeHttp, header_map, read_stream
from edge.platform import EdgeClock, EdgeConfig, EdgeCrypto, EdgeRandom
from edge.storage import R2, Kv, StaticAssets
from edge.streaming import readable
from edge.telemetry import LEVELS, JsonLog, Registry
from services.context import Context
from services.problems import PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

CLOCK = EdgeClock()
RANDOM = EdgeRandom()
CRYPTO = EdgeCrypto()
HTTP = EdgeHttp()

_under_way: set[asyncio.Future[None]] = set()
"""Deferred work: the event loop alone would not keep it."""


class Platform:
    """The bindings of the environment; one per isolate."""

    def __init__(self) -> None:
        env = import_from_javascript("cloudflare:workers").env
        self.env = env
        self.config = EdgeConfig(env)
        self.metrics = Registry()
        self.log = JsonLog(LEVELS.get(self.config.get("LOG_LEVEL", "info"), 20))
        self.db = D1(env.DB, self.metrics)
        self.kv = Kv(env.KV)
        self.media = R2(env.MEDIA)
        self.assets = StaticAssets(env.ASSETS)
        self.objects = RemoteObjects(env)
        self.ai = workers_ai(env)

    def context(self, ctx: Any, request_id: str | None = None) -> Context:
        """What services get while one event of the platform is handled.

        ``ctx`` is that of the event; None in a Durable Object, which lives as long as it has work.
        """
        log = self.log.for_request(request_id) if request_id else self.log

        def defer(work: Awaitable[None]) -> None:
            task = asyncio.ensure_future(_guarded(work, log))
            _under_way.add(task)
            task.add_done_callback(_under_way.discard)
            if ctx is not None:
                ctx.waitUntil(task)

        return Context(
            db=self.db, kv=self.kv, media=self.media, assets=self.assets, clock=CLOCK, random=RANDOM,
            crypto=CRYPTO, http=HTTP,
            log=log, metrics=self.metrics, config=self.config, defer=defer, objects=self.objects, ai=self.ai,
        )  # fmt: skip


async def _guarded(work: Awaitable[None], log: JsonLog) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - nobody is left to tell but the log
        log.error("deferred_work_failed", error=type(error).__name__, reason=str(error))


class _Body:
    """The body of a platform request."""

    __slots__ = ("_announced", "_request")

    def __init__(self, request: Any, announced: str | None) -> None:
        self._request = request
        self._announced = announced

    async def read(self, limit: int) -> bytes:
        """All of it; raises ``PayloadTooLarge`` as soon as more than ``limit`` bytes are announced or have come."""
        announced = self._announced
        if announced is not None and announced.isdecimal():
            if int(announced) > limit:
                raise PayloadTooLarge(f"At most {limit} bytes are taken here.")
            return (await self._request.arrayBuffer()).to_bytes()
        content = await read_stream(self._request.body, limit)
        if content is None:
            raise PayloadTooLarge(f"At most {limit} bytes are taken here.")
        return content


class _Answer:
    """A platform response. The SDK takes it from a Python object at once; a JavaScript one it questions first."""

    __slots__ = ("js_object",)

    def __init__(self, js_object: Any) -> None:
        self.js_object = js_object


def incoming(request: Any) -> Request:
    """A platform request as the kernel takes it."""
    raw = request.js_object
    headers = header_map(raw.headers)
    url = urlsplit(str(raw.url))
    return Request(
        method=raw.method,
        path=url.path or "/",
        query=url.query,
        headers=headers,
        client_ip=headers.get("cf-connecting-ip", "unknown"),
        origin=f"{url.scheme}://{url.netloc}",
        id=acceptable_request_id(headers.get("x-request-id")) or RANDOM.id(),
        body=_Body(raw, headers.get("content-length")),
        platform=raw,
    )


def outgoing(reply: Reply) -> Any:
    """A reply of the kernel as the platform takes it."""
    if reply.upgrade is not None:
        return reply.upgrade
    headers = dict(reply.headers)
    pairs = headers if len(headers) == len(reply.headers) else reply.headers
    body = reply.body if reply.stream is None else reply.stream
    if isasyncgen(body):
        body = readable(cast("AsyncGenerator[str]", body))
    if isinstance(body, bytes):
        body = to_js(body)
    return _Answer(response(jsnull if body is None else body, {"status": reply.status, "headers": pairs}))
