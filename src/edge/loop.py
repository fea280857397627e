"""Fewer steps between Python's event loop and the platform's.

Pyodide's loop asks the platform once for each callback, in a frame that may wait for a promise without ``await``,
and once more for each future and task to count what is under way. A request that reads one row asked eight times.
Nothing here waits without ``await`` and nobody asks for the count; what the platform calls starts at once, and its
result settles the platform's promise at once, so that a request asks twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pyodide.ffi import create_once_callable
from pyodide.webloop import PyodideFuture, PyodideTask, scheduleCallback

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextvars import Context

SETTLES_A_PROMISE = "FutureDoneCallback"
"""The type of the callback by which Pyodide hands a task's result to JavaScript: it runs no Python."""


def streamline(loop: Any) -> None:
    """Give the loop shorter ways for callbacks, futures and tasks; one that is made otherwise keeps its own.

    Afterwards ``run_sync``, and with it ``import_from_javascript`` of anything but what is loaded, raises
    ``RuntimeError`` in tasks that start.
    """
    claim = getattr(loop, "_install_running_loop", None)
    watch_generators = getattr(loop, "_install_asyncgen_hooks", None)
    if claim is None or watch_generators is None:
        return

    in_callback = False
    """What a callback begins does not start within it: it may be walking what the work changes."""

    def call_soon(callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, loop, context)
        if type(callback).__name__ == SETTLES_A_PROMISE:
            handle._run()  # noqa: SLF001 - what an event loop does with its handles
            return handle

        def run() -> None:
            nonlocal in_callback
            claim()
            watch_generators()
            if not handle.cancelled():
                in_callback = True
                try:
                    handle._run()  # noqa: SLF001 - what an event loop does with its handles
                finally:
                    in_callback = False

        scheduleCallback(create_once_callable(run), 0)
        return handle

    def create_future() -> asyncio.Future[Any]:
        return PyodideFuture(loop=loop)

    def create_task(
        coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None, **_: Any
    ) -> asyncio.Task[Any]:
        claim()
        watch_generators()
        called = asyncio.current_task() is None and not in_callback
        eager: dict[str, Any] = {"eager_start": called}  # Python 3.12; types are checked against 3.11
        return PyodideTask(coro, loop=loop, name=name, context=context, **eager)

    loop.call_soon = call_soon
    loop.create_future = create_future
    loop.create_task = create_task
