"""A learner's text as words with their places, and what was left out of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CHARACTERS = 12_000
"""Some 2 000 words, more than any answer of the test; the rest of a longer text is not read."""

COPIED_RUN = 6
"""As many words in a row that the prompt has too are not the learner's own."""

LONGEST_SENTENCE = 60
"""Longer sentences, on average, are sentences whose stops are missing."""

LONGEST_LOOK = 200
"""Characters in which the end of a sentence is looked for."""

SOFT, HARD = 1, 2
"""What stands before a word: 0 nothing, a comma or the like, the end of a sentence."""

_APOSTROPHE = "'\u2019\u02bc\u00b4`"
_TOKEN = re.compile(
    rf"[^\W\d_]+(?:[{_APOSTROPHE}][^\W\d_]+)*|\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|[.!?…]|\n+|[^\w\s]"
)
_STRAIGHTEN = str.maketrans(dict.fromkeys(_APOSTROPHE, "'"))
_SENTENCE_END = frozenset(".!?…")
_JOINS = frozenset(f"{_APOSTROPHE}-*_/&#@$€£%")
_CONTRACTED = (
    "don't didn't doesn't isn't wasn't weren't aren't haven't hasn't hadn't couldn't wouldn't shouldn't "
    "can't i'm i've you're they're that's what's he's she's there's you've we've they've you'll they'll"
)
_BARE = {word.replace("'", ""): word for word in _CONTRACTED.split()}
"""Contractions without their apostrophe: read as meant, so that a transcript is not worse than a letter."""


@dataclass(frozen=True)
class Document:
    """The words of a text in lower case, where they stand, and the breaks between them."""

    text: str
    words: list[str]
    spans: list[tuple[int, int]]
    breaks: list[int]
    """``breaks[i]`` is what stands before word ``i``: 0, ``SOFT`` or ``HARD``; the first is ``HARD``."""

    def __len__(self) -> int:
        return len(self.words)

    def near(self, index: int, offset: int = 1) -> str:
        """The word ``offset`` words away, or "" if there is none or a break lies between."""
        target = index + offset
        if not 0 <= target < len(self.words):
            return ""
        low, high = (index, target) if offset > 0 else (target, index)
        return "" if any(self.breaks[low + 1 : high + 1]) else self.words[target]

    def before(self, index: int, count: int) -> list[str]:
        """Up to ``count`` words before, back to the beginning of the sentence."""
        start = index
        while start > 0 and index - start < count and self.breaks[start] != HARD:
            start -= 1
        return self.words[start:index]

    def selected(self, kept: Sequence[int]) -> Document:
        """The document with some of its words alone."""
        return Document(
            self.text,
            [self.words[i] for i in kept],
            [self.spans[i] for i in kept],
            [self.breaks[i] for i in kept],
        )

    def starts(self, index: int) -> bool:
        """True if a sentence begins at the word."""
        return self.breaks[index] == HARD

    def quote(self, first: int, count: int = 1) -> str:
        """The text from word ``first`` on, as it was written."""
        return self.text[self.spans[first][0] : self.spans[first + count - 1][1]]

    def capitalised(self, index: int) -> bool:
        """True for a word written with a capital, other than one that begins a sentence."""
        return not self.starts(index) and self.text[self.spans[index][0]].isupper()

    def hyphenated(self, index: int) -> bool:
        """True for a word that a hyphen joins to the next."""
        return self.text.startswith("-", self.spans[index][1])

    def question(self, index: int) -> bool:
        """True if the sentence in which the word stands ends with a question mark."""
        rest = self.text[self.spans[index][1] : self.spans[index][1] + LONGEST_LOOK]
        stop = min((rest.find(mark) for mark in ".!?" if mark in rest), default=-1)
        return stop >= 0 and rest[stop] == "?"

    @cached_property
    def sentences(self) -> list[int]:
        """Lengths in words of what stands between full stops."""
        starts = [i for i, kind in enumerate(self.breaks) if kind == HARD] + [len(self.words)]
        return [end - start for start, end in pairwise(starts)]

    @cached_property
    def punctuated(self) -> bool:
        """False for what looks like a raw transcript: no stops, or hardly any."""
        return any(mark in self.text for mark in ".!?") and len(self.words) < LONGEST_SENTENCE * len(
            self.sentences
        )


def read(text: str) -> Document:
    """Split a text into words; everything else only breaks."""
    text = text[:MAX_CHARACTERS]
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    breaks: list[int] = []
    pending = HARD
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0].isalnum():
            word = token.lower().translate(_STRAIGHTEN)
            words.append(_BARE.get(word, word))
            spans.append(match.span())
            breaks.append(pending)
            pending = 0
        elif token in _SENTENCE_END or token.startswith("\n\n"):
            pending = HARD
        elif token not in _JOINS:
            pending = max(pending, SOFT)
    return Document(text, words, spans, breaks)


def without_copies(document: Document, prompt: str) -> Document:
    """The document without runs of words that the prompt has too; the gap they leave is a break."""
    asked = read(prompt).words
    runs = {tuple(asked[i : i + COPIED_RUN]) for i in range(len(asked) - COPIED_RUN + 1)}
    copied: set[int] = set()
    for i in range(len(document) - COPIED_RUN + 1):
        if tuple(document.words[i : i + COPIED_RUN]) in runs:
            copied.update(range(i, i + COPIED_RUN))
    kept = [i for i in range(len(document)) if i not in copied]
    return Document(
        document.text,
        [document.words[i] for i in kept],
        [document.spans[i] for i in kept],
        [HARD if i == 0 or i - 1 in copied else document.breaks[i] for i in kept],
    )
