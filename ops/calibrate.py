"""Calibrate the features judge of the level test: ``python ops/calibrate.py <path-to-data>``.

Prints the cross-validated figures and writes ``weights.json`` and ``phrasing.en.json`` among the level
test's data. ``docs/level-test-scoring.md`` explains the method. With ``--check`` nothing is written.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from ops.calibration.corpora import Answer, Values, essays, short_answers
from ops.calibration.figures import interval, kappa, pearson, spearman, within_one
from ops.calibration.fitting import Group, Reference, fit, pattern_weights, predict, set_phrasing

DATA = ROOT / "src/services/leveltest/data"
FOLDS = 5
RIDGE = 0.03
SPREAD = 1.3
"""Examiners use more of the scale than our single, cautious rating does."""

ESSAY_WEIGHT = 0.7
QUESTION_WEIGHT = 0.15
BINS = ((0, 65), (65, 100), (100, 140), (140, 190), (190, 10_000))

DIMENSIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "vocabulary": (
        "Vocabulary",
        ("length", "word_level", "b2_words", "c1_words", "rarity", "diversity", "guiraud", "word_length", "simple_words",
         "nominals", "adverbs", "misspellings", "phrasing"),
    ),
    "grammar": ("Grammar", ("grammar_errors", "misspellings", "phrasing", "structure_kinds", "structure_points", "length")),
    "complexity": (
        "Syntax",
        ("sentence_length", "subordination", "relatives", "structure_kinds", "structure_points", "phrasing", "length"),
    ),
    "coherence": (
        "Cohesion",
        ("connective_points", "connective_kinds", "diversity", "first_person", "phrasing", "length", "prepositions"),
    ),
}  # fmt: skip
FORMS = {"written": ("written", "excerpt"), "transcript": ("transcript", "spoken excerpt")}
EVERY_FEATURE: tuple[str, ...] = ()

Mark = Callable[[Answer], float]


def overall(essay: Answer) -> float:
    """What the value is trained on: the overall score and the two that examiners weigh most."""
    marks = essay.marks
    return (2 * marks["Overall"] + marks["Vocabulary"] + marks["Grammar"]) / 4


def rating(answer: Answer) -> float:
    """Our rating of a short answer, spread as examiners spread theirs around the mean."""
    return CENTRE + SPREAD * (answer.marks["rating"] - CENTRE)


CENTRE = 3.35


def groups(answers: Sequence[Answer], form: str, mark: Mark) -> list[Group]:
    """The training rows of a form, in groups with an offset of their own."""
    whole, part = FORMS[form]
    short = [answer for answer in answers if answer.corpus == "short"]
    long = [answer for answer in answers if answer.corpus == "ellipse"]
    rated = [answer for answer in short if "rating" in answer.marks]
    made = [
        Group(1.0, [(a.texts[whole].values, rating(a)) for a in rated]),
        Group(QUESTION_WEIGHT, [(a.texts[whole].values, a.marks["question"]) for a in short]),
        Group(ESSAY_WEIGHT, [(a.texts[whole].values, mark(a)) for a in long]),
    ]
    for low, high in BINS:
        rows = [(a.texts[part].values, mark(a)) for a in long if low <= a.texts[part].words < high]
        made.append(Group(ESSAY_WEIGHT * len(rows) / len(long), rows))
    return [group for group in made if group.rows]


def folds(answers: Sequence[Answer]) -> list[int]:
    """A fold for every answer: by prompt for essays, by chance for short answers (10 prompts are too few)."""
    rng = random.Random(1)
    prompts = sorted({a.prompt for a in answers if a.corpus == "ellipse"})
    rng.shuffle(prompts)
    place = {prompt: index % FOLDS for index, prompt in enumerate(prompts)}
    return [place[a.prompt] if a.corpus == "ellipse" else rng.randrange(FOLDS) for a in answers]


def out_of_fold_phrasing(answers: Sequence[Answer], fold: Sequence[int]) -> None:
    """Give each essay the phrasing feature by weights that did not see its prompt; short answers by all."""
    for held in range(FOLDS):
        seen = [a for a, f in zip(answers, fold, strict=True) if a.corpus == "ellipse" and f != held]
        weights = pattern_weights(seen)
        for answer, own in zip(answers, fold, strict=True):
            if own == held and answer.corpus == "ellipse":
                for text in answer.texts.values():
                    set_phrasing(text, weights)
    weights = pattern_weights([a for a in answers if a.corpus == "ellipse"])
    for answer in answers:
        if answer.corpus == "short":
            for text in answer.texts.values():
                set_phrasing(text, weights)


class Calibration:
    """Fits the models of both forms, and predicts each answer by a model that did not see it."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = answers
        self.fold = folds(answers)
        out_of_fold_phrasing(answers, self.fold)
        short = [a.texts["written"].values for a in answers if a.corpus == "short"]
        self.reference = Reference.of(short)
        self.names = tuple(short[0])

    def cross_validated(self, form: str, mark: Mark, names: Sequence[str], copy: str) -> list[float]:
        """Predictions on the scale of levels, in the order of the answers."""
        raw = [0.0] * len(self.answers)
        for held in range(FOLDS):
            seen = [a for a, f in zip(self.answers, self.fold, strict=True) if f != held]
            weights = fit(groups(seen, form, mark), names, self.reference, RIDGE)
            slope, offset = self.placed(seen, weights, form)
            for i, answer in enumerate(self.answers):
                if self.fold[i] == held:
                    raw[i] = offset + slope * predict(weights, answer.texts[copy].values, self.reference)
        return raw

    def placed(self, answers: Sequence[Answer], weights: dict[str, float], form: str) -> tuple[float, float]:
        """Slope and offset that give the rated answers the mean and the spread of their ratings."""
        rated = [a for a in answers if "rating" in a.marks]
        values = [predict(weights, a.texts[FORMS[form][0]].values, self.reference) for a in rated]
        targets = [rating(a) for a in rated]
        here, there = moments(values), moments(targets)
        slope = there[1] / here[1]
        return slope, there[0] - slope * here[0]

    def model(self, form: str, mark: Mark, names: Sequence[str]) -> dict[str, Any]:
        """The model of all answers, as the judge reads it."""
        weights = fit(groups(self.answers, form, mark), names, self.reference, RIDGE)
        slope, offset = self.placed(self.answers, weights, form)
        return {
            "intercept": round(offset, 4),
            "weights": {k: round(slope * w, 4) for k, w in weights.items()},
        }


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def levels(values: Sequence[float]) -> list[float]:
    """Rounded to the six levels."""
    return [float(max(1, min(6, round(value)))) for value in values]


