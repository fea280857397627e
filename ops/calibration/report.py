"""The figures of the page on scoring, printed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ops.calibration.figures import interval, kappa, pearson, spearman, within_one
from ops.calibration.models import FEATURES_OF, SCALE_OF, VALUE, Calibration, moments, rating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.calibration.corpora import Answer

    Pairs = list[tuple[Answer, float]]

COPIES = (("written", "written"), ("test", "transcript"))
ACCUSED = (
    ("edited sentences", "sentences", "level", 0),
    ("essays with the best mark for grammar", "ellipse", "Grammar", 5),
    ("all essays", "ellipse", "Grammar", 0),
)
NAMES = {"written": "as written", "test": "20 % word errors, no stops, no capitals"}


def levels(values: Sequence[float]) -> list[float]:
    """Rounded to the six levels."""
    return [float(max(1, min(6, round(value)))) for value in values]


def predictions(calibration: Calibration, model: str, form: str, copy: str, corpus: str) -> Pairs:
    """The answers of a corpus with what was predicted for them."""
    values = calibration.cross_validated(model, form, copy)
    pairs = zip(calibration.answers, values, strict=True)
    return [(answer, value) for answer, value in pairs if value is not None and answer.corpus == corpus]


def report(calibration: Calibration) -> None:
    """Print agreement with the ratings, and rank correlation with questions' levels and essays' marks."""
    for copy, form in COPIES:
        print(f"\n{NAMES[copy]}")
        short = predictions(calibration, VALUE, form, copy, "short")
        _agreement([(answer, value) for answer, value in short if "rating" in answer.marks])
        _rank("level of the question", short, "question")
        long = predictions(calibration, VALUE, form, copy, "ellipse")
        for scale in ("Overall", "Vocabulary", "Grammar"):
            _rank(f"essays' {scale}", long, scale)
    print("\ndimensions, as written")
    for model in FEATURES_OF:
        _rank(
            f"{model} with essays' {SCALE_OF[model]}",
            predictions(calibration, model, *COPIES[0], "ellipse"),
            SCALE_OF[model],
        )
    print("\nerrors found, per 100 words")
    for label, corpus, mark, least in ACCUSED:
        texts = [
            answer.texts["written"]
            for answer in calibration.answers
            if answer.corpus == corpus and answer.marks[mark] >= least
        ]
        found = sum(text.values["grammar_errors"] * text.words / 100 for text in texts)
        print(f"  {label}: {100 * found / sum(text.words for text in texts):.3f}")
    print()


def _agreement(pairs: Pairs) -> None:
    values, truth = [value for _, value in pairs], [rating(answer) for answer, _ in pairs]
    found, right = levels(values), levels(truth)
    low, high = interval(kappa, found, right, random.Random(2))  # noqa: S311 - repeatable, not secret
    bias, error = moments([a - b for a, b in zip(values, truth, strict=True)])
    print(f"  {len(pairs)} rated answers: quadratic kappa {kappa(found, right):.3f} [{low:.3f}, {high:.3f}]")
    print(f"    within one level {within_one(found, right):.3f}, r {pearson(values, truth):.3f}")
    print(f"    bias {bias:+.3f} levels, standard error {error:.3f} levels")


def _rank(label: str, pairs: Pairs, mark: str) -> None:
    values, marks = [value for _, value in pairs], [answer.marks[mark] for answer, _ in pairs]
    low, high = interval(spearman, values, marks, random.Random(2))  # noqa: S311 - repeatable, not secret
    print(f"  {label}: rank correlation {spearman(values, marks):.3f} [{low:.3f}, {high:.3f}]")
