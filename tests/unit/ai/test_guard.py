"""What stands around a provider: retry, deadline, circuit breaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.ai import AiUnavailable
from services.ai.breaker import COOL_DOWN, THRESHOLD, Breaker
from services.ai.guard import (
    PAUSE,
    Garbled,
    Guard,
    Overloaded,
    Patience,
    ProviderError,
    Refused,
    Unreachable,
)
from services.audio import AudioFormatUnsupported
from services.context import Context, UpstreamError
from tests.unit.support import Counters, SetClock, make_context

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = Patience(attempt=10, total=15)


class Attempts:
    """A provider that fails as told, in turn, and then answers; each attempt takes its time on the clock."""

    def __init__(self, context: Context, *failures: Exception, seconds: float = 0) -> None:
        self.failures = list(failures)
        self.allowed: list[float] = []
        self._clock = context.clock
        self._seconds = seconds

    async def __call__(self, seconds: float) -> str:
        self.allowed.append(seconds)
        assert isinstance(self._clock, SetClock)
        self._clock.advance(seconds=self._seconds)
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


@pytest.fixture
def context() -> Context:
    return make_context()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def guard(pauses: list[float]) -> Guard:
    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return Guard("test", sleep=sleep)


def outcomes(context: Context) -> dict[str, int]:
    assert isinstance(context.metrics, Counters)
    return {key[-1]: n for key, n in context.metrics.counts.items() if key[0] == "studymate_ai_calls_total"}


class TestRetry:
    @pytest.mark.parametrize("failure", [Unreachable("502"), UpstreamError("reset by peer")])
    async def test_what_may_pass_is_tried_once_more_after_a_pause(
        self, context: Context, guard: Guard, pauses: list[float], failure: Exception
    ) -> None:
        attempt = Attempts(context, failure)
        assert await guard.call(context, "complete", PATIENCE, attempt) == "answer"
        assert len(attempt.allowed) == 2
        assert PAUSE[0] <= pauses[0] <= PAUSE[1]
        assert outcomes(context) == {"answered": 1}

    async def test_never_twice(self, context: Context, guard: Guard) -> None:
        attempt = Attempts(context, *(Unreachable("502") for _ in range(3)))
        with pytest.raises(AiUnavailable) as caught:
            await guard.call(context, "complete", PATIENCE, attempt)
        assert len(attempt.allowed) == 2
        assert caught.value.retry_after == 30
        assert outcomes(context) == {"unreachable": 1}

    @pytest.mark.parametrize(
        "failure", [Refused(400, ""), Refused(401, ""), Overloaded("429"), Garbled("html")]
    )
    async def test_refusal_overload_and_nonsense_are_not_tried_again(
        self, context: Context, guard: Guard, failure: ProviderError
    ) -> None:
        attempt = Attempts(context, failure)
        with pytest.raises(AiUnavailable):
            await guard.call(context, "complete", PATIENCE, attempt)
        assert len(attempt.allowed) == 1
        assert outcomes(context) == {failure.outcome: 1}

    async def test_the_second_try_gets_what_is_left_of_the_deadline(
        self, context: Context, guard: Guard, pauses: list[float]
    ) -> None:
        attempt = Attempts(context, Unreachable("timed out"), seconds=10)
        await guard.call(context, "complete", PATIENCE, attempt)
        assert attempt.allowed == [10, pytest.approx(5 - pauses[0])]

    async def test_no_second_try_when_nothing_useful_is_left(self, context: Context, guard: Guard) -> None:
        attempt = Attempts(context, Unreachable("timed out"), seconds=14.5)
        with pytest.raises(AiUnavailable):
            await guard.call(context, "complete", PATIENCE, attempt)
        assert attempt.allowed == [10]

    async def test_the_callers_own_fault_passes(self, context: Context, guard: Guard) -> None:
        attempt = Attempts(context, AudioFormatUnsupported())
        with pytest.raises(AudioFormatUnsupported):
            await guard.call(context, "transcribe", PATIENCE, attempt)


class TestCircuit:
    async def fail(
        self, context: Context, guard: Guard, failure: Callable[[], ProviderError]
    ) -> AiUnavailable:
        with pytest.raises(AiUnavailable) as caught:
            await guard.call(context, "complete", PATIENCE, Attempts(context, failure(), failure()))
        return caught.value

    async def test_opens_after_failures_in_a_row_and_tells_for_how_long(
        self, context: Context, guard: Guard
    ) -> None:
        for _ in range(THRESHOLD):
            await self.fail(context, guard, lambda: Unreachable("502"))
        attempt = Attempts(context)
        with pytest.raises(AiUnavailable) as caught:
            await guard.call(context, "complete", PATIENCE, attempt)
        assert attempt.allowed == []
        assert caught.value.retry_after == COOL_DOWN // 1000
        assert outcomes(context) == {"unreachable": THRESHOLD, "skipped": 1}

    async def test_a_success_in_between_starts_the_count_again(self, context: Context, guard: Guard) -> None:
        for _ in range(THRESHOLD - 1):
            await self.fail(context, guard, lambda: Garbled("html"))
        await guard.call(context, "complete", PATIENCE, Attempts(context))
        await self.fail(context, guard, lambda: Garbled("html"))
        assert await guard.call(context, "complete", PATIENCE, Attempts(context)) == "answer"

    async def test_refusals_say_nothing_about_the_providers_health(
        self, context: Context, guard: Guard
    ) -> None:
        for _ in range(3 * THRESHOLD):
            await self.fail(context, guard, lambda: Refused(400, "context_length_exceeded"))
        assert await guard.call(context, "complete", PATIENCE, Attempts(context)) == "answer"

    async def test_an_overloaded_provider_is_left_alone_for_as_long_as_it_asks(
        self, context: Context, guard: Guard
    ) -> None:
        refused = await self.fail(context, guard, lambda: Overloaded("429", retry_after=12))
        assert refused.retry_after == 12
        skipped = Attempts(context)
        with pytest.raises(AiUnavailable):
            await guard.call(context, "complete", PATIENCE, skipped)
        assert skipped.allowed == []
        assert isinstance(context.clock, SetClock)
        context.clock.advance(seconds=12)
        assert await guard.call(context, "complete", PATIENCE, Attempts(context)) == "answer"

    def test_half_open_lets_one_through_at_a_time(self) -> None:
        breaker = Breaker()
        for _ in range(THRESHOLD):
            breaker.failed(0)
        assert breaker.admit(COOL_DOWN - 1) == 1
        assert breaker.admit(COOL_DOWN) == 0
        assert breaker.admit(COOL_DOWN) == COOL_DOWN
        breaker.succeeded()
        assert [breaker.admit(COOL_DOWN + 1) for _ in range(3)] == [0, 0, 0]

    def test_a_failed_probe_opens_it_again_and_a_lost_one_does_not_close_it_for_ever(self) -> None:
        breaker = Breaker()
        for _ in range(THRESHOLD):
            breaker.failed(0)
        assert breaker.admit(COOL_DOWN) == 0
        breaker.failed(COOL_DOWN + 10)
        assert breaker.admit(2 * COOL_DOWN) == 10
        assert breaker.admit(2 * COOL_DOWN + 10) == 0
        assert breaker.admit(3 * COOL_DOWN + 10) == 0
