"""The conformance worker, started once for its tests, none of which can wait for ever."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.serve import serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

HERE = "tests/conformance/"
SECONDS = 60.0


def pytest_itemcollected(item: pytest.Item) -> None:
    """Bound what sockets are waited for."""
    if item.nodeid.startswith(HERE) and isinstance(item, pytest.Function) and _is_async(item.obj):
        item.obj = _bounded(item.obj)


def _is_async(test: Any) -> bool:
    return inspect.iscoroutinefunction(test)


def _bounded(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def within(*arguments: Any, **named: Any) -> None:
        async with asyncio.timeout(SECONDS):
            await test(*arguments, **named)

    return within


@pytest.fixture(scope="session")
def conformance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the worker answers, without a slash at the end."""
    folder: Path = tmp_path_factory.mktemp("conformance")
    with serve(folder) as server:
        yield server.url
