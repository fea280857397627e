"""Rate limits at the door: leases from the ``RateLimiter`` objects, spent in the isolate.

Answers carry ``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.problems import TooManyRequests

if TYPE_CHECKING:
    from edge.http.messages import Header
    from services.context import Context
    from services.ratelimit import Policy

MAX_LEASES = 4096


@dataclass(slots=True)
class _Lease:
    left: int
    remaining: int
    reset_at: int


class Limits:
    """The leases of one isolate, over all subjects; bounded, the oldest go first."""

    def __init__(self, policies: dict[str, Policy]) -> None:
        self.policies = policies
        self._leases: dict[str, _Lease] = {}
        self._asking: set[str] = set()

    async def take(self, context: Context, policy_name: str, subject: str) -> list[Header]:
        """Count one event; the headers for the answer. Raises ``TooManyRequests``."""
        policy = self.policies[policy_name]
        key = f"{policy_name}:{subject}"
        now = context.clock.now()
        lease = self._leases.get(key)
        if lease is None or now >= lease.reset_at or lease.left <= 0:
            lease = await self._renew(context, policy, key, now)
        if lease.left <= 0:
            wait = _seconds(policy, lease.reset_at - now)
            raise TooManyRequests(retry_after=wait, headers=_headers(policy, 0, wait))
        lease.left -= 1
        return _headers(policy, lease.left + lease.remaining, _seconds(policy, lease.reset_at - now))

    async def _renew(self, context: Context, policy: Policy, key: str, now: int) -> _Lease:
        known = self._leases.get(key)
        if known and now < known.reset_at and known.remaining <= 0:
            return known
        # Of requests that come together one asks for a lease, or ten would take a whole window for this isolate.
        wanted = 1 if key in self._asking else policy.lease
        self._asking.add(key)
        try:
            grant = await context.objects.get("RATE_LIMITER", key).call(
                "grant", wanted=wanted, quota=policy.quota, window=policy.window
            )
        finally:
            self._asking.discard(key)
        lease = self._leases.get(key)
        if lease is not None and lease.reset_at == grant["resetAt"]:
            # Requests that came together have each asked: what they were granted adds up.
            lease.left += grant["granted"]
            lease.remaining = min(lease.remaining, grant["remaining"])
            return lease
        while len(self._leases) >= MAX_LEASES:
            del self._leases[next(iter(self._leases))]
        lease = self._leases[key] = _Lease(grant["granted"], grant["remaining"], grant["resetAt"])
        return lease


@dataclass(frozen=True, slots=True)
class RequestLimiter:
    """The limits as one request's handler uses them."""

    limits: Limits
    context: Context

    async def take(self, policy: str, subject: str) -> list[Header]:
        """Count one event; raises ``TooManyRequests``."""
        return await self.limits.take(self.context, policy, subject)


def _seconds(policy: Policy, milliseconds: int) -> int:
    """Whole seconds, rounded up; the object's clock may be a little ahead of ours."""
    return min(policy.window, max(1, -(-milliseconds // 1000)))


def _headers(policy: Policy, remaining: int, reset: int) -> list[Header]:
    return [
        ("ratelimit-policy", f'"{policy.name}";q={policy.quota};w={policy.window}'),
        ("ratelimit", f'"{policy.name}";r={remaining};t={reset}'),
    ]
