"""Structures that show command of the language: found, quoted, and given the level at which they come.

The levels follow the order in which learners come to use a structure reliably. As the grammar rules do,
each one wakes on a word and looks at its neighbours; unlike them a wrong guess costs little.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from services.leveltest.features.document import Document
from services.leveltest.features.language import LanguagePack, wordset

HAVE = wordset("have has i've you've we've they've haven't hasn't")
BE = wordset("am is are was were be been being isn't aren't wasn't weren't it's that's")
MODALS = wordset("would could should might must may can wouldn't couldn't shouldn't")
ADVERBS = wordset("always never also really just still already not ever often been being only recently")
PRONOUNS = wordset("i you he she it we they")
AUXILIARIES = wordset("do does did is are was were has have had can could will would should")


SHORTEST_ED = 5


class Structure(NamedTuple):
    """A structure at word ``first``, ``length`` words long."""

    key: str
    level: int
    first: int
    length: int


def _participle(word: str, pack: LanguagePack) -> bool:
    return word in pack.participles or (
        word.endswith("ed") and len(word) >= SHORTEST_ED and word in pack.lexicon
    )


def _have(document: Document, i: int, pack: LanguagePack) -> Structure | None:
    at = 2 if document.near(i) in ADVERBS - {"been"} else 1
    word = document.near(i, at)
    if not _participle(word, pack):
        return None
    before = document.near(i, -1)
    if before in MODALS:
        return Structure("modal_perfect", 4, i - 1, at + 2)
    if document.words[i] == "had":
        return Structure("past_perfect", 4, i, at + 1)
    if word == "been" and document.near(i, at + 1) in pack.ings:
        return Structure("perfect_continuous", 4, i, at + 2)
    return Structure("present_perfect", 3, i, at + 1)


def _having(document: Document, i: int, pack: LanguagePack) -> Structure | None:
    return Structure("perfect_participle", 5, i, 2) if _participle(document.near(i), pack) else None


def _be(document: Document, i: int, pack: LanguagePack) -> Structure | None:
    at = 2 if document.near(i) in ADVERBS or document.near(i).endswith("ly") else 1
    word = document.near(i, at)
    if word in pack.ings and document.words[i] in {"was", "were"}:
        return Structure("past_continuous", 3, i, at + 1)
    by_agent = document.near(i, at + 1) in {"by", "to", "in", "from", "as", "with", "for", "on", "at"}
    if _participle(word, pack) and by_agent and word not in pack.words("adjectives"):
        level = 4 if document.words[i] in {"being", "been", "be"} else 3
        return Structure("passive", level, i, at + 1)
    return None


def _if(document: Document, i: int, _: LanguagePack) -> Structure | None:
    near = set(document.words[i : i + 30])
    if "had" in near and "would" in near and "have" in near:
        return Structure("third_conditional", 5, i, min(4, len(document) - i))
    past = {"were", "had", "could", "was", "did", "didn't", "weren't"} & set(document.words[i : i + 5])
    if past and not near.isdisjoint({"would", "could", "might", "i'd", "wouldn't"}):
        return Structure("second_conditional", 3, i, min(4, len(document) - i))
    return Structure("condition", 2, i, min(3, len(document) - i))


def _relative(document: Document, i: int, pack: LanguagePack) -> Structure | None:
    word, before = document.words[i], document.near(i, -1)
    if word in {"which", "whom"} and before in {
        "in",
        "of",
        "to",
        "for",
        "by",
        "with",
        "on",
        "from",
        "through",
        "at",
    }:
        return Structure("preposition_relative", 5, i - 1, min(3, len(document) - i + 1))
    if word == "whose":
        return Structure("whose", 4, i, min(3, len(document) - i))
    if not before or before in pack.words("function"):
        return None
    return Structure("relative_clause", 3, i - 1, min(3, len(document) - i + 1))


def _inversion(document: Document, i: int, _: LanguagePack) -> Structure | None:
    word = document.words[i]
    if word in {"had", "were", "should"}:
        conditional = (
            document.starts(i)
            and document.near(i) in PRONOUNS - {"you"}
            and document.near(i, 2) not in {"", "not"}
        )
        return (
            Structure("inverted_conditional", 6, i, 3) if conditional and not document.question(i) else None
        )
    at = 2 if word == "not" and document.near(i) == "only" else 1
    if word == "not" and at == 1:
        return None
    fronted = document.near(i, at) in AUXILIARIES and document.near(i, at + 1) not in {"", "not", "been"}
    inverted = document.near(i, at + 1) in PRONOUNS or document.starts(i)
    return Structure("inversion", 6, i, at + 2) if fronted and inverted and not document.near(i, -1) else None


def _what_cleft(document: Document, i: int, _: LanguagePack) -> Structure | None:
    if document.starts(i) and document.near(i) in PRONOUNS | {"makes", "matters", "really"}:
        window = document.words[i + 2 : i + 8]
        if ("is" in window or "was" in window) and not document.question(i):
            return Structure("what_cleft", 5, i, min(4, len(document) - i))
    return None


def _the_more(document: Document, i: int, _: LanguagePack) -> Structure | None:
    if document.near(i) in {"more", "less", "better"} and document.near(i, 2) not in {"", "of"}:
        later = document.words[i + 3 : i + 16]
        if any(a == "the" and b in {"more", "less", "better"} for a, b in pairwise(later)):
            return Structure("the_more_the_more", 5, i, 3)
    return None


def _it_is(document: Document, i: int, pack: LanguagePack) -> Structure | None:
    at = 2 if document.words[i] == "it" else 1
    if at > 1 and document.near(i) not in {"is", "was", "would", "seems"}:
        return None
    adjective = document.near(i, at)
    if adjective and adjective not in pack.words("function") and document.near(i, at + 1) in {"to", "that"}:
        return Structure("it_is_to", 3, i, at + 2)
    return None


def _phrase(key: str, level: int, *words: str) -> Check:
    def check(document: Document, i: int, _: LanguagePack) -> Structure | None:
        matches = all(document.near(i, at) == word for at, word in enumerate(words, 1))
        return Structure(key, level, i, len(words) + 1) if matches else None

    return check


def _ing_clause(document: Document, i: int, pack: LanguagePack) -> Structure | None:
    return Structure("preposition_gerund", 3, i, 2) if document.near(i) in pack.ings else None


Check = Callable[[Document, int, LanguagePack], Structure | None]
CHECKS: tuple[tuple[str, Check], ...] = (
    (" ".join(HAVE) + " have had", _have),
    ("having", _having),
    (" ".join(BE), _be),
    ("if", _if),
    ("who which whose whom", _relative),
    ("not never rarely seldom hardly scarcely little nowhere only had were should", _inversion),
    ("what", _what_cleft),
    ("the", _the_more),
    ("it it's", _it_is),
    ("used", _phrase("used_to", 3, "to")),
    ("in", _phrase("purpose", 3, "order", "to")),
    ("so", _phrase("purpose", 3, "that")),
    ("as", _phrase("as_if", 4, "if")),
    ("whether", _phrase("whether", 4)),
    ("despite", _phrase("concession", 4)),
    ("although though whereas unless", _phrase("concession", 3)),
    ("even", _phrase("concession", 4, "though")),
    ("without by before after for of instead", _ing_clause),
)


def _table() -> dict[str, list[Check]]:
    table: dict[str, list[Check]] = {}
    for words, check in CHECKS:
        for word in set(words.split()):
            table.setdefault(word, []).append(check)
    return table


TABLE = _table()


def structures(document: Document, pack: LanguagePack) -> list[Structure]:
    """Every structure found, in text order."""
    found: list[Structure] = []
    for index, word in enumerate(document.words):
        for check in TABLE.get(word, ()):
            structure = check(document, index, pack)
            if structure is not None:
                found.append(structure)
    return found
