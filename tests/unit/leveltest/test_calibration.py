"""The calibration's own arithmetic, where the right answer is known."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ops.calibration.corpora import RATINGS, Text, corrupted, excerpt
from ops.calibration.figures import kappa, level_kappa, spearman, within_one
from ops.calibration.fitting import Group, Reference, fit, predict
from ops.calibration.hearing import shares_said
from ops.calibration.patterns import Ridge

SENTENCE = "The Weather is nice, isn't it? We walked home."


def test_kappa_is_that_of_the_worked_example():
    """Two raters, four subjects: 1 - (1 + 0 + 0 + 1) / 4 / (variances and squared difference of the means)."""
    assert kappa([1, 2, 3, 4], [2, 2, 3, 3]) == pytest.approx(1 - 0.5 / (1.25 + 0.25))
    assert kappa([1, 2, 3], [1, 2, 3]) == 1
    assert kappa([1, 1, 3, 3], [1, 3, 1, 3]) == pytest.approx(0)


def test_where_the_levels_are_equally_frequent_the_group_does_not_matter():
    few = [1.0, 2.0, 3.0], [1.0, 2.0, 2.0]
    many = [*[1.0] * 8, 2.0, 3.0], [*[1.0] * 8, 2.0, 2.0]
    assert level_kappa(many[1], many[0]) == pytest.approx(kappa(few[1], few[0]))
    assert kappa(many[1], many[0]) != pytest.approx(kappa(few[1], few[0]))


def test_ranks_share_ties_and_neighbours_are_near():
    assert spearman([1, 2, 2, 3], [10, 20, 20, 30]) == pytest.approx(1)
    assert within_one([1, 2, 3, 4], [1, 3, 5, 4]) == 0.75


def test_weights_are_found_whatever_the_groups_offsets():
    chance = random.Random(1)
    groups = []
    for offset in (0, 50):
        rows = [{"length": chance.gauss(0, 1), "grammar_errors": chance.gauss(0, 1)} for _ in range(200)]
        groups.append(Group(1, [(row, offset + 2 * row["length"] - row["grammar_errors"]) for row in rows]))
    reference = Reference({"length": (0, 1), "grammar_errors": (0, 1)})
    weights = fit(groups, ("length", "grammar_errors"), reference, 1e-6)
    assert weights == pytest.approx({"length": 2, "grammar_errors": -1}, abs=0.05)
    assert predict(weights, {"length": 1, "grammar_errors": 1}, reference) == pytest.approx(1, abs=0.1)


def test_a_weight_of_the_wrong_sign_is_left_out():
    rows = [({"length": x, "grammar_errors": x}, x) for x in (0.0, 1.0, 2.0)]
    reference = Reference({"length": (0, 1), "grammar_errors": (0, 1)})
    assert set(fit([Group(1, rows)], ("length", "grammar_errors"), reference, 0.1)) == {"length"}


def test_the_ridge_solves_its_normal_equations():
    chance = random.Random(2)
    vocabulary = ["a", "b", "c"]
    cases = [
        (group, Text(10, {}, Counter({name: chance.randrange(5) for name in vocabulary})), chance.random())
        for group in "xy"
        for _ in range(20)
    ]
    ridge = Ridge(vocabulary, cases)
    weights = ridge.solve()
    assert ridge._normal(weights) == pytest.approx(ridge._collected(ridge.marks))
    assert any(abs(weight) > 0.01 for weight in weights)


def test_a_transcript_has_no_stops_and_capitals_and_so_many_wrong_words():
    assert corrupted(SENTENCE, 0, ["x"], random.Random(1)) == "the weather is nice isn't it we walked home"
    heard = corrupted("word " * 5000, 0.2, ["x"], random.Random(1)).split()
    assert heard.count("x") / 5000 == pytest.approx(0.16, abs=0.02)  # substituted and added
    assert heard.count("word") / 5000 == pytest.approx(0.84, abs=0.02)  # neither substituted nor missing


def test_an_excerpt_is_words_in_a_row():
    text = " ".join(map(str, range(100)))
    words = [int(word) for word in excerpt(text, 10, random.Random(4)).split()]
    assert words == list(range(words[0], words[0] + 10))


def test_a_mistake_that_was_not_made_is_the_recognisers():
    said = "he have a car and we went to the shop"
    heard = "he have a car and we went to to the a apple shop"
    assert shares_said([(said, heard), (said, said)]) == {
        "agreement.third_person": (1, 2),
        "word.repeated": (0, 1),
        "article.a_an": (0, 1),
    }


def test_ratings_are_on_the_scale():
    assert all(1 <= rating <= 6 for ratings in RATINGS["short"].values() for rating in ratings)
    assert all(1 <= rating <= 6 and count > 0 for _, count, rating in RATINGS["ellipse"].values())
