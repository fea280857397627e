"""Which features speak for what, what trains them, and predictions by models that did not see the answer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from ops.calibration.fitting import Group, Reference, fit, pattern_weights, predict, set_phrasing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.calibration.corpora import Answer, Values

    Mark = Callable[[Answer], float]

FOLDS = 5
RIDGE = 0.03
ESSAY_WEIGHT = 0.9
SENTENCE_WEIGHT = 0.2
QUESTION_WEIGHT = 0.15

CENTRE, SPREAD = 3.35, 1.3
"""Examiners use more of the scale than one cautious reader does: ratings are spread around their mean."""

BINS = ((0, 65), (65, 100), (100, 140), (140, 190), (190, 10_000))
"""Excerpts are compared with excerpts of like length, so that length is not what they teach."""

VALUE = "value"
SCALE_OF = {
    VALUE: "",
    "vocabulary": "Vocabulary",
    "grammar": "Grammar",
    "complexity": "Syntax",
    "coherence": "Cohesion",
}
FEATURES_OF: dict[str, tuple[str, ...]] = {
    "vocabulary": (
        *("length", "word_level", "b2_words", "c1_words", "rarity", "diversity", "guiraud"),
        *("word_length", "adverbs", "misspellings", "phrasing"),
    ),
    "grammar": (
        "length",
        "grammar_errors",
        "misspellings",
        "structure_kinds",
        "structure_points",
        "phrasing",
    ),
    "complexity": (
        *("length", "sentence_length", "subordination", "relatives"),
        *("structure_kinds", "structure_points", "phrasing"),
    ),
    "coherence": (
        "length",
        "connective_points",
        "connective_kinds",
        "diversity",
        "subordination",
        "phrasing",
    ),
}

FORMS = {"written": ("written", "excerpt"), "transcript": ("transcript", "spoken excerpt")}
"""The copies of whole answers and of excerpts that train each form's models."""


def mark_of(model: str) -> Mark:
    """The mark of an essay that a model is trained on; for the value half of it is the overall score."""
    scale = SCALE_OF[model]
    return (lambda essay: essay.marks[scale]) if scale else overall


def overall(essay: Answer) -> float:
    """The overall score and the two scores that examiners weigh most."""
    marks = essay.marks
    return (2 * marks["Overall"] + marks["Vocabulary"] + marks["Grammar"]) / 4


def rating(answer: Answer) -> float:
    """Our rating of a short answer, spread as examiners spread theirs."""
    return CENTRE + SPREAD * (answer.marks["rating"] - CENTRE)


def of(answers: Sequence[Answer], corpus: str) -> list[Answer]:
    """The answers of one corpus."""
    return [answer for answer in answers if answer.corpus == corpus]


def rated(answers: Sequence[Answer]) -> list[Answer]:
    """The short answers that we rated."""
    return [answer for answer in answers if "rating" in answer.marks]


def groups(answers: Sequence[Answer], form: str, mark: Mark) -> list[Group]:
    """The training rows of a form, in groups with an offset of their own."""
    whole, part = FORMS[form]
    short, long, sentences = (of(answers, corpus) for corpus in ("short", "ellipse", "sentences"))
    made = [
        Group(1.0, [(a.texts[whole].values, rating(a)) for a in rated(short)]),
        Group(QUESTION_WEIGHT, [(a.texts[whole].values, a.marks["question"]) for a in short]),
        Group(ESSAY_WEIGHT, [(a.texts[whole].values, mark(a)) for a in long]),
    ]
    for low, high in BINS:
        rows = [(a.texts[part].values, mark(a)) for a in long if low <= a.texts[part].words < high]
        made.append(Group(ESSAY_WEIGHT * len(rows) / len(long), rows))
        rows = [
            (a.texts[whole].values, a.marks["level"]) for a in sentences if low <= a.texts[whole].words < high
        ]
        made.append(Group(SENTENCE_WEIGHT * len(rows) / max(len(sentences), 1), rows))
    return [group for group in made if group.rows]


def folds(answers: Sequence[Answer]) -> list[int]:
    """A fold for every answer: by prompt for essays, by chance for the rest (ten questions are too few)."""
    rng = random.Random(1)  # noqa: S311 - repeatable, not secret
    prompts = sorted({answer.prompt for answer in of(answers, "ellipse")})
    rng.shuffle(prompts)
    place = {prompt: index % FOLDS for index, prompt in enumerate(prompts)}
    return [place[a.prompt] if a.corpus == "ellipse" else rng.randrange(FOLDS) for a in answers]


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


class Calibration:
    """Fits the models of both forms, and predicts each answer by a model that did not see it."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = answers
        self.fold = folds(answers)
        self._set_phrasing()
        written = [answer.texts["written"].values for answer in of(answers, "short")]
        self.reference = Reference.of(written)
        self.features = {VALUE: tuple(written[0]), **FEATURES_OF}

    def _set_phrasing(self) -> None:
        """Essays get the phrasing feature by weights that did not see their prompt, the rest by all."""
        essays = of(self.answers, "ellipse")
        everything = pattern_weights(essays)
        for held in range(FOLDS):
            seen = [
                a for a, f in zip(self.answers, self.fold, strict=True) if a.corpus == "ellipse" and f != held
            ]
            without = pattern_weights(seen)
            for answer, fold in zip(self.answers, self.fold, strict=True):
                if fold == held:
                    for text in answer.texts.values():
                        set_phrasing(text, without if answer.corpus == "ellipse" else everything)

    def cross_validated(self, model: str, form: str, copy: str) -> list[float | None]:
        """Predictions on the scale of levels, in the answers' order; None where there is no such copy."""
        values: list[float | None] = [None] * len(self.answers)
        for held in range(FOLDS):
            seen = [a for a, f in zip(self.answers, self.fold, strict=True) if f != held]
            weights = fit(groups(seen, form, mark_of(model)), self.features[model], self.reference, RIDGE)
            slope, offset = self._placed(seen, weights, form)
            for index, (answer, fold) in enumerate(zip(self.answers, self.fold, strict=True)):
                if fold == held and copy in answer.texts:
                    values[index] = offset + slope * predict(
                        weights, answer.texts[copy].values, self.reference
                    )
        return values

    def _placed(self, answers: Sequence[Answer], weights: Values, form: str) -> tuple[float, float]:
        """Slope and offset that give the rated answers the mean and the spread of their ratings."""
        known = rated(answers)
        values = [predict(weights, a.texts[FORMS[form][0]].values, self.reference) for a in known]
        here, there = moments(values), moments([rating(a) for a in known])
        slope = there[1] / here[1]
        return slope, there[0] - slope * here[0]

    def weights(self) -> dict[str, Any]:
        """Everything that the judge reads, from all answers."""
        reference = {name: [round(m, 5), round(d, 5)] for name, (m, d) in self.reference.moments.items()}
        models = {form: {model: self._model(form, model) for model in self.features} for form in FORMS}
        return {"reference": reference, "models": models}

    def _model(self, form: str, model: str) -> dict[str, Any]:
        weights = fit(groups(self.answers, form, mark_of(model)), self.features[model], self.reference, RIDGE)
        slope, offset = self._placed(self.answers, weights, form)
        scaled = {name: round(slope * weight, 4) for name, weight in weights.items()}
        return {"intercept": round(offset, 4), "weights": scaled}
