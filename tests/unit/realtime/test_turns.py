"""What a client sends together ends in its order."""

from __future__ import annotations

import asyncio
from itertools import permutations

import pytest

from services.realtime.turns import Pipeline


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_ends_are_told_in_the_order_of_the_beginnings(order: tuple[int, ...]) -> None:
    pipeline, ended = Pipeline(8), list[object]()
    calls = [asyncio.get_running_loop().create_future() for _ in range(3)]
    for call in calls:
        await pipeline.begin(call, ended.append)
    for number in order:
        calls[number].set_result(number)
        await asyncio.sleep(0)
    await pipeline.settled()
    assert ended == [0, 1, 2]


async def test_a_failure_is_an_end_too_and_the_limit_is_one() -> None:
    pipeline, ended = Pipeline(1), list[object]()
    first, second = (asyncio.get_running_loop().create_future() for _ in range(2))
    await pipeline.begin(first, ended.append)
    waiting = asyncio.ensure_future(pipeline.begin(second, ended.append))
    await asyncio.sleep(0)
    assert not waiting.done()
    error = ValueError("no")
    first.set_exception(error)
    await waiting
    second.set_result("yes")
    await pipeline.settled()
    assert ended == [error, "yes"]
