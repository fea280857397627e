"""The features judge: from what was counted to a level, and how it is combined with a language model's view.

Weights and cut points come from ``data/weights.json``, written by ``ops/calibrate.py``;
``docs/level-test-scoring.md`` says how. The scale is that of ``services.leveltest.scale``: a *value* of 1.0
is the middle of A1, 6.0 the middle of C2, and the score is the same on 0 to 100.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import pairwise
from math import erf, sqrt
from typing import TYPE_CHECKING, Any, Literal

from services.leveltest.features.extract import SHORT, Features, Skill
from services.leveltest.features.language import resource
from services.leveltest.scale import LEVELS, Level, level_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.leveltest.features.speech import SpeechMetrics

Form = Literal["written", "transcript"]
Evaluator = Literal["features", "features+model"]

LOWEST, HIGHEST = 0.5, 6.5
CLIP = 3.0
"""A single feature counts at most as if it were so many standard deviations from the mean."""

ERROR = 0.5
"""Standard error of a value for a text of ordinary length, in levels (see the page on scoring)."""

SHORT_ERROR = 0.5
"""How much greater it is as the text becomes nothing."""

WORDS_A_LEVEL = 12
"""In so many words nobody shows more than one level: ten are at most A2, thirty at most B2."""

NONSENSE_CAP = 2.0
"""A list of words without grammar is at most A2, however rare they are."""

TOP, TOP_SLOPE = 4.45, 0.5
"""From C1 on the weights count less: they come from learners, of whom hardly any was better."""

GAIN_FROM, GAIN_RAMP, TOP_WORD_LEVEL, MOST_ABOVE, TOP_GAIN = 4.0, 0.5, 1.9, 1.5, 0.6
"""Instead, words tell levels apart that no text of the calibration reaches: each level by which the mean
level of the different content words exceeds ``TOP_WORD_LEVEL`` adds ``TOP_GAIN``, at most ``MOST_ABOVE``
times; in full from ``GAIN_FROM + GAIN_RAMP``, not at all below ``GAIN_FROM``."""

FLUENCY_SHARE, PACE_SHARE = 0.3, 0.1
"""Weight of delivery in speaking, and of the mere pace where no word has a time; the rest is what was said."""

MODEL_OFFSET = 0.4
"""Language models grade learners so many levels below examiners."""

MODEL_SHARE = 0.3
MODEL_REACH = 0.5
"""The model moves the value by at most so many levels."""

# The level (1 to 6) at which each metric of delivery is typical, by rising value of the metric.
FLUENCY = {
    "words_per_minute": ((50, 1.0), (75, 2.0), (100, 3.0), (125, 4.0), (145, 5.0), (165, 6.0)),
    "mean_length_of_run": ((1.5, 1.0), (2.7, 2.0), (4.0, 3.0), (6.0, 4.0), (8.5, 5.0), (12.0, 6.0)),
    "articulation_rate": ((2.0, 1.0), (2.6, 2.0), (3.2, 3.0), (3.7, 4.0), (4.2, 5.0), (4.6, 6.0)),
    "mid_clause_pauses": ((4.0, 6.0), (7.0, 5.0), (11.0, 4.0), (16.0, 3.0), (24.0, 2.0), (36.0, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A level with what is known of its certainty.

    ``band`` holds the lowest and highest level within one standard error; ``confidence`` is the probability
    that the level is right; ``dimensions`` and ``judges`` are scores of 0 to 100.
    """

    level: Level
    band: tuple[Level, Level]
    score: float
    value: float
    confidence: float
    error: float
    dimensions: Mapping[str, float] = field(default_factory=dict[str, float])
    evaluator: Evaluator = "features"
    judges: Mapping[str, float] = field(default_factory=dict[str, float])


def judge(features: Features, skill: Skill | None = None) -> Verdict:
    """The level that the features speak for. ``skill`` defaults to that of the features."""
    spoken = (skill or features.skill) == "speaking"
    form: Form = "transcript" if spoken or not features.edited else "written"
    values = {name: _predict(model, features) for name, model in _weights()["models"][form].items()}
    values["value"] = at_the_top(values["value"], features.measures.word_level)
    if spoken and features.speech is not None:
        values["fluency"] = fluency(features.speech)
        values["value"] += FLUENCY_SHARE * (values["fluency"] - values["value"])
    elif spoken and features.pace is not None:
        values["fluency"] = _interpolate(FLUENCY["words_per_minute"], features.pace)
        values["value"] += PACE_SHARE * (values["fluency"] - values["value"])
    value = _capped(values.pop("value"), features)
    dimensions = {name: round(_score(_capped(each, features)), 1) for name, each in values.items()}
    error = ERROR + SHORT_ERROR * max(0.0, 1 - features.own_words / SHORT)
    verdict = _verdict(value, error, dimensions)
    return replace(verdict, judges={"features": verdict.score})


