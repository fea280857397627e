"""Which words exist, how often they are said, and at which CEFR level learners know them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUFFIXES = (
    ("ies", ("y",)),
    ("ied", ("y",)),
    ("iest", ("y",)),
    ("iness", ("y",)),
    ("ily", ("y",)),
    ("ness", ("",)),
    ("less", ("",)),
    ("able", ("", "e")),
    ("est", ("", "e")),
    ("ing", ("", "e")),
    ("es", ("", "e")),
    ("ed", ("", "e")),
    ("er", ("", "e")),
    ("ly", ("", "le")),
    ("s", ("",)),
)
PREFIXES = ("un", "re", "non", "over", "dis", "anti", "mis", "under", "inter", "out", "pre", "sub")
SHORTEST_STEM = 3


def stems(word: str) -> Iterator[str]:
    """What a regular English inflection or derivation may come from; not all of them are words."""
    for suffix, endings in SUFFIXES:
        base = word.removesuffix(suffix)
        if base == word or len(base) < SHORTEST_STEM:
            continue
        for ending in endings:
            yield base + ending
        if base[-1] == base[-2] and suffix[0] in "ei":
            yield base[:-1]
    for prefix in PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) > SHORTEST_STEM:
            yield word[len(prefix) :]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a word: ``level`` 1 (A1) to 6 (C2) or 0 (no level), ``frequency`` = 2·log10(count)."""

    level: int
    frequency: int


class Lexicon:
    """Word list of one language, from a table of ``"level frequency": "word word …"``."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._entries: dict[str, Entry] = {}
        for key, words in table.items():
            level, frequency = map(int, key.split(" "))
            self._entries.update(dict.fromkeys(words.split(" "), Entry(level, frequency)))

    def find(self, word: str) -> Entry | None:
        """The entry of a lower-case word, or of what it is a regular form of; None if it is no known word."""
        found = self._entries.get(word)
        if found is None:
            found = next((self._entries[stem] for stem in stems(word) if stem in self._entries), None)
        return found

    def __contains__(self, word: str) -> bool:
        return self.find(word) is not None

    def among(self, forms: set[str]) -> Iterator[tuple[str, Entry]]:
        """The forms that the list has exactly so, with their entries."""
        return ((form, self._entries[form]) for form in forms & self._entries.keys())
