"""The one scale of the level test: ability in logits-equivalent, a score of 0 to 100 and the CEFR level.

Six levels of equal width lie side by side around 0. How wide a level is fixes the unit of the abilities;
the item difficulties are written down in the same unit (docs/level-test-items.md says how they were set).
"""

from __future__ import annotations

from typing import Literal, get_args

Level = Literal["A1", "A2", "B1", "B2", "C1", "C2"]
Skill = Literal["speaking", "listening", "reading", "writing"]

LEVELS: tuple[Level, ...] = get_args(Level)
SKILLS: tuple[Skill, ...] = get_args(Skill)

LEVEL_WIDTH = 1.4
"""Logits-equivalent between two neighbouring boundaries: A1/A2 at -2.8, B1/B2 at 0, C1/C2 at +2.8."""

POINTS_PER_LEVEL = 100 / len(LEVELS)


def score_of(ability: float) -> float:
    """The score of an ability: 0 to 100, linear, 50 is the border of B1 and B2."""
    return min(100.0, max(0.0, 50 + ability / LEVEL_WIDTH * POINTS_PER_LEVEL))


def ability_of(score: float) -> float:
    """The ability of a score, ``score_of`` turned round."""
    return (score - 50) / POINTS_PER_LEVEL * LEVEL_WIDTH


def level_of(score: float) -> Level:
    """The CEFR level of a score: A1 below 16.7, A2 below 33.3, B1 below 50, and so on."""
    return LEVELS[min(len(LEVELS) - 1, max(0, int(score * len(LEVELS) / 100 + 1e-9)))]


def middle(level: Level) -> float:
    """The ability in the middle of a level."""
    return (LEVELS.index(level) + 0.5 - len(LEVELS) / 2) * LEVEL_WIDTH


def boundaries() -> tuple[float, ...]:
    """The five abilities at which one level becomes the next."""
    return tuple((number - len(LEVELS) / 2) * LEVEL_WIDTH for number in range(1, len(LEVELS)))
