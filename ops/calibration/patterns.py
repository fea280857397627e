"""The weights of word patterns: ridge regression of marks on how often the patterns occur, by conjugate gradients."""

from __future__ import annotations

from collections import Counter
from operator import mul
from typing import TYPE_CHECKING

from services.leveltest.features.phrasing import phrasing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.calibration.corpora import Answer, Text

FEWEST_ESSAYS = 60
RIDGE = 5.0
"""In units of a pattern's mean variance."""
STEPS = 12
LENGTHS = (65, 100, 140, 190, 260, 400)
ESSAY_COPIES = ("written", "transcript 0", "excerpt 0", "spoken excerpt 0")

Vector = list[float]
Column = tuple[list[int], Vector]
Case = tuple[object, "Text", float]
"""The group that a text is compared within, the text, and its mark."""


def pattern_weights(answers: Sequence[Answer]) -> dict[str, float]:
    """For each pattern that many essays have, what it says of a text's mark.

    Essays are compared with copies of the same kind and of like length, rated answers with all of each other.
    """
    cases = [case for answer in answers for case in _cases(answer)]
    vocabulary = _vocabulary(answers)
    found = Ridge(vocabulary, cases).solve()
    return {name: round(weight, 4) for name, weight in zip(vocabulary, found, strict=True)}


def set_phrasing(text: Text, weights: Mapping[str, float]) -> None:
    """Fill in the feature that the pattern weights make."""
    text.values["phrasing"] = phrasing(text.counts, text.words, weights)


def _vocabulary(answers: Sequence[Answer]) -> list[str]:
    essays = [answer.texts["written"] for answer in answers if answer.corpus == "ellipse"]
    frequent = Counter(pattern for essay in essays for pattern in essay.counts)
    return sorted(pattern for pattern, number in frequent.items() if number >= FEWEST_ESSAYS)


def _cases(answer: Answer) -> list[Case]:
    if answer.corpus == "ellipse":
        mark = (answer.marks["Overall"] * 2 + answer.marks["Vocabulary"] + answer.marks["Grammar"]) / 4
        copies = [(name, answer.texts[name]) for name in ESSAY_COPIES]
        return [((name, sum(text.words >= edge for edge in LENGTHS)), text, mark) for name, text in copies]
    if "rating" not in answer.marks:
        return []
    texts = [text for name, text in answer.texts.items() if not name.startswith("test")]
    return [("rated", text, answer.marks["rating"]) for text in texts]


class Ridge:
    """Normal equations of rows centred within their groups, never written out."""

    def __init__(self, vocabulary: Sequence[str], cases: Sequence[Case]) -> None:
        place = {pattern: index for index, pattern in enumerate(vocabulary)}
        self.rows: list[Column] = []
        self.columns: list[Column] = [([], []) for _ in vocabulary]
        self.groups: dict[object, list[int]] = {}
        for number, (group, text, _) in enumerate(cases):
            self.groups.setdefault(group, []).append(number)
            known = [
                (place[p], (count / text.words) ** 0.5) for p, count in text.counts.items() if p in place
            ]
            self.rows.append(([index for index, _ in known], [value for _, value in known]))
            for index, value in known:
                self.columns[index][0].append(number)
                self.columns[index][1].append(value)
        self.marks = self._centred([mark for _, _, mark in cases])
        self.ridge = RIDGE * self._mean_variance()

    def solve(self) -> Vector:
        """The weights that minimise squared error plus the ridge."""
        weights = [0.0] * len(self.columns)
        rest = self._collected(self.marks)
        direction, square = rest, sum(map(mul, rest, rest))
        for _ in range(STEPS):
            image = self._normal(direction)
            step = square / sum(map(mul, direction, image))
            weights = [w + step * d for w, d in zip(weights, direction, strict=True)]
            rest = [r - step * i for r, i in zip(rest, image, strict=True)]
            before, square = square, sum(map(mul, rest, rest))
            direction = [r + square / before * d for r, d in zip(rest, direction, strict=True)]
        return weights

    def _normal(self, weights: Vector) -> Vector:
        scores = [sum(map(mul, map(weights.__getitem__, at), values)) for at, values in self.rows]
        image = self._collected(self._centred(scores))
        return [i + self.ridge * w for i, w in zip(image, weights, strict=True)]

    def _collected(self, scores: Vector) -> Vector:
        return [sum(map(mul, map(scores.__getitem__, at), values)) for at, values in self.columns]

    def _centred(self, scores: Vector) -> Vector:
        centred = [0.0] * len(scores)
        for members in self.groups.values():
            mean = sum(map(scores.__getitem__, members)) / len(members)
            for member in members:
                centred[member] = scores[member] - mean
        return centred

    def _mean_variance(self) -> float:
        group_of = {row: group for group, members in self.groups.items() for row in members}
        total = 0.0
        for at, values in self.columns:
            sums: dict[object, float] = {}
            for row, value in zip(at, values, strict=True):
                sums[group_of[row]] = sums.get(group_of[row], 0.0) + value
            between = sum(each * each / len(self.groups[group]) for group, each in sums.items())
            total += sum(map(mul, values, values)) - between
        return total / len(self.columns)
