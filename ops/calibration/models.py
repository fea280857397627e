"""Which features speak for what, what trains them, and predictions by models that did not see the answer."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ops.calibration.corpora import SOME
from ops.calibration.fitting import Group, Reference, fit, predict
from ops.calibration.patterns import pattern_weights, set_phrasing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.calibration.corpora import Answer, Text, Values

    Mark = Callable[[Answer], float]

FOLDS = 5
RIDGE = 0.03
ESSAY_WEIGHT = 0.9
SENTENCE_WEIGHT = 0.05
QUESTION_WEIGHT = 0.15

READERS_CENTRE, CENTRE, SPREAD = 3.25, 3.3, 1.4
"""Where our readers' mean lies, and how examiners' ratings lie around it (see the page on scoring)."""

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


def numbered(kind: str) -> tuple[str, ...]:
    """The names of the copies of a kind."""
    return tuple(f"{kind} {number}" for number in SOME)


FORMS = {
    "written": (("written",) * len(SOME), numbered("excerpt")),
    "transcript": (numbered("transcript"), numbered("spoken excerpt")),
}
"""The copies of whole answers and of excerpts that train each form's models, both as often."""


def mark_of(model: str) -> Mark:
    """The mark of an essay that a model is trained on; for the value half of it is the overall score."""
    scale = SCALE_OF[model]
    return (lambda essay: essay.marks[scale]) if scale else overall


def overall(essay: Answer) -> float:
    """The overall score and the two scores that examiners weigh most."""
    marks = essay.marks
    return (2 * marks["Overall"] + marks["Vocabulary"] + marks["Grammar"]) / 4


def rating(answer: Answer) -> float:
    """Our rating of an answer, placed and spread as examiners' are."""
    return CENTRE + SPREAD * (answer.marks["rating"] - READERS_CENTRE)


def of(answers: Sequence[Answer], corpus: str) -> list[Answer]:
    """The answers of one corpus."""
    return [answer for answer in answers if answer.corpus == corpus]


def groups(answers: Sequence[Answer], form: str, mark: Mark) -> list[Group]:
    """The training rows of a form, in groups with an offset of their own."""
    whole, part = FORMS[form]
    short, long, sentences = (of(answers, corpus) for corpus in ("short", "ellipse", "sentences"))
    both = [(answer, (*whole, *part)) for answer in (*short, *of(answers, "excerpt"))]
    made = [
        Group(
            1.0, [(text.values, rating(answer)) for answer, names in both for text in answer.copies(names)]
        ),
        Group(QUESTION_WEIGHT, [(a.texts[whole[0]].values, a.marks["question"]) for a in short]),
        Group(ESSAY_WEIGHT, [(a.texts[whole[0]].values, mark(a)) for a in long]),
    ]
    for low, high in BINS:
        rows = [(a.texts[part[0]].values, mark(a)) for a in long if low <= a.texts[part[0]].words < high]
        made.append(Group(ESSAY_WEIGHT * len(rows) / len(long), rows))
        rows = [
            (a.texts[whole[0]].values, a.marks["level"])
            for a in sentences
            if low <= a.texts[whole[0]].words < high
        ]
        made.append(Group(SENTENCE_WEIGHT * len(rows) / max(len(sentences), 1), rows))
    return [group for group in made if group.rows]


def folds(answers: Sequence[Answer], *, by_question: bool) -> list[int]:
    """A fold for every answer: essays by their prompt, short answers by their question or by chance."""
    rng = random.Random(1)  # noqa: S311 - repeatable, not secret
    prompts = sorted({answer.prompt for answer in of(answers, "ellipse")})
    rng.shuffle(prompts)
    questions = sorted({answer.prompt for answer in of(answers, "short")}) if by_question else []
    place = {prompt: index % FOLDS for names in (prompts, questions) for index, prompt in enumerate(names)}
    return [place[a.prompt] if a.prompt in place else rng.randrange(FOLDS) for a in answers]


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


def _own(answer: Answer) -> Answer:
    """The answer with values of its own, since each calibration fills in what its folds give."""
    texts = {name: replace(text, values=dict(text.values)) for name, text in answer.texts.items()}
    return replace(answer, texts=texts)


class Calibration:
    """Fits the models of both forms, and predicts each answer by a model that did not see it."""

    def __init__(self, answers: Sequence[Answer], *, by_question: bool = False) -> None:
        self.answers = [_own(answer) for answer in answers]
        self.fold = folds(answers, by_question=by_question)
        self._set_phrasing()
        written = [answer.texts["written"].values for answer in of(answers, "short")]
        self.reference = Reference.of(written)
        self.features = {VALUE: tuple(written[0]), **FEATURES_OF}

    def _set_phrasing(self) -> None:
        """Each answer gets the phrasing feature by weights that did not see it."""
        with ProcessPoolExecutor() as processes:
            found = list(processes.map(pattern_weights, (self._split(held)[0] for held in range(FOLDS))))
        for held, weights in enumerate(found):
            for answer in self._split(held)[1]:
                for text in answer.texts.values():
                    set_phrasing(text, weights)

    def _split(self, held: int) -> tuple[list[Answer], list[Answer]]:
        """The answers outside a fold, and those in it."""
        pairs = list(zip(self.answers, self.fold, strict=True))
        return [a for a, fold in pairs if fold != held], [a for a, fold in pairs if fold == held]

    def cross_validated(
        self, model: str, form: str, copies: Sequence[str]
    ) -> list[tuple[Answer, Text, float]]:
        """Every answer's copies of these names, with predictions on the scale of levels."""
        predicted: list[tuple[Answer, Text, float]] = []
        for held in range(FOLDS):
            seen, unseen = self._split(held)
            weights = fit(groups(seen, form, mark_of(model)), self.features[model], self.reference, RIDGE)
            slope, offset = self._placed(seen, weights, form)
            texts = [(answer, text) for answer in unseen for text in answer.copies(copies)]
            predicted += [
                (answer, text, offset + slope * predict(weights, text.values, self.reference))
                for answer, text in texts
            ]
        return predicted

    def _placed(self, answers: Sequence[Answer], weights: Values, form: str) -> tuple[float, float]:
        """Slope and offset that give the short answers the mean and the spread of their ratings."""
        whole = [(a, text) for a in of(answers, "short") for text in a.copies(FORMS[form][0])]
        values = [predict(weights, text.values, self.reference) for _, text in whole]
        here, there = moments(values), moments([rating(answer) for answer, _ in whole])
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
