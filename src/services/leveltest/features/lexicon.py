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
SPELLINGS = (
    ("our", "or"),
    ("ise", "ize"),
    ("isi", "izi"),
    ("isa", "iza"),
    ("yse", "yze"),
    ("tre", "ter"),
    ("lle", "le"),
    ("lli", "li"),
    ("llo", "lo"),
    ("ogue", "og"),
    ("amme", "am"),
    ("ence", "ense"),
)
"""British and American: the list has many words in one of them only."""


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


def variants(word: str) -> Iterator[str]:
    """The word as it is spelt on the other side of the Atlantic; not all of them are words."""
    return (word.replace(british, american) for british, american in SPELLINGS if british in word)


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
        return self._entries.get(word) or self._derived(word)

    def _derived(self, word: str) -> Entry | None:
        spellings = (word, *variants(word))
        forms = (form for spelling in spellings for form in (spelling, *stems(spelling)))
        return next((self._entries[form] for form in forms if form in self._entries), None)

    def __contains__(self, word: str) -> bool:
        return self.find(word) is not None

    def lists(self, word: str) -> bool:
        """True for a word that is listed itself, not only what it is a form of."""
        return word in self._entries

    def common(self, frequency: int) -> Iterator[tuple[str, int]]:
        """The words that are at least so frequent, with their frequencies."""
        return ((word, e.frequency) for word, e in self._entries.items() if e.frequency >= frequency)

    def among(self, forms: set[str]) -> Iterator[tuple[str, Entry]]:
        """The forms that the list has exactly so, with their entries."""
        return ((form, self._entries[form]) for form in forms & self._entries.keys())
