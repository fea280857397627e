"""From a text to its features: the numbers that the scorer weighs, the errors and strengths it quotes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Literal, NamedTuple

from services.leveltest.features.document import Document, read, without_copies
from services.leveltest.features.findings import Finding, Strength
from services.leveltest.features.grammar import errors
from services.leveltest.features.language import LanguagePack, pack
from services.leveltest.features.phrasing import patterns, phrasing, shuffled, table
from services.leveltest.features.speech import SpeechMetrics, TimedWord, measure
from services.leveltest.features.syntax import Structure, structures
from services.leveltest.features.vocabulary import Profile, mtld, new_words, own_length, profile

if TYPE_CHECKING:
    from collections.abc import Sequence

Skill = Literal["writing", "speaking"]
Flag = Literal["empty", "not_english", "short", "repetitive", "copied_prompt", "word_list"]

SHORT = 60
"""Under so many words a text says little about its writer."""

A2, B1, B2, C1 = 2, 3, 4, 5
SHORTEST_ADVERB = 5
FAMILIAR = {"writing": 5, "speaking": 7}
"""Rarer words (on the lexicon's scale) are as likely foreign, or misheard, as well chosen."""

STEADIED = 40
OPENING = 6

FEWEST_TO_TELL = 10
"""In fewer words the share of function words says nothing."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers. Rates are per 100 words unless said; levels are 1 (A1) to 6 (C2).

    The rates of errors are of ``STEADIED`` words more, so that one error in a few words does not say too much.
    """

    length: float
    """ln(1 + words that are the learner's own)."""
    word_level: float
    """Mean level of the different content words."""
    b2_words: float
    """Share of the different content words at B2 or above."""
    c1_words: float
    rarity: float
    """Mean of minus log frequency of the different content words."""
    diversity: float
    """ln(1 + MTLD)."""
    guiraud: float
    """Different words over the square root of words, of the first 300."""
    word_length: float
    """Letters."""
    adverbs: float
    misspellings: float
    subordination: float
    relatives: float
    structure_points: float
    """Σ (level - 1) over structures."""
    structure_kinds: float
    """√ Σ (level - 1) over the different structures."""
    connective_points: float
    connective_kinds: float
    """√ Σ (level - 1) over the different connectives."""
    sentence_length: float
    """ln of words a sentence; 2.7 for a transcript without stops."""
    grammar_errors: float
    phrasing: float
    """Weighted sum of the word patterns (see ``phrasing``)."""


TYPICAL_SENTENCE = 2.7
GUIRAUD_WINDOW = 300
MOST_WORDS = 350
"""Longer is not better any more."""


class Found(NamedTuple):
    """What the parts of the analysis found; a link is (first word, number of words, level)."""

    vocabulary: Profile
    structures: list[Structure]
    links: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Features:
    """Everything that was found in one answer. ``words`` counts what the learner wrote or said."""

    skill: Skill
    language: str
    words: int
    own_words: int
    measures: Measures
    errors: tuple[Finding, ...]
    spelling: tuple[tuple[int, str], ...]
    """Misspelt words: character offset, word as written."""
    strengths: tuple[Strength, ...]
    flags: frozenset[Flag]
    edited: bool
    """False for what looks like a raw transcript: neither capitals nor stops."""
    opening: str = ""
    """The first words, as they were written."""
    speech: SpeechMetrics | None = None
    pace: float | None = None
    """Words a minute, of a transcript without word times whose duration is known."""


def analyse(
    text: str,
    *,
    skill: Skill = "writing",
    words: Sequence[TimedWord] | None = None,
    duration: float | None = None,
    prompt: str = "",
    language: str = "en",
) -> Features:
    """The features of an answer: a text, or a transcript with word times.

    Any text will do; what is beyond ``MAX_CHARACTERS`` is not read. Runs of words copied from ``prompt`` are
    left out. Raises ``LanguageNotSupported``.
    """
    known = pack(language)
    whole = read(text)
    document, flags = _own(whole, known, prompt, skill)
    found = Found(
        profile(document, known), structures(document, known), list(known.connectives.find(document.words))
    )
    edited = whole.punctuated or any(letter.isupper() for letter in whole.text)
    mistakes = errors(document, known)
    if skill == "speaking" or not edited:
        mistakes = [each for each in mistakes if each.rule not in known.words("misheard")]
    return Features(
        skill=skill,
        language=known.code,
        words=len(whole),
        own_words=own_length(document.words),
        measures=_measures(document, known, found, len(mistakes)),
        errors=tuple(mistakes),
        spelling=tuple((document.spans[i][0], document.quote(i)) for i in found.vocabulary.misspelt),
        strengths=tuple(_strengths(document, found, skill)),
        flags=frozenset(flags + _flags(whole, document, found.vocabulary, known)),
        opening=whole.quote(0, min(OPENING, len(whole))) if len(whole) else "",
        edited=edited,
        speech=measure(words, duration, known) if words else None,
        pace=60 * len(document) / duration if duration and skill == "speaking" and not words else None,
    )


def _own(whole: Document, known: LanguagePack, prompt: str, skill: Skill) -> tuple[Document, list[Flag]]:
    """What is to be judged: without what the prompt has, what is no word, and what was said before if that is most."""
    document = without_copies(whole, prompt) if prompt else whole
    flags: list[Flag] = ["copied_prompt"] if len(document) < len(whole) / 2 else []
    if skill == "speaking":
        fillers = known.words("fillers")
        document = document.selected([i for i, word in enumerate(document.words) if word not in fillers])
    new = new_words(document.words)
    if len(new) < len(document) / 2:
        return document.selected(new), [*flags, "repetitive"]
    return document, flags


def _measures(document: Document, known: LanguagePack, found: Found, mistakes: int) -> Measures:
    words = document.words
    count = len(words)
    entries = [entry for entry in found.vocabulary.types.values() if entry.level]
    kinds = max(len(entries), 1)
    hundred = max(count, 1) / 100
    steady = (count + STEADIED) / 100
    tally = Counter(words)

    def rate(names: frozenset[str]) -> float:
        return sum(tally[name] for name in names) / hundred

    kinds_found = {structure.key: structure.level for structure in found.structures}
    kinds_linked = {tuple(words[i : i + length]): level for i, length, level in found.links}
    window = words[:GUIRAUD_WINDOW]
    return Measures(
        length=log(1 + min(own_length(words), MOST_WORDS)),
        word_level=sum(entry.level for entry in entries) / kinds,
        b2_words=sum(entry.level >= B2 for entry in entries) / kinds,
        c1_words=sum(entry.level >= C1 for entry in entries) / kinds,
        rarity=-sum(entry.frequency for entry in entries) / kinds,
        diversity=log(1 + mtld(words)),
        guiraud=len(set(window)) / max(len(window), 1) ** 0.5,
        word_length=sum(map(len, words)) / max(count, 1),
        adverbs=sum(word.endswith("ly") and len(word) >= SHORTEST_ADVERB for word in words) / hundred,
        misspellings=len(found.vocabulary.misspelt) / steady,
        subordination=rate(known.words("subordinators")),
        relatives=rate(known.words("relatives")),
        structure_points=sum(structure.level - 1 for structure in found.structures) / hundred,
        structure_kinds=sum(level - 1 for level in kinds_found.values()) ** 0.5,
        connective_points=sum(level - 1 for _, _, level in found.links) / hundred,
        connective_kinds=sum(level - 1 for level in kinds_linked.values()) ** 0.5,
        sentence_length=_sentence_length(document),
        grammar_errors=mistakes / steady,
        phrasing=phrasing(Counter(patterns(words, known)), count, table(known.code)),
    )


def _sentence_length(document: Document) -> float:
    lengths = [length for length in document.sentences if length > 0]
    if not lengths or not document.punctuated:
        return TYPICAL_SENTENCE
    return log(sum(lengths) / len(lengths))


def _flags(whole: Document, document: Document, vocabulary: Profile, known: LanguagePack) -> list[Flag]:
    """What keeps the answer from being scored as it stands."""
    count = len(document)
    letters = [c for c in whole.text if c.isalpha()]
    latin = sum(c < "\u0250" for c in letters)
    function = sum(word in known.words("function") for word in document.words)
    foreign = sum(word in known.words("foreign") for word in document.words)
    unknown = count and vocabulary.known < count / 2
    if letters and (latin < len(letters) / 2 or unknown or foreign > max(function, 1)):
        return ["not_english"]
    if not count:
        return ["empty"]
    bare = count >= FEWEST_TO_TELL and function < count / 6
    listed = bare or shuffled(document.words, known, table(known.code))
    flags: list[Flag] = ["short"] if count < SHORT else []
    return [*flags, "word_list"] if listed else flags


def _strengths(document: Document, found: Found, skill: Skill) -> list[Strength]:
    """What is worth praise, the most advanced first; each key once."""
    good = [
        Strength("structure", s.key, s.level, document.spans[s.first][0], document.quote(s.first, s.length))
        for s in found.structures
    ]
    good += [
        Strength(
            "connective",
            " ".join(document.words[i : i + n]),
            level,
            document.spans[i][0],
            document.quote(i, n),
        )
        for i, n, level in found.links
        if level >= A2
    ]
    good += [
        Strength("word", word, entry.level, document.spans[i][0], document.quote(i))
        for word, i in found.vocabulary.first_seen.items()
        if (entry := found.vocabulary.types[word]).level >= B1
        and entry.frequency >= FAMILIAR[skill]
        and document.quote(i).islower()
    ]
    unique = {(s.kind, s.key): s for s in reversed(good)}
    return sorted(unique.values(), key=lambda s: (-s.level, s.start))
