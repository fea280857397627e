from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leveltest.engine import Curve, posterior

curves = st.builds(
    Curve, st.floats(0.5, 2.5), st.floats(-4, 4), guessing=st.floats(0, 0.3), slips=st.floats(0, 0.1)
)


def test_without_guessing_and_slips_it_is_the_two_parameter_model():
    curve = Curve(1.7, 0.5)
    assert curve.probability(0.5) == pytest.approx(0.5)
    assert curve.probability(1.5) == pytest.approx(1 / (1 + math.exp(-1.7)))
    assert curve.information(0.5) == pytest.approx(1.7**2 / 4)


@given(curves, st.floats(-5, 5))
def test_the_chance_of_a_right_answer_rises_with_ability_between_its_bounds(curve, ability):
    below, above = curve.probability(ability), curve.probability(ability + 0.5)
    assert curve.guessing <= below <= above <= 1 - curve.slips


@given(curves, st.floats(-5, 5))
def test_information_is_the_squared_slope_over_the_variance(curve, ability):
    step = 1e-5
    slope = (curve.probability(ability + step) - curve.probability(ability - step)) / (2 * step)
    p = curve.probability(ability)
    assert curve.information(ability) == pytest.approx(slope**2 / (p * (1 - p)), rel=1e-3, abs=1e-6)


def test_without_answers_the_estimate_is_the_prior():
    theta, se = posterior([], 0.5, 1.0)
    assert theta == pytest.approx(0.5, abs=1e-6)
    assert se == pytest.approx(1.0, abs=1e-3)


def test_the_estimate_is_the_posterior_mean_by_fine_integration():
    answers = [(Curve(1.5, -0.5), True), (Curve(1.2, 0.4), True), (Curve(1.8, 1.1), False)]
    grid = [step / 200 for step in range(-1600, 1601)]

    def density(ability):
        likelihood = math.exp(-0.5 * (ability / 2) ** 2)
        for curve, right in answers:
            likelihood *= curve.probability(ability) if right else 1 - curve.probability(ability)
        return likelihood

    total = sum(map(density, grid))
    mean = sum(ability * density(ability) for ability in grid) / total
    deviation = math.sqrt(sum((ability - mean) ** 2 * density(ability) for ability in grid) / total)
    assert posterior(answers, 0.0, 2.0) == pytest.approx((mean, deviation), abs=1e-3)


@given(st.lists(st.tuples(curves, st.booleans()), max_size=12), curves)
def test_a_right_answer_never_lowers_the_estimate_and_a_wrong_one_never_raises_it(answers, curve):
    before = posterior(answers, 0.0, 2.0).theta
    assert posterior([*answers, (curve, True)], 0.0, 2.0).theta >= before - 1e-9
    assert posterior([*answers, (curve, False)], 0.0, 2.0).theta <= before + 1e-9
