"""A circuit breaker: a provider that keeps failing is left alone for a while (Nygard, Release It!, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

THRESHOLD = 5
"""Failures in a row that open the circuit."""
COOL_DOWN = 30_000
"""Milliseconds that an open circuit lets nothing through; then it is half open: one call may try."""
MAX_REST = 3_600_000


@dataclass(slots=True)
class Breaker:
    """Closed while ``failures`` is below the threshold; lives in one isolate and is never shared."""

    failures: int = 0
    open_until: int = 0

    def admit(self, now: int) -> int:
        """0 when a call may go through, else the milliseconds until one may.

        An open circuit whose time has come admits one call and closes itself to the others until that one has
        reported, or until another cool-down is over, should it never report.
        """
        if now < self.open_until:
            return self.open_until - now
        if self.failures >= THRESHOLD:
            self.open_until = now + COOL_DOWN
        return 0

    def succeeded(self) -> None:
        """A call went well: close."""
        self.failures = 0
        self.open_until = 0

    def failed(self, now: int, rest: int = 0) -> None:
        """A call failed; ``rest`` is how many milliseconds the provider asked to be left alone."""
        self.failures += 1
        pause = min(rest, MAX_REST)
        if self.failures >= THRESHOLD:
            pause = max(pause, COOL_DOWN)
        if pause:
            self.open_until = max(self.open_until, now + pause)
