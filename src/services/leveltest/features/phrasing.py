"""How much the way words follow one another is that of better writers.

Words are reduced to symbols: a function word or a very frequent word stands for itself, any other for its
ending or its level. Each symbol and each pair of neighbours has a weight, found by the calibration. Their
rates count by the square root, so that no single word matters much.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from services.leveltest.features.language import LanguagePack, resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VERY_FREQUENT = 13
"""On the lexicon's scale: about the 250 most frequent words."""

ENDINGS = ("ing", "ed", "ly", "tion", "ment", "ity", "ive", "al", "ous", "s")
ADVANCED = 3


def symbol(word: str, pack: LanguagePack) -> str:
    """The class of a word: itself, its ending, its level, or ``?`` for an unknown one."""
    if word in pack.words("function"):
        return word
    entry = pack.lexicon.find(word)
    if entry is None:
        return "?"
    if entry.frequency >= VERY_FREQUENT:
        return word
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return f"-{ending}+" if entry.level >= ADVANCED else f"-{ending}"
    return f"={min(entry.level, ADVANCED + 1)}"


def patterns(words: Sequence[str], pack: LanguagePack) -> Iterator[str]:
    """Every symbol of a text, and every pair of neighbours."""
    known: dict[str, str] = {}
    before = "^"
    for word in words:
        if word not in known:
            known[word] = symbol(word, pack)
        now = known[word]
        yield now
        yield f"{before} {now}"
        before = now


@cache
def table(language: str) -> Mapping[str, float]:
    """The weights that the calibration found."""
    weights: dict[str, float] = json.loads(resource(f"phrasing.{language}.json"))
    return weights


def phrasing(counts: Mapping[str, int], words: int, weights: Mapping[str, float]) -> float:
    """The weighted sum of the square roots of the patterns' rates; 0 for no words."""
    known = ((weights[pattern], count) for pattern, count in counts.items() if pattern in weights)
    return sum(weight * (count / words) ** 0.5 for weight, count in known)


FEWEST_PAIRS, LEAST_ORDER = 8, 0.2
"""Of neighbouring function words two of five, at least, are pairs that many essays have; in shuffled ones one is."""


def shuffled(words: Sequence[str], pack: LanguagePack, weights: Mapping[str, float]) -> bool:
    """True if function words stand beside each other as nobody puts them: a heap of words, not sentences."""
    function = pack.words("function")
    pairs = [f"{a} {b}" for a, b in pairwise(words) if a in function and b in function]
    usual = sum(pair in weights for pair in pairs)
    return len(pairs) >= FEWEST_PAIRS and usual < LEAST_ORDER * len(pairs)
