"""Ridge regression with a sign for every weight, centred within groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ops.calibration.corpora import Values

CLIP = 3.0
MOST_ROUNDS, TOLERANCE = 500, 1e-7

NEGATIVE = {"misspellings", "grammar_errors"}
"""More of these speaks against the writer, more of every other feature for him or her."""


@dataclass(frozen=True)
class Group:
    """Rows that share an unknown offset: copies of one kind, of one corpus, of like length."""

    weight: float
    rows: list[tuple[Values, float]]


@dataclass(frozen=True)
class Reference:
    """Mean and standard deviation that features are standardised with."""

    moments: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, rows: Sequence[Values]) -> Reference:
        """From the rows themselves."""
        moments: dict[str, tuple[float, float]] = {}
        for name in rows[0]:
            column = [row[name] for row in rows]
            mean = sum(column) / len(column)
            moments[name] = mean, (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5
        return cls(moments)

    def z(self, values: Values, name: str) -> float:
        """The standardised value, clipped as the judge clips it; length is not."""
        mean, deviation = self.moments[name]
        z = (values[name] - mean) / deviation
        return z if name == "length" else max(-CLIP, min(CLIP, z))


def fit(groups: Iterable[Group], names: Sequence[str], reference: Reference, ridge: float) -> Values:
    """The weights, each 0 or of its feature's sign, of the standardised features."""
    system = System(names, reference)
    for group in groups:
        system.add(group)
    found = system.solve(ridge)
    return {
        name: sign * weight for name, sign, weight in zip(names, system.signs, found, strict=True) if weight
    }


class System:
    """The normal equations of features oriented so that every weight is at least 0."""

    def __init__(self, names: Sequence[str], reference: Reference) -> None:
        self.names = names
        self.reference = reference
        self.signs = [-1.0 if name in NEGATIVE else 1.0 for name in names]
        self.gram = [[0.0] * len(names) for _ in names]
        self.moment = [0.0] * len(names)

    def add(self, group: Group) -> None:
        """Add a group's centred cross products."""
        rows = [self._oriented(values) for values, _ in group.rows]
        means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        mean = sum(target for _, target in group.rows) / len(rows)
        share = group.weight / len(rows)
        for row, (_, target) in zip(rows, group.rows, strict=True):
            centred = [x - m for x, m in zip(row, means, strict=True)]
            for i, x in enumerate(centred):
                self.moment[i] += share * x * (target - mean)
                line = self.gram[i]
                for j, y in enumerate(centred):
                    line[j] += share * x * y

    def _oriented(self, values: Values) -> list[float]:
        return [s * self.reference.z(values, name) for name, s in zip(self.names, self.signs, strict=True)]

    def solve(self, ridge: float) -> list[float]:
        """Coordinate descent on the non-negative quadratic problem."""
        weights = [0.0] * len(self.moment)
        for _ in range(MOST_ROUNDS):
            largest = 0.0
            for j, line in enumerate(self.gram):
                rest = sum(g * w for g, w in zip(line, weights, strict=True)) - line[j] * weights[j]
                updated = max(0.0, (self.moment[j] - rest) / (line[j] + ridge))
                largest = max(largest, abs(updated - weights[j]))
                weights[j] = updated
            if largest < TOLERANCE:
                break
        return weights


def predict(weights: Mapping[str, float], values: Values, reference: Reference) -> float:
    """The weighted sum, without intercept."""
    return sum(weight * reference.z(values, name) for name, weight in weights.items())
