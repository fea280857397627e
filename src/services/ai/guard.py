"""What stands around every provider: deadline, one retry, circuit breaker, counters.

A provider's own code makes one attempt and says with a ``ProviderError`` what went wrong; here is decided
what follows from it. Retried are failures that a second try may not meet (time-outs, broken connections,
5xx), never a refusal (4xx) and never overload (429), which a retry would make worse.
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from services.ai.breaker import Breaker
from services.ai.contracts import AiUnavailable
from services.context import HttpReply, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.context import Context

T = TypeVar("T")

LATENCY_BUCKETS = (100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000)
RETRY_AFTER = 30
"""Seconds after which a caller may try again when the provider names no time."""
MAX_RETRY_AFTER = 3600
LEAST_USEFUL = 1.0
"""Seconds that must be left of the deadline for a second try to be worth it."""
PAUSE = (0.05, 0.25)
"""Seconds before the second try: between these two, by chance, so that callers do not return in step."""

MAX_ERROR = 4096
_CODE = re.compile(r"[\w.:-]{1,60}", re.ASCII)


class Patience(NamedTuple):
    """How long a call may take: one attempt, and all of it, in seconds."""

    attempt: float
    total: float


class ProviderError(Exception):
    """A provider did not give what it was asked for."""

    outcome: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = False
    counts: ClassVar[bool] = True
    """Whether the circuit breaker takes it for a failure of the provider."""

    def __init__(self, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unreachable(ProviderError):  # noqa: N818 - it says what happened, as the three below
    """No answer in time, a broken connection, or a 5xx."""

    outcome = "unreachable"
    retryable = True


class Overloaded(ProviderError):  # noqa: N818
    """It has no capacity or our quota is used up."""

    outcome = "overloaded"


class Garbled(ProviderError):  # noqa: N818
    """It answered with something that is not an answer."""

    outcome = "garbled"


class Refused(ProviderError):  # noqa: N818
    """It understood and will not: a wrong key, an unknown model, a parameter that it does not take."""

    outcome = "refused"
    counts = False

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status


def accepted(reply: HttpReply) -> HttpReply:
    """The reply if it is a success; raises the ``ProviderError`` that its status stands for."""
    status = reply.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        return reply
    reason = _error_code(reply.body)
    retry_after = _seconds(reply.headers.get("retry-after", ""))
    if status == 429 or (status == 503 and retry_after):  # noqa: PLR2004 - RFC 6585, RFC 9110 15.6.4
        raise Overloaded(f"{status} {reason}", retry_after=retry_after)
    if status >= 500 or status == 408:  # noqa: PLR2004 - server errors, request time-out
        raise Unreachable(f"{status} {reason}")
    raise Refused(status, reason)


def _error_code(body: bytes) -> str:
    """The error's code as either dialect names it; not its message, which may quote what a person wrote."""
    try:
        told = json.loads(body[:MAX_ERROR])
        error = told.get("error") or (told.get("errors") or [told])[0]
        code = str(error.get("code") or error.get("internalCode") or error.get("type") or "")
    except (ValueError, AttributeError, TypeError, LookupError, RecursionError):
        return ""
    return code if _CODE.fullmatch(code) else ""


def _seconds(text: str) -> int | None:
    return min(int(text), MAX_RETRY_AFTER) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004


class Guard:
    """Calls one provider; one per provider and isolate, because the circuit breaker is in it."""

    def __init__(self, provider: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.provider = provider
        self.breaker = Breaker()
        self._sleep = sleep

    async def call(
        self, context: Context, operation: str, patience: Patience, attempt: Callable[[float], Awaitable[T]]
    ) -> T:
        """The result of ``attempt(seconds)``, which must raise within that time; raises ``AiUnavailable``.

        A ``Problem`` that an attempt raises is the caller's fault and passes.
        """
        started = context.clock.now()
        if rest := self.breaker.admit(started):
            self._count(context, operation, "skipped")
            raise AiUnavailable(retry_after=-(-rest // 1000))
        try:
            result = await self._attempts(context, patience, attempt)
        except ProviderError as error:
            self._failed(context, operation, error)
            raise AiUnavailable(retry_after=error.retry_after or RETRY_AFTER) from error
        self.breaker.succeeded()
        self._count(context, operation, "answered")
        context.metrics.observe(
            "studymate_ai_duration_milliseconds", context.clock.now() - started, LATENCY_BUCKETS,
            provider=self.provider, operation=operation,
        )  # fmt: skip
        return result

    async def _attempts(
        self, context: Context, patience: Patience, attempt: Callable[[float], Awaitable[T]]
    ) -> T:
        deadline = context.clock.now() + patience.total * 1000
        try:
            return await _converted(attempt(patience.attempt))
        except ProviderError as error:
            pause = _jitter(context)
            left = (deadline - context.clock.now()) / 1000 - pause
            if not error.retryable or left < LEAST_USEFUL:
                raise
        await self._sleep(pause)
        return await _converted(attempt(min(patience.attempt, left)))

    def _failed(self, context: Context, operation: str, error: ProviderError) -> None:
        if error.counts:
            self.breaker.failed(context.clock.now(), (error.retry_after or 0) * 1000)
        self._count(context, operation, error.outcome)
        report = context.log.warning if error.counts else context.log.error
        report(
            "ai_failed", provider=self.provider, operation=operation, outcome=error.outcome, reason=str(error)
        )

    def _count(self, context: Context, operation: str, outcome: str) -> None:
        context.metrics.count(
            "studymate_ai_calls_total", provider=self.provider, operation=operation, outcome=outcome
        )


async def _converted(work: Awaitable[T]) -> T:
    try:
        return await work
    except UpstreamError as error:
        raise Unreachable(str(error)) from error


def _jitter(context: Context) -> float:
    least, most = PAUSE
    return least + (most - least) * context.random.bytes(1)[0] / 255


@lru_cache(maxsize=16)
def guard_of(provider: str, address: str) -> Guard:
    """The isolate's guard of a provider at an address."""
    del address  # it tells two servers of the same name apart
    return Guard(provider)
