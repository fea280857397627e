"""From a finished attempt to its report: four skills, one level, feedback in the learner's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from services.leveltest import engine
from services.leveltest.evaluation import Judged, judge_answer
from services.leveltest.features.feedback import catalogue
from services.leveltest.items import load
from services.leveltest.models import Feedback, SkillResult, TestResult
from services.leveltest.scale import LEVEL_WIDTH, SKILLS, Skill, ability_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.context import Context
    from services.leveltest.attempt import Attempt
    from services.leveltest.models import Improvement, Strength

Item = TypeVar("Item")

MOST_STRENGTHS = 4
MOST_IMPROVEMENTS = 8
NEXT_STEPS = 3


async def write_report(context: Context, attempt: Attempt, locale: str) -> TestResult:
    """Judge what was written and said, put it beside the choice items, and say what follows."""
    tasks = load(attempt.language).tasks
    judged = [
        await judge_answer(
            context,
            language=attempt.language,
            skill="speaking" if made.skill == "speaking" else "writing",
            text=made.text,
            prompt=made.prompt,
            looks_for=tasks[made.question_id].looks_for if made.question_id in tasks else (),
            words=made.words,
            duration=made.duration,
            locale=locale,
        )
        for made in attempt.productions
    ]
    skills: dict[Skill, engine.SkillScore] = engine.choice_scores(attempt.sitting)
    skills.update(_produced_skills(judged))
    whole = engine.overall(skills)
    return TestResult(
        test_id=attempt.test_id,
        status="complete",
        overall_level=whole.level,
        band=whole.band,
        confidence=round(whole.confidence, 2),
        skills={
            skill: SkillResult(score=round(skills[skill].score, 1), level=skills[skill].level)
            for skill in SKILLS
            if skill in skills
        },
        evaluator="features+model"
        if any(each.verdict.evaluator == "features+model" for each in judged)
        else "features",
        judges=_mean_judges(judged),
        feedback=_feedback(judged, whole, locale),
    )


def _produced_skills(judged: Sequence[Judged]) -> Mapping[Skill, engine.SkillScore]:
    """Writing and speaking: the mean of a skill's tasks, weighted by how much was produced.

    The tasks of one skill share what is peculiar to their writer, so their errors are not averaged away.
    """
    scores: dict[Skill, engine.SkillScore] = {}
    for skill in SKILLS:
        own = [each for each in judged if each.skill == skill]
        if not own:
            continue
        weights = [max(1, each.features.own_words) for each in own]
        total = sum(weights)
        pairs = list(zip(weights, own, strict=True))
        score = sum(weight * each.verdict.score for weight, each in pairs) / total
        error = sum(weight * each.verdict.error for weight, each in pairs) / total
        scores[skill] = engine.SkillScore(ability_of(score), error * LEVEL_WIDTH)
    return scores


def _mean_judges(judged: Sequence[Judged]) -> dict[str, float]:
    names = dict.fromkeys(name for each in judged for name in each.verdict.judges)
    found = {
        name: [each.verdict.judges[name] for each in judged if name in each.verdict.judges] for name in names
    }
    return {name: round(sum(scores) / len(scores), 1) for name, scores in found.items()}


def _feedback(judged: Sequence[Judged], whole: engine.Overall, locale: str) -> Feedback:
    sentences = catalogue(locale)
    low, high = whole.band
    summary = sentences["summary"][whole.level].format(level=whole.level)
    band = sentences["band"].format(low=low, high=high) if low != high else ""
    strengths: list[Strength] = _alternating([each.feedback.strengths for each in judged])
    improvements: list[Improvement] = _alternating([each.feedback.improvements for each in judged])
    steps = dict.fromkeys(step for each in judged for step in each.feedback.next_steps)
    advice = list(steps) or list(sentences["next_steps"][whole.level].values())
    return Feedback(
        summary=" ".join(filter(None, [summary, band])),
        strengths=[strength for strength in strengths if strength.quote][:MOST_STRENGTHS] or strengths[:1],
        improvements=improvements[:MOST_IMPROVEMENTS],
        next_steps=advice[:NEXT_STEPS],
    )


def _alternating(lists: Sequence[Sequence[Item]]) -> list[Item]:
    """The first of each list, then the second of each, without what was said already."""
    longest = max((len(each) for each in lists), default=0)
    taken = [each[position] for position in range(longest) for each in lists if position < len(each)]
    return [item for position, item in enumerate(taken) if item not in taken[:position]]
