"""The notation of the tables of wrong phrases, and how they are looked for."""

from __future__ import annotations

import pytest

from services.leveltest.features.language import pack
from services.leveltest.features.phrases import Phrases, fixed, wording


@pytest.mark.parametrize(
    ("wrong", "right", "text", "mended"),
    [
        ("depend* of/from", "1 on", "depends from", "depends on"),
        ("say* me", "tell* me", "said me", "told me"),
        ("at Easter/noon time", "at 1", "at easter time", "at Easter"),
        ("a/the jeans/glasses", "a pair of 2", "the glasses", "a pair of glasses"),
        ("open*/close* tv", "turn* tv", "closed tv", "turned tv"),
        ("in couple $", "as a couple", "in couple", "as a couple"),
    ],
)
def test_a_line_stands_for_many_phrases(wrong: str, right: str, text: str, mended: str) -> None:
    line = wording("phrase", wrong, right, pack("en").forms)
    words = text.split()
    assert [(i, n) for i, n, _ in Phrases([(line.places, line)]).find(words)] == [(0, len(words))]
    assert line.mended(words, pack("en").forms) == mended


def test_the_longest_phrase_is_found_and_none_in_it() -> None:
    phrases = Phrases([(fixed("b"), 1), (fixed("a b"), 2), (fixed("a b c"), 3)])
    assert list(phrases.find(["a", "b", "c", "b", "a"])) == [(0, 3, 3), (3, 1, 1)]


def test_a_phrase_that_does_not_fit_leaves_room_for_another() -> None:
    phrases = Phrases([(fixed("a b"), 2), (fixed("b"), 1)])
    assert list(phrases.find(["a", "b"], lambda _i, _n, payload: payload == 1)) == [(1, 1, 1)]


def test_every_line_of_the_tables_can_be_read_and_mended() -> None:
    known = pack("en")
    for line in known.wordings:
        words = [options[0] for options in line.places]
        assert line.mended(words, known.forms) != " ".join(words)
