"""The figures of the page on scoring, printed with their goals."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ops.calibration.figures import interval, kappa, level_kappa, pearson, spearman, within_one
from ops.calibration.models import FEATURES_OF, SCALE_OF, VALUE, Calibration, moments, numbered, rating
from services.leveltest.features.extract import STEADIED
from services.leveltest.judge import at_the_top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.calibration.corpora import Answer, Text

    Tested = tuple[str, tuple[str, ...]]
    Predicted = list[tuple[Answer, Text, float]]

WRITTEN, HEARD = ("written", ("written",)), ("transcript", numbered("test"))
"""A form and the copies that it is tested on."""
ACCUSED = (
    ("edited sentences", "sentences", "level", 0),
    ("essays with the best mark for grammar", "ellipse", "Grammar", 5),
    ("all essays", "ellipse", "Grammar", 0),
)
NAMES = {WRITTEN: "as written", HEARD: "20 % word errors, no stops, no capitals"}
GOALS = {"Overall": 0.62, "Vocabulary": 0.60, "Grammar": 0.50}
AGREEMENT, NEAR, FALL = 0.80, 0.97, 0.03
LENGTHS = (0, 60, 100, 150)


def levels(values: Sequence[float]) -> list[float]:
    """Rounded to the six levels."""
    return [float(max(1, min(6, round(value)))) for value in values]


def predictions(calibration: Calibration, model: str, tested: Tested, corpus: str) -> Predicted:
    """The answers of a corpus with what was predicted for them."""
    found = [each for each in calibration.cross_validated(model, *tested) if each[0].corpus == corpus]
    if model != VALUE:
        return found
    return [(answer, text, at_the_top(value, text.values["word_level"])) for answer, text, value in found]


def report(calibration: Calibration, by_question: Calibration) -> None:
    """Print agreement with the ratings, rank correlation with essays' marks, and what noise takes away."""
    for tested in (WRITTEN, HEARD):
        print(f"\n{NAMES[tested]}")
        short = predictions(calibration, VALUE, tested, "short")
        _agreement("short answers", short)
        _agreement(
            "short answers, their questions not seen", predictions(by_question, VALUE, tested, "short")
        )
        _agreement("excerpts of essays", predictions(calibration, VALUE, tested, "excerpt"))
        _bias(short)
        _rank("level of the question", short, "question")
        long = predictions(calibration, VALUE, tested, "ellipse")
        for scale, goal in GOALS.items():
            _rank(f"essays' {scale}", long, scale, goal if tested == WRITTEN else None)
    _falls(calibration)
    _dimensions(calibration)
    _accusations(calibration)


def _agreement(label: str, predicted: Predicted) -> None:
    values, truth = [value for _, _, value in predicted], [rating(answer) for answer, _, _ in predicted]
    found, right = levels(values), levels(truth)
    low, high = interval(kappa, found, right, random.Random(2))  # noqa: S311 - repeatable, not secret
    _, error = moments([a - b for a, b in zip(values, truth, strict=True)])
    print(f"  {label} ({len(found)})")
    print(f"    quadratic kappa {_against(kappa(found, right), AGREEMENT)} [{low:.3f}, {high:.3f}]")
    print(f"    with levels equally frequent {_against(level_kappa(found, right), AGREEMENT)}")
    print(f"    within one level {_against(within_one(found, right), NEAR)}")
    print(f"    r {pearson(values, truth):.3f}, standard error {error:.2f} levels")


def _against(value: float, goal: float) -> str:
    return f"{value:.3f} (goal {goal:.2f}: {'reached' if value >= goal else 'MISSED'})"


def _bias(predicted: Predicted) -> None:
    """How far too high each level, and each length, is judged."""
    by_level: dict[int, list[float]] = {}
    by_length: dict[int, list[float]] = {}
    for answer, text, value in predicted:
        by_level.setdefault(int(levels([rating(answer)])[0]), []).append(value - rating(answer))
        shortest = max(words for words in LENGTHS if words <= text.words)
        by_length.setdefault(shortest, []).append(value - rating(answer))
    for label, groups in (("level", by_level), ("words from", by_length)):
        told = ", ".join(
            f"{name} {sum(each) / len(each):+.2f} ({len(each)})" for name, each in sorted(groups.items())
        )
        print(f"    too high by, at {label}: {told}")


def _rank(label: str, predicted: Predicted, mark: str, goal: float | None = None) -> None:
    values, marks = [value for _, _, value in predicted], [answer.marks[mark] for answer, _, _ in predicted]
    low, high = interval(spearman, values, marks, random.Random(2))  # noqa: S311 - repeatable, not secret
    found = spearman(values, marks)
    told = f"{found:.3f}" if goal is None else _against(found, goal)
    print(f"  {label}: rank correlation {told} [{low:.3f}, {high:.3f}]")


def _falls(calibration: Calibration) -> None:
    """What the word errors take away, in these answers and in a group with all levels."""
    print(f"\nthe kappa falls by (goal: at most {FALL})")
    for label, statistic in (("in these answers", kappa), ("levels equally frequent", level_kappa)):
        figures: list[float] = []
        for tested in (WRITTEN, HEARD):
            short = predictions(calibration, VALUE, tested, "short")
            right = levels([rating(answer) for answer, _, _ in short])
            figures.append(statistic(levels([value for _, _, value in short]), right))
        fall = figures[0] - figures[1]
        print(f"  {label}: {fall:.3f} ({'reached' if fall <= FALL else 'MISSED'})")


def _dimensions(calibration: Calibration) -> None:
    print("\ndimensions, as written")
    for model in FEATURES_OF:
        found = predictions(calibration, model, WRITTEN, "ellipse")
        _rank(f"{model} with essays' {SCALE_OF[model]}", found, SCALE_OF[model])


def _accusations(calibration: Calibration) -> None:
    print("\nerrors found, per 100 words")
    for label, corpus, mark, least in ACCUSED:
        texts = [
            answer.texts["written"]
            for answer in calibration.answers
            if answer.corpus == corpus and answer.marks[mark] >= least
        ]
        found = sum(text.values["grammar_errors"] * (text.words + STEADIED) / 100 for text in texts)
        print(f"  {label}: {100 * found / sum(text.words for text in texts):.3f}")
    print()
