"""Completions as server-sent events (HTML standard, 9.2), read piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.ai import answers
from services.ai.contracts import AiUnavailable
from services.ai.guard import RETRY_AFTER, Garbled, ProviderError, accepted
from services.context import HttpReply, UpstreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.context import HttpStream

MAX_LINE = 64 * 1024
END = b"[DONE]"


async def begun(stream: HttpStream) -> AsyncGenerator[str]:
    """The pieces of an answer, once the first is there.

    Raises ``ProviderError`` or ``UpstreamError`` until then; the generator raises ``AiUnavailable`` later.
    """
    if stream.status != 200:  # noqa: PLR2004 - the one status of a stream
        body = b"".join([chunk async for chunk in stream.chunks])
        accepted(HttpReply(stream.status, stream.headers, body))
        raise Garbled(f"{stream.status} instead of a stream")
    pieces = _pieces(stream)
    first = await anext(pieces, None)
    if first is None:
        raise Garbled("an empty stream")
    return _rest(first, pieces)


async def _rest(first: str, pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
    try:
        yield first
        async for piece in pieces:
            yield piece
    except (ProviderError, UpstreamError) as error:
        raise AiUnavailable("The language model broke off.", retry_after=RETRY_AFTER) from error
    finally:
        await pieces.aclose()


async def _pieces(stream: HttpStream) -> AsyncGenerator[str]:
    length = 0
    events = _data(stream.chunks)
    try:
        async for data in events:
            if data == END:
                return
            text = answers.parsed(answers.Piece, data).text
            length += len(text)
            if length > answers.MAX_TEXT:
                raise Garbled("an endless stream")
            if text:
                yield text
    finally:
        await events.aclose()


async def _data(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The data of each event; both dialects write it on one line."""
    line = b""
    try:
        async for chunk in chunks:
            *lines, line = (line + chunk).split(b"\n")
            if len(line) > MAX_LINE:
                raise Garbled("an endless line")
            for each in lines:
                if each.startswith(b"data:"):
                    yield each[5:].strip()
    finally:
        await chunks.aclose()