def combine(features: Verdict, model: Verdict | None) -> Verdict:
    """Both judges' level: value = f + 0.3·(m + 0.4 - f), at most 0.5 away from f.

    The features dominate, the model's known severity is taken back, what they disagree about widens the band.
    """
    if model is None:
        return features
    difference = min(model.value + MODEL_OFFSET, HIGHEST) - features.value
    moved = max(-MODEL_REACH, min(MODEL_REACH, MODEL_SHARE * difference))
    error = features.error + MODEL_SHARE * max(0.0, abs(difference) - features.error)
    verdict = _verdict(features.value + moved, error, features.dimensions)
    judges = {"features": features.score, "model": model.score}
    return replace(verdict, evaluator="features+model", judges=judges)


def verdict_at(level: Level, score: float | None = None) -> Verdict:
    """A verdict from outside, such as a language model's: a level, or a score within it."""
    value = LEVELS.index(level) + 1.0 if score is None else score * len(LEVELS) / 100 + LOWEST
    return _verdict(value, ERROR, {})


def fluency(metrics: SpeechMetrics) -> float:
    """Delivery on the scale of 1 to 6: the mean of what each metric speaks for."""
    measured = asdict(metrics)
    return sum(_interpolate(points, measured[name]) for name, points in FLUENCY.items()) / len(FLUENCY)


def _interpolate(points: tuple[tuple[float, float], ...], x: float) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


@cache
def _weights() -> dict[str, Any]:
    weights: dict[str, Any] = json.loads(resource("weights.json"))
    return weights


def _predict(model: Mapping[str, Any], features: Features) -> float:
    """Intercept plus weights times standardised features."""
    reference = _weights()["reference"]
    measured = asdict(features.measures)
    value: float = model["intercept"]
    for name, weight in model["weights"].items():
        mean, deviation = reference[name]
        z = (measured[name] - mean) / deviation
        value += weight * (z if name == "length" else max(-CLIP, min(CLIP, z)))
    return value


def at_the_top(value: float, word_level: float) -> float:
    """The value with what it exceeds ``TOP`` by reduced, and exceptional vocabulary added."""
    above = max(0.0, value - TOP)
    gain = TOP_GAIN * max(0.0, min(MOST_ABOVE, word_level - TOP_WORD_LEVEL))
    share = max(0.0, min(1.0, (value - GAIN_FROM) / GAIN_RAMP))
    return value - (1 - TOP_SLOPE) * above + share * gain


def _capped(value: float, features: Features) -> float:
    """Within the scale, and no credit for what is not an English text."""
    if features.flags & {"empty", "not_english"}:
        return LOWEST
    highest = min(HIGHEST, 1.0 + features.own_words / WORDS_A_LEVEL)
    if "word_list" in features.flags:
        highest = min(highest, NONSENSE_CAP)
    return max(LOWEST, min(highest, value))


def _score(value: float) -> float:
    return max(0.0, min(100.0, (value - LOWEST) * 100 / len(LEVELS)))


def _verdict(value: float, error: float, dimensions: Mapping[str, float]) -> Verdict:
    value = max(LOWEST, min(HIGHEST, value))
    level = level_of(_score(value))
    centre = LEVELS.index(level) + 1
    below = 0.0 if centre == 1 else _normal((centre - 0.5 - value) / error)
    above = 1.0 if centre == len(LEVELS) else _normal((centre + 0.5 - value) / error)
    return Verdict(
        level=level,
        band=(level_of(_score(value - error)), level_of(_score(value + error))),
        score=round(_score(value), 1),
        value=round(value, 3),
        confidence=round(above - below, 2),
        error=error,
        dimensions=dimensions,
    )


def _normal(z: float) -> float:
    """The cumulative normal distribution."""
    return (1 + erf(z / sqrt(2))) / 2
