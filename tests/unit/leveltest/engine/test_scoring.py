from __future__ import annotations

import random

import pytest

from services.leveltest import engine, items
from services.leveltest.engine import SkillScore, overall
from services.leveltest.engine.scoring import SKILL_SCATTER
from services.leveltest.scale import LEVELS, SKILLS, ability_of, boundaries, level_of, middle, score_of

BANK = items.load("en")


def test_score_ability_and_level_are_one_scale():
    assert [level_of(score_of(middle(level))) for level in LEVELS] == list(LEVELS)
    assert [level_of(score_of(edge)) for edge in boundaries()] == list(LEVELS[1:])
    assert ability_of(score_of(1.234)) == pytest.approx(1.234)
    assert (score_of(-99), score_of(99)) == (0, 100)
    assert (level_of(0), level_of(100)) == ("A1", "C2")


def test_skills_differ_when_the_answers_do():
    sitting = engine.begin("en", "uneven")
    while (question := engine.next_question(sitting)).kind == "choice":
        item = BANK.items[question.id]
        able = middle("C1") if question.skill == "reading" else middle("A2")
        right = item.difficulty <= able
        chosen = next(name for name, text in question.choices if (text == item.answer) == right)
        sitting = engine.answer(sitting, question.id, chosen)
    scores = engine.choice_scores(sitting)
    assert set(scores) == {"reading", "listening"}
    assert scores["listening"].score < scores["reading"].score - 8
    # six listening items are drawn towards the rest of the answers, and say so by a larger error
    assert scores["listening"].ability > middle("A2")
    assert scores["listening"].error > scores["reading"].error


def test_before_any_answer_the_skills_are_in_the_middle_and_unknown():
    for skill in engine.choice_scores(engine.begin("en", "x")).values():
        assert skill.ability == pytest.approx(0, abs=1e-6)
        assert skill.error > 1.5


def test_the_overall_level_is_that_of_the_mean_of_the_skills():
    low, high = SkillScore(middle("B1"), 0.2), SkillScore(middle("C1"), 0.2)
    verdict = overall({"reading": high, "listening": high, "writing": low, "speaking": low})
    assert verdict.level == "B2"
    assert verdict.score == pytest.approx((low.score + high.score) / 2)
    assert verdict.band == ("B2", "B2")
    assert verdict.confidence > 0.99


def test_fewer_skills_are_less_certain():
    score = SkillScore(middle("B1"), 0.3)
    four = overall(dict.fromkeys(SKILLS, score))
    one = overall({"reading": score})
    assert one.level == four.level == "B1"
    assert one.confidence < four.confidence
    assert one.band == ("A2", "B2")
    assert four.band == ("B1", "B1")


def test_at_a_border_the_level_is_a_coin_toss_and_the_band_holds_both():
    verdict = overall(dict.fromkeys(SKILLS, SkillScore(0.001, 0.3)))
    assert verdict.level == "B2"
    assert verdict.confidence == pytest.approx(0.5, abs=0.01)
    assert verdict.band == ("B1", "B2")


@pytest.mark.parametrize("tested", [1, 2, 3, 4])
def test_band_and_confidence_hold_what_they_promise(tested):
    chance = random.Random(tested)
    error, held, hits, promised, rounds = 0.35, 0, 0, 0.0, 3000
    for _ in range(rounds):
        centre = chance.uniform(-3, 3)
        true = [centre + chance.gauss(0, SKILL_SCATTER) for _ in SKILLS]
        measured = {
            s: SkillScore(t + chance.gauss(0, error), error) for s, t in zip(SKILLS, true, strict=True)
        }
        verdict = overall(dict(list(measured.items())[:tested]))
        level = level_of(score_of(sum(true) / len(true)))
        low, high = map(LEVELS.index, verdict.band)
        held += low <= LEVELS.index(level) <= high
        hits += level == verdict.level
        promised += verdict.confidence
    assert held / rounds >= 0.9
    assert hits / rounds == pytest.approx(promised / rounds, abs=0.05)
