"""Workers AI: the platform's own models behind the binding ``AI``."""

from __future__ import annotations

import asyncio
from typing import Any

import js
from pyodide.ffi import JsException, jsnull

from edge.outside import header_map, http_stream, read_stream
from services.context import HttpReply, HttpStream, UpstreamError

OPTIONS = '{"returnRawResponse": true, "rejectIfBusy": true}'
"""The raw answer tells status and size; a call that would queue for capacity fails at once instead."""


class WorkersAi:
    """The binding, bounded in time and size."""

    __slots__ = ("_binding",)

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    async def run(
        self,
        model: str,
        inputs: str,
        *,
        timeout: float,  # noqa: ASYNC109 - a signal ends the work, asyncio our waiting for it
        max_bytes: int = 1_000_000,
    ) -> HttpReply:
        """Run a model on JSON inputs; raises ``UpstreamError``."""
        try:
            async with asyncio.timeout(timeout):
                response = await self._begin(model, inputs, timeout)
                content = await read_stream(response.body, max_bytes)
        except (JsException, TimeoutError) as error:
            raise UpstreamError(f"{type(error).__name__} from {model}") from None
        if content is None:
            raise UpstreamError(f"the answer is larger than {max_bytes} bytes")
        return HttpReply(response.status, header_map(response.headers), content)

    async def open(
        self,
        model: str,
        inputs: str,
        *,
        timeout: float,  # noqa: ASYNC109 - a signal ends the work, asyncio our waiting for it
        max_bytes: int = 1_000_000,
    ) -> HttpStream:
        """Run a model on JSON inputs that ask for a stream; raises ``UpstreamError``, as reading it does."""
        try:
            async with asyncio.timeout(timeout):
                response = await self._begin(model, inputs, timeout)
        except (JsException, TimeoutError) as error:
            raise UpstreamError(f"{type(error).__name__} from {model}") from None
        return http_stream(response, max_bytes)

    async def _begin(self, model: str, inputs: str, seconds: float) -> Any:
        options = js.JSON.parse(OPTIONS)
        options.signal = js.AbortSignal.timeout(int(seconds * 1000))
        return await self._binding.run(model, js.JSON.parse(inputs), options)


def workers_ai(env: Any) -> WorkersAi | None:
    """The environment's models, if it has the binding."""
    binding = getattr(env, "AI", None)
    return None if binding is None or binding is jsnull else WorkersAi(binding)
