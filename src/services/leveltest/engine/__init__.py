"""The test engine: adaptive choice items, then tasks near the estimated ability, then one level."""

from __future__ import annotations

from services.leveltest.engine.model import Curve, Estimate, posterior
from services.leveltest.engine.scoring import Overall, SkillScore, choice_scores, overall
from services.leveltest.engine.sitting import (
    AlreadyAnswered,
    Question,
    QuestionNotAsked,
    Response,
    Sitting,
    UnknownChoice,
    answer,
    asked,
    begin,
    estimate,
    estimated_total,
    next_question,
)

__all__ = [
    "AlreadyAnswered",
    "Curve",
    "Estimate",
    "Overall",
    "Question",
    "QuestionNotAsked",
    "Response",
    "Sitting",
    "SkillScore",
    "UnknownChoice",
    "answer",
    "asked",
    "begin",
    "choice_scores",
    "estimate",
    "estimated_total",
    "next_question",
    "overall",
    "posterior",
]
