"""Vocabulary: how advanced, how varied, how rare, and what is misspelt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.leveltest.features.spelling import correction, slips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.leveltest.features.document import Document
    from services.leveltest.features.language import LanguagePack
    from services.leveltest.features.lexicon import Entry

MTLD_THRESHOLD = 0.72
"""McCarthy & Jarvis (2010): a stretch ends when its type-token ratio falls to this."""

MTLD_CAP = 150.0
MAX_CORRECTIONS = 40
"""So many different unknown words of a text are compared with the lexicon."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The content words of a text against the lexicon."""

    types: dict[str, Entry]
    """Each content word once, with its entry."""
    first_seen: dict[str, int]
    """Index of the first occurrence of each."""
    known: int
    """How many of the words (all of them) the lexicon has."""
    misspelt: list[int]
    """Indexes of words that are misspelt: a letter or two from a frequent word, and no word themselves."""


def profile(document: Document, pack: LanguagePack) -> Profile:
    """Look every word up once."""
    types: dict[str, Entry] = {}
    first_seen: dict[str, int] = {}
    verdicts: dict[str, bool] = {}
    misspelt: list[int] = []
    known = 0
    function, wrong = pack.words("function"), slips(pack)
    for index, word in enumerate(document.words):
        if word in function or not word[0].isalpha() or word in types:
            known += 1
            continue
        entry = None if word in wrong else pack.lexicon.find(word.removesuffix("'s"))
        if entry is not None and not (document.capitalised(index) and entry.level in (0, 6)):
            types[word], first_seen[word] = entry, index
            known += 1
        elif not _named(document, index) and _is_misspelt(word, pack, verdicts):
            misspelt.append(index)
    return Profile(types, first_seen, known, misspelt)


def _named(document: Document, index: int) -> bool:
    """True for what is written as a name: a capital, at the beginning of a sentence more than one or two of them."""
    if document.capitalised(index):
        return True
    quote = document.quote(index)
    if not quote[0].isupper() or quote.isupper():
        return False
    full_name = document.near(index) not in {"", "i", "i'm"} and document.capitalised(index + 1)
    return full_name or quote[1:] != quote[1:].lower()


def _is_misspelt(word: str, pack: LanguagePack, verdicts: dict[str, bool]) -> bool:
    if word not in verdicts and len(verdicts) >= MAX_CORRECTIONS:
        return False
    if word not in verdicts:
        verdicts[word] = correction(word, pack) is not None
    return verdicts[word]


def mtld(words: Sequence[str]) -> float:
    """Measure of textual lexical diversity: mean length of stretches that keep their type-token ratio.

    Forwards and backwards, averaged, at most ``MTLD_CAP``; 0 for no words.
    """
    return (_mtld_one_way(words) + _mtld_one_way(words[::-1])) / 2


def _mtld_one_way(words: Sequence[str]) -> float:
    stretches, length = 0.0, 0
    seen: set[str] = set()
    for word in words:
        length += 1
        seen.add(word)
        if len(seen) < MTLD_THRESHOLD * length:
            stretches, length = stretches + 1, 0
            seen.clear()
    if length:
        stretches += (1 - len(seen) / length) / (1 - MTLD_THRESHOLD)
    return min(len(words) / stretches, MTLD_CAP) if stretches else min(float(len(words)), MTLD_CAP)


def own_length(words: Sequence[str]) -> int:
    """Number of words that do not repeat a run of three that was there before: copying out adds nothing."""
    return len(new_words(words))


def new_words(words: Sequence[str]) -> list[int]:
    """The indexes of those words."""
    seen: set[tuple[str, ...]] = set()
    new: list[int] = []
    for index in range(len(words)):
        run = tuple(words[max(0, index - 2) : index + 1])
        if run not in seen:
            new.append(index)
        seen.add(run)
    return new
