"""The item response model: what an answer says about an ability.

Four-parameter logistic (Barton & Lord, 1981): the 2PL of Birnbaum (1968) with two constants of the plan, the
share of right answers by guessing and of wrong ones by slips. Both at 0 it is the 2PL, and with all
discriminations equal the Rasch model. Abilities are estimated by EAP (Bock & Mislevy, 1982).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

GRID = tuple(step / 4 for step in range(-24, 25))
"""The abilities over which the posterior is summed, -6 to +6 logits."""


class Curve(NamedTuple):
    """The response function of an item: its parameters, all from data."""

    discrimination: float
    difficulty: float
    guessing: float = 0.0
    slips: float = 0.0

    def probability(self, ability: float) -> float:
        """The probability of a right answer at an ability."""
        logistic = 1 / (1 + math.exp(-self.discrimination * (ability - self.difficulty)))
        return self.guessing + (1 - self.slips - self.guessing) * logistic

    def information(self, ability: float) -> float:
        """Fisher information at an ability: P'² / P(1 - P), per squared logit."""
        p = self.probability(ability)
        slope = (p - self.guessing) * (1 - self.slips - p) / (1 - self.slips - self.guessing)
        return (self.discrimination * slope) ** 2 / (p * (1 - p))


class Estimate(NamedTuple):
    """An ability and its standard error, in logits-equivalent."""

    theta: float
    se: float


def posterior(answers: Iterable[tuple[Curve, bool]], mean: float, deviation: float) -> Estimate:
    """Mean and standard deviation of the ability after the answers, from a normal prior."""
    columns = zip(
        *(_log_likelihood(curve, right) for curve, right in answers), _log_prior(mean, deviation), strict=True
    )
    logs = [sum(column) for column in columns]
    top = max(logs)
    weights = [math.exp(value - top) for value in logs]
    total = sum(weights)
    theta = sum(w * x for w, x in zip(weights, GRID, strict=True)) / total
    variance = sum(w * (x - theta) ** 2 for w, x in zip(weights, GRID, strict=True)) / total
    return Estimate(theta, math.sqrt(variance))


@lru_cache(maxsize=1024)
def _log_likelihood(curve: Curve, right: bool) -> tuple[float, ...]:
    chances = (curve.probability(ability) for ability in GRID)
    return tuple(math.log(chance if right else 1 - chance) for chance in chances)


@lru_cache(maxsize=64)
def _log_prior(mean: float, deviation: float) -> tuple[float, ...]:
    return tuple(-0.5 * ((ability - mean) / deviation) ** 2 for ability in GRID)
