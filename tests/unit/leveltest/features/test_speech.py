"""Fluency from word times."""

from __future__ import annotations

import pytest

from services.leveltest.features.extract import analyse
from services.leveltest.features.language import pack
from services.leveltest.features.speech import SpeechMetrics, TimedWord, measure, syllables
from services.leveltest.judge import fluency, judge


def said(
    text: str, *, word: float = 0.3, gap: float = 0.05, pauses: dict[int, float] | None = None
) -> list[TimedWord]:
    """Words of equal length; ``pauses`` gives the silence before a word by its index."""
    clock, timed = 0.0, []
    for index, each in enumerate(text.split()):
        clock += (pauses or {}).get(index, gap)
        timed.append(TimedWord(each, clock, clock + word))
        clock += word
    return timed


def metrics(words: list[TimedWord], duration: float | None = None) -> SpeechMetrics:
    measured = measure(words, duration, pack("en"))
    assert measured is not None
    return measured


def test_rate_counts_words_over_the_recording() -> None:
    assert metrics(said("one two three four five six"), 6.0).words_per_minute == pytest.approx(60)


def test_articulation_leaves_pauses_out() -> None:
    fluent = metrics(said("I saw him go"))
    halting = metrics(said("I saw him go", pauses={1: 2.0, 2: 2.0}))
    assert halting.articulation_rate == pytest.approx(4 / 1.25)
    assert halting.words_per_minute < fluent.words_per_minute / 2
    assert halting.pause_ratio > 0.7


def test_runs_are_words_between_pauses() -> None:
    assert metrics(said("a b c d e f", pauses={3: 0.8})).mean_length_of_run == pytest.approx(3)


def test_a_pause_before_a_clause_is_not_inside_one() -> None:
    text = "I went home because it rained"
    assert metrics(said(text, pauses={3: 1.0})).mid_clause_pauses == 0
    assert metrics(said(text, pauses={5: 1.0})).mid_clause_pauses == pytest.approx(100 / 6)


def test_fillers_and_repetitions_are_counted_and_not_words() -> None:
    measured = metrics(said("um I I think uh yes"))
    assert measured.fillers == pytest.approx(50)
    assert measured.repetitions == pytest.approx(25)


@pytest.mark.parametrize(
    ("word", "count"), [("time", 1), ("table", 2), ("banana", 3), ("the", 1), ("idea", 2), ("hmm", 1)]
)
def test_syllables_are_estimated(word: str, count: int) -> None:
    assert syllables(word) == count


def test_nothing_said_has_no_metrics() -> None:
    assert measure([], 3.0, pack("en")) is None
    assert measure([TimedWord(" ", 0, 1)], 3.0, pack("en")) is None


def test_times_out_of_order_do_no_harm() -> None:
    measured = metrics([TimedWord("b", 5.0, 4.0), TimedWord("a", 1.0, 0.5)])
    assert 0 <= measured.pause_ratio <= 1


def test_a_faster_speaker_with_longer_runs_is_more_fluent() -> None:
    text = " ".join(["word"] * 60)
    quick = metrics(said(text, word=0.33, pauses={20: 0.5, 40: 0.5}))
    slow = metrics(said(text, word=0.5, pauses=dict.fromkeys(range(3, 60, 3), 1.0)))
    assert fluency(slow) < 2.5
    assert fluency(quick) > 4


def test_delivery_moves_the_level_of_speaking() -> None:
    text = (
        "I think that living in a city is better because you can find more work and there are many things to "
        "do in the evening but sometimes it is noisy and I would like to have a garden where my children can "
        "play after school"
    )
    quick = analyse(text, skill="speaking", words=said(text, word=0.33))
    slow = analyse(
        text, skill="speaking", words=said(text, word=0.6, pauses=dict.fromkeys(range(2, 41, 2), 1.5))
    )
    assert judge(slow).value < judge(quick).value
    assert judge(quick).dimensions["fluency"] > judge(slow).dimensions["fluency"]
