"""How a grammar rule is written: a key, the words that wake it, and a check around the word that woke it.

Waking by word keeps the whole set to one pass over a text: each word costs a dictionary look-up, and only
the few rules that it concerns look at its neighbours. Rules are written for precision: where a correct
reading of the words exists and is not rare, they keep silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from services.leveltest.features.document import Document
from services.leveltest.features.language import LanguagePack


class Fix(NamedTuple):
    """What a rule reports: the words ``first`` … ``first + length - 1`` and what to write instead."""

    first: int
    length: int
    suggestion: str


Check = Callable[[Document, int, LanguagePack], Fix | None]
Triggers = str | Callable[[LanguagePack], Iterable[str]]


@dataclass(frozen=True)
class Rule:
    """``check`` is called with the index of each word that is among the ``triggers``."""

    key: str
    triggers: Triggers
    check: Check

    def wakes_on(self, pack: LanguagePack) -> Iterable[str]:
        """The words that wake the rule, in lower case."""
        return self.triggers.split() if isinstance(self.triggers, str) else self.triggers(pack)


class RuleSet:
    """Collects the rules of a module: ``@rules.rule("key", "trigger words")``."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def rule(self, key: str, triggers: Triggers) -> Callable[[Check], Check]:
        """Register a check under a message key."""

        def register(check: Check) -> Check:
            self.rules.append(Rule(key, triggers, check))
            return check

        return register


def by_trigger(rules: Iterable[Rule], pack: LanguagePack) -> Mapping[str, list[Rule]]:
    """The rules that each word wakes."""
    table: dict[str, list[Rule]] = {}
    for rule in rules:
        for word in set(rule.wakes_on(pack)):
            table.setdefault(word, []).append(rule)
    return table


def closes_phrase(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if a noun phrase cannot go on at ``index``: a break, the end, or a function word stands there."""
    if index >= len(document) or document.breaks[index]:
        return True
    return document.words[index] in pack.words("function")
