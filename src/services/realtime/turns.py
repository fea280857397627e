"""The order in which the messages of one client are handled, and how many may wait."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PIPELINED = 64
"""Messages of one client that may be under way at once."""


class InTurn:
    """Lets the messages of one connection be handled one after the other, and bounds what waits."""

    __slots__ = ("_limit", "_lock", "_waiting")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting = 0
        self._lock = asyncio.Lock()

    async def do(self, work: Callable[[], Awaitable[None]], size: int) -> bool:
        """Do it in turn; False, and it is not done, if more than the limit waits."""
        if self._waiting + size > self._limit:
            return False
        self._waiting += size
        try:
            async with self._lock:
                await work()
        finally:
            self._waiting -= size
        return True


@dataclass(eq=False, slots=True)
class _Call:
    """A call under way, and its result when it is over."""

    end: Callable[[Any], None]
    task: asyncio.Future[None] | None = None
    result: Any = None
    over: bool = False


class Pipeline:
    """Calls that begin one after the other without waiting, and whose ends are told in that order.

    So a client's messages reach their room together, and the room can pass them on together.
    """

    __slots__ = ("_limit", "_under_way")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._under_way: deque[_Call] = deque()

    async def begin(self, work: Awaitable[Any], end: Callable[[Any], None]) -> None:
        """Begin the work; ``end`` is called with its result, or with the exception that it raised."""
        if len(self._under_way) >= self._limit:
            await self.settled()
        call = _Call(end)
        self._under_way.append(call)
        call.task = asyncio.ensure_future(self._do(call, work))

    async def _do(self, call: _Call, work: Awaitable[Any]) -> None:
        try:
            call.result = await work
        except Exception as error:  # noqa: BLE001 - whoever began it tells the client
            call.result = error
        call.over = True
        while self._under_way and self._under_way[0].over:
            first = self._under_way.popleft()
            first.end(first.result)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way and (task := self._under_way[0].task):
            await asyncio.wait((task,))
