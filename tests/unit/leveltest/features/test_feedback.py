"""Feedback: the learner's own words, strengths first, three steps, in the learner's language."""

from __future__ import annotations

import pytest

from services.leveltest.features.extract import analyse
from services.leveltest.features.feedback import LOCALES, Feedback, catalogue, feedback
from services.leveltest.judge import judge
from services.leveltest.scale import LEVELS
from tests.unit.leveltest.features.test_judge import EVERY

TEXT = (
    "I am agree with this opinion. However, my brother have two cars and he didn't went to school. "
    "I live here since 3 years. I like very much my freinds, although they are sometimes boring. "
    "If I had more money I would buy many informations about the environment."
)


def given(text: str, locale: str = "en") -> Feedback:
    features = analyse(text)
    return feedback(features, judge(features), locale)


def test_improvements_quote_and_mend() -> None:
    pairs = {(each.quote, each.suggestion) for each in given(TEXT).improvements}
    assert ("I am agree", "I agree") in pairs
    assert ("since 3 years", "for 3 years") in pairs
    assert ("freinds", "friends") in pairs


def test_strengths_quote_what_is_good_and_not_what_is_wrong() -> None:
    told = given(TEXT)
    assert told.strengths
    mistakes = {each.quote for each in told.improvements}
    assert all(each.quote in TEXT and each.quote not in mistakes for each in told.strengths)


@pytest.mark.parametrize(("level", "text"), EVERY)
def test_every_answer_gets_praise_and_three_steps(level: str, text: str) -> None:
    told = given(text)
    assert told.summary
    assert told.strengths
    assert len(told.next_steps) == 3
    assert len(set(told.next_steps)) == 3
    assert all(each.quote and each.quote in text for each in (*told.strengths, *told.improvements))


def test_a_spoken_answer_is_not_blamed_for_spelling() -> None:
    features = analyse("yesterday i met my freind and we went to the park", skill="speaking")
    assert all(each.quote != "freind" for each in feedback(features, judge(features)).improvements)


def test_a_rare_word_in_speech_is_as_likely_misheard_and_not_praised() -> None:
    text = "the people know the tether and i like it because it is friendly there"
    praised = {
        skill: {strength.key for strength in analyse(text, skill=skill).strengths}
        for skill in ("writing", "speaking")
    }
    assert praised["writing"] - praised["speaking"] == {"tether"}


def test_korean_learners_are_told_in_korean_and_others_in_english() -> None:
    assert "수준" in given(TEXT, "ko-KR").summary
    assert given(TEXT, "fr") == given(TEXT, "en")


def test_korean_says_everything_that_english_says() -> None:
    def keys(value: object, path: str = "") -> set[str]:
        if not isinstance(value, dict):
            return {path}
        return {key for name, each in value.items() for key in keys(each, f"{path}/{name}")}

    english = keys(dict(catalogue("en")))
    assert all(keys(dict(catalogue(locale))) == english for locale in LOCALES)
    assert all(f"/summary/{level}" in english for level in LEVELS)


@pytest.mark.parametrize(
    "text",
    [
        "안녕하세요 저는 학생입니다 한국어를 공부합니다",
        "Ich bin Schüler und ich lerne seit drei Jahren Englisch, weil es meine Familie wichtig findet.",
    ],
)
def test_what_is_not_english_is_said_so_and_neither_praised_nor_corrected(text: str) -> None:
    told = given(text)
    assert told.summary == catalogue("en")["flags"]["not_english"]
    assert told.strengths == told.improvements == ()
