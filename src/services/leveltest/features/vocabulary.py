"""Vocabulary: how advanced, how varied, how rare, and what is misspelt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.leveltest.features.document import Document
    from services.leveltest.features.language import LanguagePack
    from services.leveltest.features.lexicon import Entry

MTLD_THRESHOLD = 0.72
"""McCarthy & Jarvis (2010): a stretch ends when its type-token ratio falls to this."""

MTLD_CAP = 150.0
COMMON_FREQUENCY = 7
"""A misspelling is believed if the word that it is one letter from is at least this frequent."""

SHORTEST_CORRECTED, LONGEST_CORRECTED = 4, 19
SLIP = 4
MAX_CORRECTIONS = 40
"""So many different unknown words of a text are compared with the lexicon."""

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


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
    """Indexes of words that are one letter from a frequent word, and no word themselves."""


def profile(document: Document, pack: LanguagePack) -> Profile:
    """Look every word up once."""
    types: dict[str, Entry] = {}
    first_seen: dict[str, int] = {}
    verdicts: dict[str, bool] = {}
    misspelt: list[int] = []
    known = 0
    function = pack.words("function")
    for index, word in enumerate(document.words):
        if word in function or not word[0].isalpha() or word in types:
            known += 1
            continue
        entry = pack.lexicon.find(word.removesuffix("'s"))
        if entry is not None and not (document.capitalised(index) and entry.level in (0, 6)):
            types[word], first_seen[word] = entry, index
            known += 1
        elif not document.capitalised(index) and _is_misspelt(word, pack, verdicts):
            misspelt.append(index)
    return Profile(types, first_seen, known, misspelt)


def _is_misspelt(word: str, pack: LanguagePack, verdicts: dict[str, bool]) -> bool:
    if word not in verdicts and len(verdicts) >= MAX_CORRECTIONS:
        return False
    if word not in verdicts:
        verdicts[word] = (
            SHORTEST_CORRECTED <= len(word) <= LONGEST_CORRECTED and correction(word, pack) is not None
        )
    return verdicts[word]


def correction(word: str, pack: LanguagePack) -> str | None:
    """The likeliest common word one letter away (dropped, added, changed, swapped), or None."""
    best, most = None, 0
    for near, entry in pack.lexicon.among(_edits(word)):
        likelihood = entry.frequency + _slip(word, near)
        if entry.frequency >= COMMON_FREQUENCY and likelihood > most:
            best, most = near, likelihood
    return best


def _slip(word: str, meant: str) -> int:
    """How much likelier a slip is than any letter for another: one left out, doubled or swapped."""
    if len(meant) == len(word):
        return SLIP if sorted(meant) == sorted(word) else 0
    longer = max(word, meant, key=len)
    doubled = any(a == b for a, b in pairwise(longer))
    return SLIP if len(meant) > len(word) or doubled else 0


def _edits(word: str) -> set[str]:
    """Every string one edit away; the first letter stays, as it almost always does in a misspelling."""
    halves = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    dropped = {head + tail[1:] for head, tail in halves}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in halves if len(tail) > 1}
    added = {head + letter + tail for head, tail in halves for letter in LETTERS}
    changed = {head + letter + tail[1:] for head, tail in halves if tail for letter in LETTERS}
    return dropped | swapped | added | changed


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
