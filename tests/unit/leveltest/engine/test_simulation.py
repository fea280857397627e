"""The goals of the adaptive test on a few of the learners that ``bench/adaptive.py`` simulates."""

from __future__ import annotations

from collections import Counter
from functools import cache
from statistics import mean

import pytest

from bench import adaptive
from services.leveltest import items

BANK = items.load("en")
FORM = adaptive.fixed_form("en", BANK.plan.max_items)
BELIEVED, TWO_PARAMETER, GUESSING, _, BELL = adaptive.worlds(BANK.plan)


@cache
def learners(world):
    return [adaptive.run_spread("en", world, FORM, number) for number in range(300)]


def error(runs):
    return adaptive.rmse(run.adaptive - run.truth for run in runs)


@pytest.mark.parametrize(("world", "goal"), [(BELIEVED, 0.35), (TWO_PARAMETER, 0.35), (GUESSING, 0.45)])
def test_abilities_are_found_more_exactly_than_by_a_fixed_form(world, goal):
    runs = learners(world)
    assert error(runs) <= goal
    assert error(runs) < 0.8 * adaptive.rmse(run.fixed - run.truth for run in runs)
    assert max(len(run.asked) for run in runs) <= 25


def test_the_middle_of_a_level_gets_that_level():
    runs = [adaptive.run_middle("en", BELIEVED, FORM, number) for number in range(180)]
    assert mean(adaptive.exact(run.truth, run.adaptive) for run in runs) >= 0.9


def test_the_claimed_error_is_the_real_one():
    runs = learners(BELIEVED)
    assert mean(run.claimed for run in runs) == pytest.approx(error(runs), rel=0.15)


def test_so_are_those_of_the_skills_of_uneven_learners():
    runs = [adaptive.run_uneven("en", BELL, number) for number in range(300)]
    for skill in ("reading", "listening"):
        errors, claimed = zip(*(run[skill] for run in runs), strict=True)
        assert mean(claimed) == pytest.approx(adaptive.rmse(errors), rel=0.15)


@pytest.mark.parametrize("world", [BELIEVED, BELL])
def test_no_item_is_shown_to_a_quarter_of_the_learners(world):
    shown = Counter(name for run in learners(world) for name in run.asked)
    assert max(shown.values()) / 300 < 0.28  # 25 % and the chance of 300 draws
    assert len(shown) > 0.95 * len(BANK.items)
