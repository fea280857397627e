"""Agreement and rank correlation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

FEWEST = 0.05
"""A level that has a smaller share of the answers does not get the weight of a whole level."""

Statistic = Callable[[Sequence[float], Sequence[float]], float]


def pearson(a: Sequence[float], b: Sequence[float]) -> float:
    """Linear correlation; 0 if either does not vary."""
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    covariance = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return covariance / spread**0.5 if spread else 0.0


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks, ties sharing their mean."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranked = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranked[place] = (start + end) / 2
        start = end + 1
    return ranked


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Rank correlation."""
    return pearson(ranks(a), ranks(b))


def kappa(a: Sequence[float], b: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Quadratic weighted kappa (Cohen, 1968) of two ratings on the same integer scale, each pair by its weight."""
    weights = weights or [1.0] * len(a)
    observed = _mean([(x - y) ** 2 for x, y in zip(a, b, strict=True)], weights)
    mean_a, mean_b = _mean(a, weights), _mean(b, weights)
    variance = _mean([(x - mean_a) ** 2 for x in a], weights) + _mean([(y - mean_b) ** 2 for y in b], weights)
    return 1 - observed / (variance + (mean_a - mean_b) ** 2)


def level_kappa(found: Sequence[float], right: Sequence[float]) -> float:
    """The kappa of a group in which the levels are equally frequent, as far as there are answers of each."""
    frequency = Counter(right)
    return kappa(found, right, [1 / max(frequency[level], FEWEST * len(right)) for level in right])


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def within_one(a: Sequence[float], b: Sequence[float]) -> float:
    """Share of pairs at most one level apart."""
    return sum(abs(x - y) <= 1 for x, y in zip(a, b, strict=True)) / len(a)


def interval(
    statistic: Statistic, a: Sequence[float], b: Sequence[float], rng: random.Random
) -> tuple[float, float]:
    """The 95 % bootstrap interval (percentiles of 400 resamples)."""
    values: list[float] = []
    for _ in range(400):
        chosen = rng.choices(range(len(a)), k=len(a))
        values.append(statistic([a[i] for i in chosen], [b[i] for i in chosen]))
    values.sort()
    return values[9], values[390]
