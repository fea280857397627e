"""Fixed-window rate limits, counted exactly in one place and handed out in leases.

A ``RateLimiter`` object owns the window of one subject. An isolate takes a lease of several events at a time
and spends it without asking again, so that most requests cost no call; what is granted in all never
exceeds the limit. Unspent leases lapse with their window: a subject served by several isolates at once may be
refused a little early, never late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEASES_PER_WINDOW = 10


@dataclass(frozen=True, slots=True)
class Policy:
    """``quota`` events per ``window`` seconds; ``exact`` policies are never leased ahead."""

    name: str
    quota: int
    window: int
    exact: bool = False

    @property
    def lease(self) -> int:
        """How many events an isolate asks for at a time."""
        return 1 if self.exact else max(1, self.quota // LEASES_PER_WINDOW)


@dataclass(slots=True)
class Window:
    """The events granted since ``started`` (milliseconds)."""

    started: int = 0
    granted: int = 0

    def grant(self, *, wanted: int, quota: int, window: int, now: int) -> dict[str, int]:
        """Grant up to ``wanted`` events: ``{granted, remaining, resetAt}`` (resetAt in milliseconds)."""
        if now >= self.started + window * 1000:
            self.started, self.granted = now, 0
        granted = max(0, min(wanted, quota - self.granted))
        self.granted += granted
        return {
            "granted": granted,
            "remaining": max(0, quota - self.granted),
            "resetAt": self.started + window * 1000,
        }


DEFAULTS: dict[str, str] = {
    "api": "100/60",
    "sign_in": "10/60 exact",
    "account": "100/900 exact",
    "report": "20/86400 exact",
    "ai": "50/3600",
    "level_test": "20/3600",
    "connect": "300/60",
    "realtime": "1000/60",
}
"""Events per seconds for each policy; the variable ``RATE_LIMITS`` changes single ones."""


def parse_policies(configured: dict[str, Any]) -> dict[str, Policy]:
    """The policies, with what is configured over the defaults: ``{"api": "100/60", "sign_in": "10/60 exact"}``.

    Raises ``ValueError`` for a rule that is none.
    """
    policies: dict[str, Policy] = {}
    for name, rule in (DEFAULTS | configured).items():
        rate, _, mode = str(rule).partition(" ")
        quota, _, window = rate.partition("/")
        policies[name] = Policy(name, int(quota), int(window), exact=mode == "exact")
    return policies
