"""A language as data: its words, their classes, and what the detectors may look up. Read at first use."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.leveltest.features.lexicon import Lexicon
from services.leveltest.features.phrases import Phrases, Wording, fixed, wording
from services.problems import Unprocessable

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPPORTED = ("en",)
DATA = Path(__file__).parent.parent / "data"


class LanguageNotSupported(Unprocessable):
    """There is no scorer for this language yet."""

    code = "language_not_supported"
    title = "Speaking and writing cannot be scored in this language yet."


def wordset(text: str) -> frozenset[str]:
    """The words of a text, separated by white space."""
    return frozenset(text.split())


def resource(name: str) -> str:
    """The text of one of the level test's data files."""
    return (DATA / name).read_text(encoding="utf-8")


WORDINGS = {
    "prepositions": "preposition.choice",
    "articles": "article.missing_noun",
    "confusions": "confused.word",
    "phrases": "phrase",
}
"""The tables of wrong phrases and the keys of their messages."""

SHORTEST_DOUBLING = 3
DOUBLING = wordset("begin forget prefer refer permit admit occur control regret cancel travel")


@dataclass(frozen=True)
class Verb:
    """The forms of a verb."""

    base: str
    third: str
    ing: str
    past: str
    participle: str


def regular_forms(base: str) -> tuple[str, str, str]:
    """Third person, -ing form and regular past of an English verb, by the spelling rules."""
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies", base + "ing", base[:-1] + "ied"
    third = base + ("es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")
    if base.endswith("ie"):
        return third, base[:-2] + "ying", base + "d"
    if base.endswith("e") and not base.endswith(("ee", "oe", "be")):
        return third, base[:-1] + "ing", base + "d"
    stem = base + base[-1] if doubles(base) else base
    return third, stem + "ing", stem + ("d" if base.endswith("e") else "ed")


def doubles(base: str) -> bool:
    """True if the last consonant is doubled before a vowel: one syllable, one vowel, one consonant."""
    vowels = sum(letter in "aeiou" for letter in base)
    closed = len(base) >= SHORTEST_DOUBLING and base[-1] not in "aeiouwxy" and base[-2] in "aeiou"
    return (closed and vowels == 1) or base in DOUBLING


class LanguagePack:
    """The words of one language; every list is a frozen set made when it is first asked for."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._lists: Mapping[str, Any] = tomllib.loads(resource(f"{code}.words.toml"))
        self._sets: dict[str, frozenset[str]] = {}
        self._pairs: dict[str, Mapping[str, str]] = {}

    @cached_property
    def lexicon(self) -> Lexicon:
        """All words, with levels and frequencies."""
        return Lexicon(json.loads(resource(f"lexicon.{self.code}.json")))

    def words(self, name: str) -> frozenset[str]:
        """A word list by its name in the data file."""
        if name not in self._sets:
            self._sets[name] = wordset(self._lists[name])
        return self._sets[name]

    def pairs(self, name: str) -> Mapping[str, str]:
        """A list of pairs ``this that, this that`` as a mapping."""
        if name not in self._pairs:
            self._pairs[name] = dict(pair.split() for pair in self._lists[name].split(","))
        return self._pairs[name]

    @cached_property
    def verbs(self) -> Mapping[str, Verb]:
        """The verbs that rules may rely on, by base form."""
        irregular = [entry.split() for entry in self._lists["irregular"].split(",")]
        found = {
            base: Verb(base, *regular_forms(base)[:2], past, participle)
            for base, past, participle in irregular
        }
        for base in self._lists["regular"].split():
            third, ing, past = regular_forms(base)
            found[base] = Verb(base, third, ing, past, past)
        found["be"] = Verb("be", "is", "being", "was", "been")
        found["have"] = Verb("have", "has", "having", "had", "had")
        return found

    def forms(self, base: str) -> tuple[str, ...]:
        """Base form, third person, -ing form, past and participle of a verb; regular if it is not listed."""
        verb = self.verbs.get(base)
        third, ing, past = regular_forms(base)
        return (
            (base, verb.third, verb.ing, verb.past, verb.participle)
            if verb
            else (base, third, ing, past, past)
        )

    @cached_property
    def thirds(self) -> Mapping[str, Verb]:
        """Verbs by third person singular."""
        return {verb.third: verb for verb in self.verbs.values()}

    @cached_property
    def pasts(self) -> Mapping[str, Verb]:
        """Verbs by past tense, where that differs from the base form."""
        return {verb.past: verb for verb in self.verbs.values() if verb.past != verb.base}

    @cached_property
    def participles(self) -> Mapping[str, Verb]:
        """Verbs by past participle."""
        return {verb.participle: verb for verb in self.verbs.values()}

    @cached_property
    def ings(self) -> Mapping[str, Verb]:
        """Verbs by -ing form."""
        return {verb.ing: verb for verb in self.verbs.values()}

    @cached_property
    def plurals(self) -> Mapping[str, str]:
        """Singular forms of countable nouns by their plural."""
        regular = {regular_forms(noun)[0]: noun for noun in self.words("countable")}
        irregular = {"children": "child", "women": "woman", "men": "man", "wives": "wife", "people": "person"}
        made_up = {"childs", "womans", "mans", "wifes"}
        return {plural: noun for plural, noun in (regular | irregular).items() if plural not in made_up}

    @cached_property
    def plural_of(self) -> Mapping[str, str]:
        """Plural forms of countable nouns by their singular."""
        return {noun: plural for plural, noun in self.plurals.items()}

    @cached_property
    def connectives(self) -> Phrases[int]:
        """What links ideas, with its level."""
        levels = self._lists["connectives"].items()
        return Phrases((fixed(p), int(level)) for level, text in levels for p in text.split(","))

    @cached_property
    def wordings(self) -> list[Wording]:
        """Phrases that learners get wrong, with the right ones."""
        return [
            wording(key, wrong, right, self.forms)
            for table, key in WORDINGS.items()
            for wrong, right in self._lists[table].items()
        ]

    @cached_property
    def wrong_phrases(self) -> Phrases[Wording]:
        """The same, to be looked for in a text."""
        return Phrases((line.places, line) for line in self.wordings)


@cache
def pack(code: str) -> LanguagePack:
    """The pack of a language (``en``, ``en-GB``); raises ``LanguageNotSupported`` if there is none."""
    primary = code.partition("-")[0].lower()
    if primary not in SUPPORTED:
        raise LanguageNotSupported
    return LanguagePack(primary)
