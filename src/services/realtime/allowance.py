"""What people may send: a few messages on trust, then leases of their limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.context import Clock
    from services.ratelimit import Policy

TRUSTED_PART = 100
"""The hundredth part of a limit is let through before anyone is asked: nearly everybody sends less."""


class Allowance:
    """Counts the messages of the people of one object; ``take`` counts one against a subject's limit.

    Who sends more than is trusted is charged for that too, so that the limit is exact for whoever sends through one
    object, and at most a hundredth late for each further one.
    """

    def __init__(self, clock: Clock, policy: Policy, take: Callable[[str], Awaitable[object]]) -> None:
        self._clock = clock
        self._trusted = 0 if policy.exact else policy.quota // TRUSTED_PART
        self._window = policy.window * 1000
        self._take = take
        self._ends = 0
        self._sent: dict[str, int] = {}

    async def charge(self, subject: str) -> None:
        """Count one message. Raises ``TooManyRequests``."""
        now = self._clock.now()
        if now >= self._ends:
            self._sent.clear()
            self._ends = now + self._window
        sent = self._sent[subject] = self._sent.get(subject, 0) + 1
        if sent <= self._trusted:
            return
        for _ in range(sent if sent == self._trusted + 1 else 1):
            await self._take(subject)
