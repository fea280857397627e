"""Answers that are still being made while they are sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import JsException, to_js

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_writing: set[asyncio.Task[None]] = set()


def readable(pieces: AsyncGenerator[str]) -> Any:
    """A platform stream of text. A reader who leaves ends the making at the next piece."""
    pipe = js.IdentityTransformStream.new()
    task = asyncio.ensure_future(_write(pieces, pipe.writable.getWriter()))
    _writing.add(task)
    task.add_done_callback(_writing.discard)
    return pipe.readable


async def _write(pieces: AsyncGenerator[str], writer: Any) -> None:
    try:
        async for piece in pieces:
            await writer.write(to_js(piece.encode()))
        await writer.close()
    except JsException:
        return  # the reader has left
    except Exception:
        writer.abort("the answer broke off")
        raise
    finally:
        await pieces.aclose()