def report(calibration: Calibration) -> None:
    """Print every figure of the page on scoring."""
    answers, rng = calibration.answers, random.Random(2)
    rated = [i for i, a in enumerate(answers) if "rating" in a.marks]
    truth = levels([rating(answers[i]) for i in rated])
    by_copy = {
        copy: calibration.cross_validated(form, overall, calibration.names, copy)
        for copy, form in (("written", "written"), ("test", "transcript"))
    }
    for copy, values in by_copy.items():
        ours = [values[i] for i in rated]
        found = levels(ours)
        low, high = interval(kappa, found, truth, rng)
        print(f"short answers, {copy}: kappa {kappa(found, truth):.3f} [{low:.3f}, {high:.3f}], within one "
              f"{within_one(found, truth):.3f}, r {pearson(ours, [rating(answers[i]) for i in rated]):.3f}")  # fmt: skip
        residual = moments([v - rating(answers[i]) for v, i in zip(ours, rated, strict=True)])
        print(f"  bias {residual[0]:+.3f}, standard error {residual[1]:.3f}")
    short = [i for i, a in enumerate(answers) if a.corpus == "short"]
    question = [answers[i].marks["question"] for i in short]
    print(f"short answers: rank correlation with the level of the question "
          f"{spearman([by_copy['written'][i] for i in short], question):.3f}")  # fmt: skip
    report_essays(calibration, by_copy, rng)


def report_essays(calibration: Calibration, by_copy: dict[str, list[float]], rng: random.Random) -> None:
    """Rank correlations with the essays' marks: of the value, and of the dimension trained for each."""
    long = [i for i, a in enumerate(calibration.answers) if a.corpus == "ellipse"]
    for copy, values in by_copy.items():
        for scale in ("Overall", "Vocabulary", "Grammar"):
            marks = [calibration.answers[i].marks[scale] for i in long]
            ours = [values[i] for i in long]
            low, high = interval(spearman, ours, marks, rng) if copy == "written" else (0.0, 0.0)
            bounds = f" [{low:.3f}, {high:.3f}]" if high else ""
            print(f"essays, {copy}: value with {scale} {spearman(ours, marks):.3f}{bounds}")
    for name, (scale, features) in DIMENSIONS.items():
        values = calibration.cross_validated("written", lambda a, s=scale: a.marks[s], features, "written")
        marks = [calibration.answers[i].marks[scale] for i in long]
        print(f"essays: {name} with {scale} {spearman([values[i] for i in long], marks):.3f}")


def weights(calibration: Calibration) -> dict[str, Any]:
    """Everything that the judge reads."""
    models: dict[str, dict[str, Any]] = {}
    for form in FORMS:
        models[form] = {"value": calibration.model(form, overall, calibration.names)}
        for name, (scale, features) in DIMENSIONS.items():
            models[form][name] = calibration.model(form, lambda a, s=scale: a.marks[s], features)
    reference = {k: [round(m, 5), round(d, 5)] for k, (m, d) in calibration.reference.moments.items()}
    return {"reference": reference, "models": models}


def main() -> None:
    """Read, fit, report, write."""
    parser = argparse.ArgumentParser(description="Calibrate the features judge of the level test.")
    parser.add_argument("data", type=Path, help="folder with asag_prompt_level/ and ellipse/")
    parser.add_argument("--check", action="store_true", help="only print the figures")
    options = parser.parse_args()
    rng = random.Random(0)
    answers = short_answers(options.data, rng) + essays(options.data, rng)
    calibration = Calibration(answers)
    report(calibration)
    if not options.check:
        table: Values = pattern_weights([a for a in answers if a.corpus == "ellipse"])
        (DATA / "phrasing.en.json").write_text(
            json.dumps(table, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
        )
        (DATA / "weights.json").write_text(
            json.dumps(weights(calibration), indent=1) + "\n", encoding="utf-8"
        )
        print(f"wrote weights.json and phrasing.en.json ({len(table)} patterns)")


if __name__ == "__main__":
    main()
