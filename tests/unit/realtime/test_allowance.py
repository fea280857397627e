"""Who is asked before a message passes, and what is counted."""

from __future__ import annotations

import pytest

from services.problems import TooManyRequests
from services.ratelimit import Policy
from services.realtime.allowance import Allowance
from tests.unit.support import make_context


class Limiter:
    """Lets as many pass as there are."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.asked = 0

    async def take(self, _: str) -> None:
        self.asked += 1
        if not self.left:
            raise TooManyRequests
        self.left -= 1


async def passing(allowance: Allowance, subject: str = "user:mina") -> int:
    """How many messages pass until one is refused."""
    for number in range(2000):
        try:
            await allowance.charge(subject)
        except TooManyRequests:
            return number
    raise AssertionError("nothing is refused")


@pytest.mark.parametrize(("quota", "trusted"), [(1000, 10), (99, 0)])
async def test_a_few_pass_unasked_and_are_counted_with_the_next(quota: int, trusted: int) -> None:
    limiter, context = Limiter(quota), make_context()
    allowance = Allowance(context.clock, Policy("realtime", quota, 60), limiter.take)
    for _ in range(trusted):
        await allowance.charge("user:mina")
    assert limiter.asked == 0
    assert trusted + await passing(allowance) == quota


async def test_an_exact_limit_trusts_nobody() -> None:
    limiter, context = Limiter(1000), make_context()
    allowance = Allowance(context.clock, Policy("realtime", 1000, 60, exact=True), limiter.take)
    await allowance.charge("user:mina")
    assert limiter.asked == 1


async def test_trust_is_for_each_person_and_each_window() -> None:
    limiter, context = Limiter(0), make_context()
    allowance = Allowance(context.clock, Policy("realtime", 1000, 60), limiter.take)
    assert [await passing(allowance, "user:mina"), await passing(allowance, "user:jun")] == [10, 10]
    assert await passing(allowance) == 0
    context.clock.advance(seconds=60)
    assert await passing(allowance) == 10
