from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace

import pytest

from services.leveltest import engine, items
from services.leveltest.scale import LEVELS, middle

BANK = items.load("en")
ABLE = middle("B2")


def key(question):
    """The id of the right choice."""
    return next(name for name, text in question.choices if text == BANK.items[question.id].answer)


def reply(question, *, able=ABLE):
    """What somebody of an ability answers who knows all that is easier and nothing that is harder."""
    if question.kind != "choice":
        return "I would like to tell you about it."
    if BANK.items[question.id].difficulty <= able:
        return key(question)
    return next(name for name, _ in question.choices if name != key(question))


def whole(seed, *, able=ABLE, level=None, seen=()):
    """A whole test: the questions asked and the sitting at its end, stored and read again at each step."""
    sitting, asked = engine.begin("en", seed, level, seen), []
    while question := engine.next_question(sitting):
        asked.append(question)
        sitting = engine.answer(sitting, question.id, reply(question, able=able))
        sitting = engine.Sitting.restore(json.loads(json.dumps(sitting.dump())))
    return asked, sitting


def test_a_test_is_choice_items_then_two_texts_then_two_speeches():
    asked, _ = whole("one")
    kinds = [question.kind for question in asked]
    choices = kinds.count("choice")
    assert 16 <= choices <= 25
    assert kinds == ["choice"] * choices + ["text"] * 2 + ["speech"] * 2
    assert [question.number for question in asked] == list(range(1, len(asked) + 1))


@pytest.mark.parametrize("level", LEVELS)
def test_a_consistent_learner_gets_the_level_whatever_the_seed(level):
    for seed in range(10):
        _, sitting = whole(f"{level} {seed}", able=middle(level))
        assert abs(engine.estimate(sitting).theta - middle(level)) < 0.7


def test_nothing_is_asked_twice_and_all_areas_get_their_share():
    for seed in range(20):
        asked, sitting = whole(str(seed))
        assert len({question.id for question in asked}) == len(asked)
        shares = Counter(response.area for response in sitting.responses)
        assert max(shares.values()) - min(shares.values()) <= 1


def test_tasks_are_of_the_estimated_level():
    for level in LEVELS:
        asked, _ = whole("tasks", able=middle(level))
        assert {BANK.tasks[question.id].level for question in asked if question.kind != "choice"} == {level}


def test_the_seed_decides_everything():
    assert whole("same") == whole("same")
    assert len({whole(str(seed))[0][0].id for seed in range(40)}) > 15


def test_the_learners_own_guess_moves_the_first_question_but_not_the_estimate():
    def first_difficulty(level):
        first = [engine.begin("en", str(seed), level).pending for seed in range(30)]
        return sum(BANK.items[name].difficulty for name in first) / len(first)

    assert first_difficulty("A1") < first_difficulty(None) - 1 < first_difficulty("C2") - 2
    low, high = engine.begin("en", "x", "A1"), engine.begin("en", "x", "C2")
    assert engine.estimate(low) == engine.estimate(high)


@pytest.mark.parametrize("level", ["A2", "B2", "C2"])
def test_a_second_test_asks_something_else(level):
    first, _ = whole("first", able=middle(level))
    second, sitting = whole("second", able=middle(level), seen=[question.id for question in first])
    again = {question.id for question in first} & {question.id for question in second}
    assert len(again) <= 5
    assert not again & set(BANK.tasks)
    assert engine.asked(sitting) == tuple(question.id for question in second)
    assert abs(engine.estimate(sitting).theta - middle(level)) < 0.7


def test_a_question_tells_nothing_of_its_answer():
    asked, _ = whole("secret")
    for question in asked:
        shown = json.dumps(asdict(question), ensure_ascii=False)
        if question.kind == "choice":
            item = BANK.items[question.id]
            assert sorted(text for _, text in question.choices) == sorted(item.choices)
            assert all(line not in shown for _, line in item.script)
        else:
            assert all(hint not in shown for hint in BANK.tasks[question.id].looks_for)


def test_the_right_choice_stands_in_each_place_equally_often():
    places = Counter()
    for seed in range(100):
        asked, _ = whole(str(seed))
        places.update(key(question) for question in asked if question.kind == "choice")
    expected = sum(places.values()) / 4
    assert set(places) == set("abcd")
    # the 99.9th percentile of chi-square with three degrees of freedom
    assert sum((count - expected) ** 2 / expected for count in places.values()) < 16.3


def test_a_listening_question_has_its_recording_and_no_passage():
    asked, _ = whole("listen")
    heard = [question for question in asked if question.skill == "listening"]
    assert heard
    for question in heard:
        assert question.audio == f"/audio/level-test/en/{question.id}.mp3"
        assert question.passage is None


def test_the_same_answer_again_changes_nothing_and_another_is_refused():
    sitting = engine.begin("en", "again")
    first = engine.next_question(sitting)
    after = engine.answer(sitting, first.id, "a")
    assert engine.answer(after, first.id, "a") == after
    with pytest.raises(engine.AlreadyAnswered) as refusal:
        engine.answer(after, first.id, "b")
    assert refusal.value.status == 409


def test_a_text_is_answered_once_like_a_choice():
    _, sitting = whole("text")
    task = next(iter(sitting.tasks))
    assert engine.answer(sitting, task, "I would like to tell you about it.") == sitting
    with pytest.raises(engine.AlreadyAnswered):
        engine.answer(sitting, task, "Something else.")


def test_what_was_not_asked_cannot_be_answered():
    sitting = engine.begin("en", "x")
    other = next(name for name in BANK.items if name != sitting.pending)
    for name in (other, "en-writing-b1-1", "nonsense", ""):
        with pytest.raises(engine.QuestionNotAsked) as refusal:
            engine.answer(sitting, name, "a")
        assert refusal.value.status == 409


@pytest.mark.parametrize("given", ["", "e", "A", "coffee", "ab"])
def test_only_a_choice_is_an_answer(given):
    sitting = engine.begin("en", "x")
    with pytest.raises(engine.UnknownChoice) as refusal:
        engine.answer(sitting, sitting.pending, given)
    assert refusal.value.status == 422


def test_a_finished_test_takes_no_more_answers():
    _, sitting = whole("end")
    assert engine.next_question(sitting) is None
    with pytest.raises(engine.QuestionNotAsked):
        engine.answer(sitting, "en-writing-a1-1", "More.")


def test_a_running_test_goes_on_when_its_question_has_left_the_bank():
    sitting = engine.begin("en", "x")
    sitting = engine.answer(sitting, sitting.pending, "a")
    stranded = replace(sitting, pending="en-vocabulary-retired")
    question = engine.next_question(stranded)
    assert question.number == 2
    assert len(engine.answer(stranded, question.id, "a").responses) == 2


def test_the_estimated_total_is_never_too_small_and_right_at_the_end():
    sitting = engine.begin("en", "progress")
    answered, totals = 0, [engine.estimated_total(sitting)]
    while question := engine.next_question(sitting):
        assert engine.estimated_total(sitting) > answered
        sitting = engine.answer(sitting, question.id, reply(question))
        answered += 1
        totals.append(engine.estimated_total(sitting))
    assert totals[-1] == answered
    assert max(totals) <= 29


def test_korean_is_tested_by_the_same_engine():
    sitting, asked = engine.begin("ko", "x"), 0
    while question := engine.next_question(sitting):
        assert question.skill == "reading"
        sitting, asked = engine.answer(sitting, question.id, "a"), asked + 1
    assert 12 <= asked <= 18
    assert set(engine.choice_scores(sitting)) == {"reading"}
