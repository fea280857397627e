"""The ``Http`` port on CPython, and a server on the loopback that misbehaves as a test tells it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import httpx

from services.context import HttpReply, HttpStream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

_TLS = httpx.create_ssl_context()
"""Made once: reading the certificates takes longer than a request."""


class HttpxHttp:
    """``Http`` on httpx: the deadline covers all of a call, a large answer is given up while it comes."""

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the port has it
        max_bytes: int = 1_000_000,
    ) -> HttpReply:
        try:
            async with (
                asyncio.timeout(timeout),
                httpx.AsyncClient(timeout=None, verify=_TLS) as client,
                client.stream(method, url, headers=dict(headers or {}), content=body) as answer,
            ):
                content = await _bounded(answer, max_bytes)
                return HttpReply(answer.status_code, dict(answer.headers), content)
        except (TimeoutError, httpx.HTTPError) as error:
            raise UpstreamError(type(error).__name__) from None

    async def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the port has it
        max_bytes: int = 1_000_000,
    ) -> HttpStream:
        client = httpx.AsyncClient(timeout=timeout, verify=_TLS)
        request = client.build_request(method, url, headers=dict(headers or {}), content=body)
        try:
            answer = await client.send(request, stream=True)
        except httpx.HTTPError as error:
            await client.aclose()
            raise UpstreamError(type(error).__name__) from None
        return HttpStream(answer.status_code, dict(answer.headers), _chunks(client, answer, max_bytes))


async def _chunks(client: httpx.AsyncClient, answer: httpx.Response, max_bytes: int) -> AsyncGenerator[bytes]:
    try:
        async for chunk in answer.aiter_bytes():
            max_bytes -= len(chunk)
            if max_bytes < 0:
                raise UpstreamError("the answer is larger than it may be")
            yield chunk
    except httpx.HTTPError as error:
        raise UpstreamError(type(error).__name__) from None
    finally:
        await answer.aclose()
        await client.aclose()


async def _bounded(answer: httpx.Response, max_bytes: int) -> bytes:
    content = b""
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > max_bytes:
            raise UpstreamError(f"the answer is larger than {max_bytes} bytes")
    return content


@dataclass(frozen=True)
class Answer:
    """One scripted answer: what to send, or how to fail."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    reset: bool = False
    cut: bool = False
    """Announce more than the body and close behind it."""


def answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), named)


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Upstream:
    """A real server that gives its scripted answers in turn, and the last one for ever."""

    def __init__(self, *script: Answer) -> None:
        self.script = deque(script)
        self.asked: list[Asked] = []
        self._released = threading.Event()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                upstream._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        named = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.path, named, body))
        given = self.script.popleft() if len(self.script) > 1 else self.script[0]
        if given.hang:
            self._released.wait()
        if given.hang or given.reset:
            linger = struct.pack("ii", 1, 0)  # close with RST
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            request.connection.close()
            request.wfile = open("/dev/null", "wb")  # noqa: SIM115, PTH123 - the handler flushes it
            return
        request.send_response(given.status)
        for name, value in given.headers.items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(given.body) + given.cut))
        request.end_headers()
        request.wfile.write(given.body)
        request.close_connection = True


@dataclass(frozen=True)
class RestInference:
    """``Inference`` as the platform's REST API offers it: ``POST …/{model}`` with the inputs as the body."""

    http: HttpxHttp
    url: str

    async def run(
        self,
        model: str,
        inputs: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the port has it
        max_bytes: int = 1_000_000,
    ) -> HttpReply:
        return await self.http.fetch(
            "POST", f"{self.url}/{model}", body=inputs.encode(), timeout=timeout, max_bytes=max_bytes
        )

    async def open(
        self,
        model: str,
        inputs: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the port has it
        max_bytes: int = 1_000_000,
    ) -> HttpStream:
        return await self.http.open(
            "POST", f"{self.url}/{model}", body=inputs.encode(), timeout=timeout, max_bytes=max_bytes
        )
