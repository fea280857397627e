"""From answers to skills, and from skills to one level with a band and a confidence.

The rule, whole: a learner's four skills scatter around an overall ability with a standard deviation of half a
level. A skill tested by choice items is estimated from its own items; the items of the other skills are its
prior, widened by that scatter, so no answer counts twice. The overall ability is the plain mean of the skills
that were tested. Its variance is that of the mean, plus the share of the scatter that the untested skills
leave open (a finite population of four). The level is that of the mean, the band holds the true one in nine
cases of ten, and the confidence is the probability of the level that is named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.leveltest.engine.sitting import SKILL_SCATTER, Sitting, skill_estimate
from services.leveltest.items import REPORTED_AS, load
from services.leveltest.scale import LEVELS, SKILLS, Level, Skill, boundaries, level_of, score_of

if TYPE_CHECKING:
    from collections.abc import Mapping

BAND_WIDTH = 1.645
"""Standard errors to each side of the ability that hold it in 90 % of the cases."""


@dataclass(frozen=True, slots=True)
class SkillScore:
    """A skill's ability and standard error in logits-equivalent; a judge's by ``ability_of(score)``."""

    ability: float
    error: float

    @property
    def score(self) -> float:
        """0 to 100."""
        return score_of(self.ability)

    @property
    def level(self) -> Level:
        """The CEFR level of the score."""
        return level_of(self.score)


@dataclass(frozen=True, slots=True)
class Overall:
    """The verdict: score (0 to 100), its level, the levels of the 90 % interval, the level's probability."""

    score: float
    level: Level
    band: tuple[Level, Level]
    confidence: float


def choice_scores(sitting: Sitting) -> dict[Skill, SkillScore]:
    """The skills that the choice items test: reading (with vocabulary and grammar) and listening."""
    reported = {REPORTED_AS[area] for area in load(sitting.language).plan.shares}
    return {skill: SkillScore(*skill_estimate(sitting, skill)) for skill in SKILLS if skill in reported}


def overall(skills: Mapping[Skill, SkillScore]) -> Overall:
    """The level of a learner with these skills, one to four of them."""
    tested = len(skills)
    ability = sum(skill.ability for skill in skills.values()) / tested
    untested = SKILL_SCATTER**2 * (1 / tested - 1 / len(SKILLS))
    error = math.sqrt(sum(skill.error**2 for skill in skills.values()) / tested**2 + untested)
    level = _level(ability)
    band = _level(ability - BAND_WIDTH * error), _level(ability + BAND_WIDTH * error)
    return Overall(score_of(ability), level, band, _probability(level, ability, error))


def _level(ability: float) -> Level:
    return level_of(score_of(ability))


def _probability(level: Level, ability: float, error: float) -> float:
    """The probability that a normal ability lies within the level; A1 and C2 are open to their sides."""
    edges = (-math.inf, *boundaries(), math.inf)
    number = LEVELS.index(level)
    below, above = (_normal((edge - ability) / error) for edge in edges[number : number + 2])
    return above - below


def _normal(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
