"""Reading a text: words, places, breaks, copies of the prompt, vocabulary, structures."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leveltest.features.document import HARD, SOFT, read, without_copies
from services.leveltest.features.extract import analyse
from services.leveltest.features.language import LanguageNotSupported, pack, regular_forms
from services.leveltest.features.spelling import correction
from services.leveltest.features.syntax import structures
from services.leveltest.features.vocabulary import mtld, own_length


def test_words_are_lower_case_with_their_places_and_breaks() -> None:
    text = "Well, it\u2019s ME.\n\nGo!"
    document = read(text)
    assert document.words == ["well", "it's", "me", "go"]
    assert document.breaks == [HARD, SOFT, 0, HARD]
    assert [text[start:end] for start, end in document.spans] == ["Well", "it\u2019s", "ME", "Go"]


def test_a_contraction_without_apostrophe_is_read_as_meant() -> None:
    assert read("i dont know, im late").words == ["i", "don't", "know", "i'm", "late"]


def test_neighbours_end_at_breaks() -> None:
    document = read("one two, three")
    assert document.near(0) == "two"
    assert document.near(1) == ""
    assert document.near(2, -1) == ""


def test_what_is_copied_from_the_prompt_is_left_out() -> None:
    prompt = "Do you think it is more important to have an enjoyable job or to make money?"
    document = without_copies(
        read("I say: it is more important to have an enjoyable job. Money is not all."), prompt
    )
    assert document.words == ["i", "say", "money", "is", "not", "all"]


def test_a_long_text_is_read_up_to_a_bound() -> None:
    assert len(read("word " * 50_000)) == 2_400


@pytest.mark.parametrize(
    ("word", "level"), [("dog", 1), ("environment", 4), ("notwithstanding", 5), ("ubiquitous", 6)]
)
def test_the_lexicon_knows_levels(word: str, level: int) -> None:
    entry = pack("en").lexicon.find(word)
    assert entry is not None
    assert entry.level == level


def test_the_lexicon_knows_regular_forms_and_refuses_nonsense() -> None:
    lexicon = pack("en").lexicon
    assert "unadulterated" in lexicon
    assert "historiographies" in lexicon or "historians" in lexicon
    assert all(
        word in lexicon for word in ("favourite", "marvellous", "organisation", "theatre", "travelling")
    )
    assert "beautifull" not in lexicon
    assert "xqzzt" not in lexicon


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("freind", "friend"),
        ("beautifull", "beautiful"),
        ("becuse", "because"),
        ("wich", "which"),
        ("thigs", "things"),
        ("bussines", "business"),
        ("desicion", "decision"),
        ("does'nt", "doesn't"),
        ("should't", "shouldn't"),
        ("eventhough", "even though"),
        ("yuo", "you"),
        ("makeing", "making"),
        ("stoped", "stopped"),
        ("begining", "beginning"),
    ],
)
def test_a_misspelling_is_mended(wrong: str, right: str) -> None:
    assert correction(wrong, pack("en")) == right


def test_what_is_longer_than_any_word_is_not_mended() -> None:
    correction("does'nt", pack("en"))
    tracemalloc.start()
    assert correction("o'" + "b" * 1_000, pack("en")) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_names_are_not_misspellings() -> None:
    assert analyse("Yesterday I met Freida and Wojtek in Namur.").spelling == ()
    assert analyse("Beutel Ryman sings. ATMs are useful.").spelling == ()
    assert [word for _, word in analyse("Yesterday I met a freind.").spelling] == ["freind"]
    assert [word for _, word in analyse("Begining is hard. She tryed.").spelling] == ["Begining", "tryed"]


@pytest.mark.parametrize(
    "word", ["o'clock", "would've", "ain't", "there'll", "kimchi", "naruto", "d'accord", "hallyu"]
)
def test_what_is_rare_or_foreign_is_no_misspelling(word: str) -> None:
    assert analyse(f"We said {word} again.").spelling == ()


@pytest.mark.parametrize(
    ("base", "third", "ing", "past"),
    [
        ("try", "tries", "trying", "tried"),
        ("stop", "stops", "stopping", "stopped"),
        ("watch", "watches", "watching", "watched"),
        ("make", "makes", "making", "maked"),
        ("die", "dies", "dying", "died"),
        ("visit", "visits", "visiting", "visited"),
    ],
)
def test_regular_forms_follow_the_spelling_rules(base: str, third: str, ing: str, past: str) -> None:
    assert regular_forms(base) == (third, ing, past)


def test_diversity_falls_with_repetition() -> None:
    varied = read(
        "The quick brown fox jumps over a lazy dog while seven wizards brew potent magical elixirs nearby"
    ).words
    assert mtld(varied) > mtld(["the", "dog", "the", "cat"] * 5) > 0
    assert mtld([]) == 0


def test_repeated_runs_do_not_make_a_text_longer() -> None:
    assert own_length(["we", "like", "good", "food", "and", "we", "like", "good", "music"]) == 8
    assert own_length(["good"] * 300) == 3


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("I have lived here for years.", "present_perfect"),
        ("He had already left.", "past_perfect"),
        ("I have been working all day.", "perfect_continuous"),
        ("You should have told me.", "modal_perfect"),
        ("Having finished the work, we left.", "perfect_participle"),
        ("I was walking home.", "past_continuous"),
        ("It was built by monks.", "passive"),
        ("If it rains, we stay.", "condition"),
        ("If I had time, I would go.", "second_conditional"),
        ("If I had known, I would have gone.", "third_conditional"),
        ("The man who came is my uncle.", "relative_clause"),
        ("The house in which I grew up is gone.", "preposition_relative"),
        ("A girl whose mother is a pilot.", "whose"),
        ("Not only does it rain, it pours.", "inversion"),
        ("Had I known, I would have come.", "inverted_conditional"),
        ("What I like is music.", "what_cleft"),
        ("The more you read, the more you know.", "the_more_the_more"),
        ("It is important to sleep.", "it_is_to"),
        ("I used to smoke.", "used_to"),
        ("I came in order to help.", "purpose"),
        ("He looked as if he knew.", "as_if"),
        ("I wonder whether it works.", "whether"),
        ("Although it rained, we left.", "concession"),
        ("He left without saying goodbye.", "preposition_gerund"),
    ],
)
def test_a_structure_is_recognised(text: str, key: str) -> None:
    assert key in {structure.key for structure in structures(read(text), pack("en"))}


def test_a_question_is_not_an_inversion() -> None:
    found = {
        s.key for s in structures(read("Had you been there before? What do you think is right?"), pack("en"))
    }
    assert not found & {"inversion", "inverted_conditional", "what_cleft"}


def test_a_language_without_pack_is_refused() -> None:
    with pytest.raises(LanguageNotSupported) as refusal:
        analyse("안녕하세요", language="ko")
    assert refusal.value.status == 422


@given(st.text(max_size=400))
def test_any_text_can_be_analysed(text: str) -> None:
    features = analyse(text)
    assert features.own_words <= features.words
    for error in features.errors:
        assert text[error.start : error.end] == error.quote


@given(
    st.lists(
        st.sampled_from(
            [
                "I",
                "he",
                "she",
                "have",
                "has",
                "to",
                "go",
                "went",
                "the",
                "a",
                "not",
                "only",
                "than",
                "if",
                "very",
                "much",
                "of",
            ]
        ),
        max_size=60,
    )
)
def test_any_order_of_words_can_be_analysed(words: list[str]) -> None:
    features = analyse(" ".join(words))
    assert features.words == len(words)
