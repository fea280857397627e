"""Feedback in the learner's language: strengths first, then what to change, then three steps onward.

Everything quoted is the learner's own; every sentence comes from ``data/feedback.<locale>.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from services.leveltest.features.language import pack, resource
from services.leveltest.features.spelling import correction
from services.leveltest.scale import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.leveltest.features.extract import Features
    from services.leveltest.features.findings import Finding, Strength
    from services.leveltest.judge import Verdict

LOCALES = ("en", "ko")
MOST_STRENGTHS = 3
MOST_IMPROVEMENTS = 6
NEXT_STEPS = 3
UNREADABLE = frozenset({"not_english", "empty"})
STEM = 5
"""Quotes that begin with the same letters say the same."""


@dataclass(frozen=True, slots=True)
class Praise:
    """Something done well."""

    quote: str
    comment: str


@dataclass(frozen=True, slots=True)
class Improvement:
    """Something to change: the learner's words, and what to write instead."""

    quote: str
    suggestion: str
    comment: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a learner is told."""

    summary: str
    strengths: tuple[Praise, ...]
    improvements: tuple[Improvement, ...]
    next_steps: tuple[str, ...]


@cache
def catalogue(locale: str) -> Mapping[str, Any]:
    """The sentences of a locale (``ko-KR`` is ``ko``); English for one that there is none of."""
    primary = locale.replace("_", "-").split("-")[0].lower()
    found: dict[str, Any] = json.loads(resource(f"feedback.{primary if primary in LOCALES else 'en'}.json"))
    return found


def feedback(features: Features, verdict: Verdict, locale: str = "en") -> Feedback:
    """What to tell the learner about this answer."""
    sentences = catalogue(locale)
    return Feedback(
        summary=_summary(features, verdict, sentences),
        strengths=tuple(_strengths(features, verdict, sentences)),
        improvements=tuple(_improvements(features, sentences)),
        next_steps=tuple(_next_steps(features, verdict, sentences)),
    )


def _summary(features: Features, verdict: Verdict, sentences: Mapping[str, Any]) -> str:
    flags = [sentences["flags"][flag] for flag in sorted(features.flags)]
    if features.flags & UNREADABLE:
        return " ".join(flags)
    low, high = verdict.band
    band = sentences["band"].format(low=low, high=high) if low != high else ""
    return " ".join(
        [sentences["summary"][verdict.level].format(level=verdict.level), *filter(None, [band]), *flags]
    )


def _strengths(features: Features, verdict: Verdict, sentences: Mapping[str, Any]) -> Iterable[Praise]:
    """The best things found, of different kinds where possible; none in what is no English text."""
    if features.flags & UNREADABLE:
        return []
    wrong = [(error.start, error.end) for error in features.errors]
    sound = [s for s in features.strengths if not any(start <= s.start < end for start, end in wrong)]
    reached = LEVELS.index(verdict.level) + 1
    fitting = [s for s in sound if s.level >= min(reached, 4)] or [
        s for s in sound if s.level >= sound[0].level - 1
    ]
    chosen = _varied(fitting)
    praise = [Praise(s.quote, _praise(s, sentences)) for s in chosen]
    return praise or [Praise(features.opening, sentences["strengths"]["attempt"])]


def _varied(strengths: Sequence[Strength]) -> list[Strength]:
    """The best of each kind, then the next best; not the same words, or forms of a word, twice."""
    firsts = {s.kind: s for s in reversed(strengths)}
    order = [firsts[kind] for kind in ("structure", "connective", "word") if kind in firsts]
    chosen: dict[str, Strength] = {}
    for strength in (*order, *strengths):
        chosen.setdefault(strength.quote.lower()[:STEM], strength)
    return list(chosen.values())[:MOST_STRENGTHS]


def _praise(strength: Strength, sentences: Mapping[str, Any]) -> str:
    texts = sentences["strengths"]
    specific = texts["structures"].get(strength.key) if strength.kind == "structure" else None
    return (specific or texts[strength.kind]).format(level=LEVELS[strength.level - 1])


def _improvements(features: Features, sentences: Mapping[str, Any]) -> list[Improvement]:
    """One of each rule, the most frequent rules first; then misspellings; none in what is no English text."""
    if features.flags & UNREADABLE:
        return []
    by_rule: dict[str, list[Finding]] = {}
    for error in features.errors:
        by_rule.setdefault(error.rule, []).append(error)
    ordered = sorted(by_rule.values(), key=lambda found: -len(found))
    rules = sentences["rules"]
    grammar = [Improvement(e.quote, e.suggestion, rules[e.rule]) for e in (found[0] for found in ordered)]
    if features.skill == "speaking":
        return grammar[:MOST_IMPROVEMENTS]
    room = max(2, MOST_IMPROVEMENTS - len(grammar))
    spelling = list(_spelling(features, rules["spelling"]))[:room]
    return [*grammar[: MOST_IMPROVEMENTS - len(spelling)], *spelling]


def _spelling(features: Features, comment: str) -> Iterable[Improvement]:
    seen: set[str] = set()
    for start, word in features.spelling:
        if any(error.start <= start < error.end for error in features.errors):
            continue
        right = correction(word.lower(), pack(features.language))
        if right and word.lower() not in seen:
            seen.add(word.lower())
            yield Improvement(word, right, comment)


def _next_steps(features: Features, verdict: Verdict, sentences: Mapping[str, Any]) -> list[str]:
    """Towards the next level, beginning with the weakest dimension."""
    advice: Mapping[str, str] = sentences["next_steps"][verdict.level]
    weakest = sorted(verdict.dimensions, key=lambda name: verdict.dimensions[name])
    order = [name for name in weakest if name in advice] + [name for name in advice if name not in weakest]
    if "short" in features.flags:
        order.insert(0, "longer")
        advice = {**advice, "longer": sentences["longer"]}
    return [advice[name] for name in order if name != "fluency" or features.speech][:NEXT_STEPS]
