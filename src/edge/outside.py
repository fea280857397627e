"""The world outside, with a deadline and a bound on every answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import JsException, jsnull, to_js

from edge.crossing import entries
from services.context import HttpReply, HttpStream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

READ_AT_ONCE = 64 * 1024
"""Bytes of a body that are taken over from the platform in one step."""


class EdgeHttp:
    """``fetch``, bounded in time and size. Redirects are not followed."""

    __slots__ = ()

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - enforced with an AbortSignal
        max_bytes: int = 1_000_000,
    ) -> HttpReply:
        """Send a request; raises ``UpstreamError`` if there is no answer within ``timeout`` seconds."""
        try:
            response = await js.fetch(url, _init(method, headers, body, timeout))
            content = await read_stream(response.body, max_bytes)
        except JsException as error:
            raise UpstreamError(str(error)) from None
        if content is None:
            raise UpstreamError(f"the answer is larger than {max_bytes} bytes")
        return HttpReply(response.status, header_map(response.headers), content)

    async def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - enforced with an AbortSignal
        max_bytes: int = 1_000_000,
    ) -> HttpStream:
        """Send a request; the answer as it comes. Raises ``UpstreamError``, as reading it does."""
        try:
            response = await js.fetch(url, _init(method, headers, body, timeout))
        except JsException as error:
            raise UpstreamError(str(error)) from None
        return http_stream(response, max_bytes)


def _init(method: str, headers: Mapping[str, str] | None, body: bytes | None, timeout: float) -> Any:
    init = js.JSON.parse(json.dumps({"method": method, "headers": dict(headers or {}), "redirect": "manual"}))
    init.signal = js.AbortSignal.timeout(int(timeout * 1000))
    if body is not None:
        init.body = to_js(body)
    return init


def http_stream(response: Any, max_bytes: int) -> HttpStream:
    """A platform response whose body is read as it comes."""
    return HttpStream(response.status, header_map(response.headers), _chunks(response.body, max_bytes))


async def _chunks(stream: Any, limit: int) -> AsyncGenerator[bytes]:
    if stream is None or stream is jsnull:
        return
    reader = stream.getReader()
    try:
        while not (step := await reader.read()).done:
            limit -= step.value.byteLength
            if limit < 0:
                raise UpstreamError("the answer is larger than it may be")
            yield step.value.to_bytes()
    except JsException as error:
        raise UpstreamError(str(error)) from None
    finally:
        reader.cancel().catch(js.Boolean)  # whoever stops early leaves nothing running


def header_map(headers: Any) -> dict[str, str]:
    """A JavaScript ``Headers`` as a dict, in one crossing; names are in lower case."""
    return entries(headers)


async def read_stream(stream: Any, limit: int) -> bytes | None:
    """All bytes of a ``ReadableStream``; None, and the rest cancelled, as soon as there are more than ``limit``.

    Each read waits for a full buffer: a sender decides how small its chunks are, not what they cost.
    """
    if stream is None or stream is jsnull:
        return b""
    reader = stream.getReader(js.JSON.parse('{"mode": "byob"}'))
    chunks, length = js.Array.new(), 0
    while length <= limit:
        wanted = min(READ_AT_ONCE, limit + 1 - length)
        step = await reader.readAtLeast(wanted, js.Uint8Array.new(wanted))
        chunks.push(step.value)
        length += step.value.byteLength
        if step.done:
            # Joined there: growing here would take the memory twice, and it is never given back.
            return (await js.Blob.new(chunks).arrayBuffer()).to_bytes()
    await reader.cancel()
    return None
