"""One text or transcript before both judges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from services.leveltest.features.extract import Features, analyse
from services.leveltest.features.feedback import feedback
from services.leveltest.features.speech import TimedWord
from services.leveltest.judge import Verdict, combine, judge, verdict_at
from services.leveltest.model_judge import Answer, ModelVerdict, judge_with_model
from services.leveltest.models import Evaluation, Feedback, Improvement, Strength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Context
    from services.leveltest.models import EvaluateText


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with what both judges say of it."""

    skill: Literal["writing", "speaking"]
    features: Features
    verdict: Verdict
    feedback: Feedback


async def judge_answer(
    context: Context,
    *,
    language: str,
    skill: Literal["writing", "speaking"],
    text: str,
    prompt: str = "",
    looks_for: Sequence[str] = (),
    words: Sequence[tuple[str, float, float]] = (),
    duration: float | None = None,
    locale: str = "en",
) -> Judged:
    """Judge one answer to ``prompt``, which wants to see what it ``looks_for``.

    ``words`` are (word, start, end) with times in seconds.

    Without a usable model the features judge alone. Raises ``LanguageNotSupported``.
    """
    features = analyse(
        text,
        skill=skill,
        words=[TimedWord(*word) for word in words] or None,
        duration=duration,
        prompt=prompt,
        language=language,
    )
    speech = asdict(features.speech) if features.speech else None
    answer = Answer(text, language, skill, prompt, looks_for, speech)
    model = await judge_with_model(context, answer, locale)
    own = judge(features, skill)
    verdict = combine(own, model and verdict_at(model.level, model.score))
    return Judged(skill, features, verdict, _feedback(features, verdict, model, locale))


async def evaluate(context: Context, body: EvaluateText, locale: str) -> Evaluation:
    """Judge one text by itself."""
    judged = await judge_answer(
        context,
        language=body.language.partition("-")[0],
        skill=body.skill,
        text=body.text,
        prompt=body.prompt,
        duration=body.duration_seconds,
        locale=locale,
    )
    verdict = judged.verdict
    return Evaluation(
        level=verdict.level,
        band=verdict.band,
        score=verdict.score,
        confidence=verdict.confidence,
        evaluator=verdict.evaluator,
        judges=dict(verdict.judges),
        features=_numbers(judged.features),
        dimensions=dict(verdict.dimensions),
        feedback=judged.feedback,
    )


def _numbers(features: Features) -> dict[str, float]:
    """The measures by their names in camelCase, with the number of words."""
    measures = {_camel(name): round(value, 3) for name, value in asdict(features.measures).items()}
    return {"words": float(features.words), **measures}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _feedback(features: Features, verdict: Verdict, model: ModelVerdict | None, locale: str) -> Feedback:
    """The features' feedback, behind what the model remarked on."""
    own = feedback(features, verdict, locale)
    strengths = [Strength(quote=each.quote, comment=each.comment) for each in own.strengths]
    improvements = [
        Improvement(quote=each.quote, suggestion=each.suggestion, comment=each.comment)
        for each in own.improvements
    ]
    if model:
        strengths = [Strength(quote=s.quote, comment=s.comment) for s in model.strengths] + strengths
        remarked = [
            Improvement(quote=i.quote, suggestion=i.suggestion, comment=i.comment) for i in model.improvements
        ]
        improvements = remarked + [own for own in improvements if not _remarked(own, remarked)]
    return Feedback(
        summary=own.summary,
        strengths=strengths,
        improvements=improvements,
        next_steps=list(own.next_steps),
    )


def _remarked(improvement: Improvement, remarks: Sequence[Improvement]) -> bool:
    return any(improvement.quote in each.quote for each in remarks)
