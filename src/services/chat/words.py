"""Text as it is searched.

Words in the scripts that separate them, overlapping pairs of characters in those that do not (Chinese,
Japanese, Thai, Lao, Burmese, Khmer) or whose words have endings attached (Korean). FTS5's own tokenizer
(unicode61) sees the result, folds case and takes off diacritics.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_QUERY_WORDS = 16

_UNSEPARATED = (
    "\u0e01-\u0e4e\u0e81-\u0ecd\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"  # iteration marks, Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # Hangul
)
_RUN = re.compile(rf"([{_UNSEPARATED}]+)|([^\W_{_UNSEPARATED}]+)")


def index_words(text: str) -> str:
    """The words of a message for the index, separated by blanks.

    A run without separators is given as its pairs and its last character, so that every part of it is the
    beginning of a word, or of a sequence of words.
    """
    return " ".join(word for run, word_ in _runs(text) for word in ([word_] if word_ else _pairs(run)))


def match_words(query: str) -> str:
    """An FTS5 expression that finds messages with all words of a query, the last one perhaps unfinished.

    Empty when there is nothing to search for.
    """
    phrases = [f'"{word}"' if word else _phrase(run) for run, word in _runs(query)][:MAX_QUERY_WORDS]
    if phrases and not phrases[-1].endswith("*"):
        phrases[-1] += " *"
    return " AND ".join(phrases)


def _phrase(run: str) -> str:
    if len(run) == 1:
        return f'"{run}" *'
    return f'"{" ".join(run[start : start + 2] for start in range(len(run) - 1))}"'


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run))]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    return ((match[1] or "", match[2] or "") for match in _RUN.finditer(unicodedata.normalize("NFKC", text)))
