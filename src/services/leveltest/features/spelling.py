"""What a misspelt word is meant to be. Names and foreign words are not to be blamed, so only likely slips count."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.leveltest.features.language import LanguagePack

COMMON_FREQUENCY = 7
"""A misspelling is believed if the word that it is one letter from is at least this frequent."""

SHORTEST_CORRECTED, LONGEST_CORRECTED = 4, 19
SLIP = 4
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"

VERY_COMMON_FREQUENCY = 9
"""The same for a word that sounds alike and is two letters away."""

SHORTEST_SOUNDED = 6
MOST_DIFFERENT = 2
_SOFT_C = re.compile("c(?=[eiy])")
_WEAK = re.compile("[aeiouyhw]+")
_DOUBLE = re.compile(r"(.)\1+")
_SAME_SOUND = str.maketrans("qzc", "ksk")

ENDINGS = frozenset({"s", "ve", "d", "ll", "re", "m", "all", "clock"})
"""After an apostrophe these are as good as they are."""
CONTRACTED = frozenset({"ain't", "needn't", "daren't", "oughtn't", "mightn't", "shan't"})


def correction(word: str, pack: LanguagePack) -> str | None:
    """What an unknown word is meant to be, or None if it may as well be a name or a foreign word."""
    listed = slips(pack).get(word)
    if listed is not None:
        return listed
    if len(word) > LONGEST_CORRECTED:
        return None
    if "'" in word:
        return _contraction(word, pack)
    if len(word) < SHORTEST_CORRECTED:
        return None
    return _one_letter_away(word, pack) or _sounding_alike(word, pack)


BRITISH = ("l", "s", "p", "t")
"""Before an ending these are doubled or not, by country or by habit."""
DOUBLED = frozenset(
    {"begin", "forget", "stop", "shop", "get", "put", "swim", "run", "sit", "cut", "plan", "hit", "write"}
)


@cache
def slips(pack: LanguagePack) -> Mapping[str, str]:
    """Words that are wrong for sure, though some look like regular forms: "begining", "makeing", "tryed"."""
    listed = {wrong: right.replace("_", " ") for wrong, right in pack.pairs("misspellings").items()}
    forms = (pair for verb in pack.verbs.values() for pair in _wrong_endings(verb.base, verb.ing, verb.past))
    return listed | {wrong: right for wrong, right in forms if not pack.lexicon.lists(wrong)}


def _wrong_endings(base: str, ing: str, past: str) -> Iterator[tuple[str, str]]:
    """A silent e that stays, a consonant that should be doubled, a y that should become i."""
    if base.endswith("e") and ing == base[:-1] + "ing":
        yield base + "ing", ing
    if ing == base + base[-1] + "ing" and (base in DOUBLED or not base.endswith(BRITISH)):
        yield base + "ing", ing
        if past == base + base[-1] + "ed":
            yield base + "ed", past
    if base.endswith("y") and past == base[:-1] + "ied":
        yield base + "ed", past
        yield base[:-1] + "ing", ing


def _contraction(word: str, pack: LanguagePack) -> str | None:
    """The contraction whose apostrophe is in the wrong place, or a letter of it: "does'nt", "should't"."""
    if word.rpartition("'")[2] in ENDINGS or word in CONTRACTED:
        return None
    bare = word.replace("'", "")
    meant = _contractions(pack)
    near = (form for form in sorted(_edits(bare)) if form in meant)
    return meant.get(bare) or (meant.get(next(near, "")) if len(bare) >= SHORTEST_CORRECTED else None)


def consonants(word: str) -> str:
    """What is left of a word when it is misspelt: its first letter and its consonants, roughly as they sound."""
    heard = word.replace("ph", "f").replace("tion", "sion").replace("ck", "k").replace("x", "ks")
    heard = _SOFT_C.sub("s", heard).translate(_SAME_SOUND)
    return heard[0] + _DOUBLE.sub(r"\1", _WEAK.sub("", heard[1:]))


@cache
def _sounds(pack: LanguagePack) -> Mapping[str, Sequence[tuple[str, int]]]:
    """The very common words and their frequencies, by their consonants."""
    found: dict[str, list[tuple[str, int]]] = {}
    for word, frequency in pack.lexicon.common(VERY_COMMON_FREQUENCY):
        if len(word) >= SHORTEST_SOUNDED:
            found.setdefault(consonants(word), []).append((word, frequency))
    return found


@cache
def _contractions(pack: LanguagePack) -> Mapping[str, str]:
    return {word.replace("'", ""): word for word in pack.words("function") if "'" in word}


def _sounding_alike(word: str, pack: LanguagePack) -> str | None:
    """The very common word with the same consonants that differs in two letters: "bussines", "desicion"."""
    if len(word) < SHORTEST_SOUNDED:
        return None
    letters = Counter(word)
    found = [
        (different, -frequency, near)
        for near, frequency in _sounds(pack).get(consonants(word), ())
        if (different := _different(letters, Counter(near))) <= MOST_DIFFERENT
    ]
    return min(found)[2] if found else None


def _different(one: Counter[str], other: Counter[str]) -> int:
    return max((one - other).total(), (other - one).total())


def _one_letter_away(word: str, pack: LanguagePack) -> str | None:
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
