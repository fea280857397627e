"""Grammar errors: a set of precise rules, each with its message key, run in one pass over a text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from services.leveltest.features.findings import Finding
from services.leveltest.features.grammar import (
    agreement,
    auxiliaries,
    clauses,
    complements,
    confused,
    infinitives,
    nouns,
    number,
    order,
    subjects,
    tenses,
    verbs,
)
from services.leveltest.features.grammar.rule import Rule, by_trigger, closes_phrase
from services.leveltest.features.language import WORDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.leveltest.features.document import Document
    from services.leveltest.features.language import LanguagePack
    from services.leveltest.features.phrases import Wording

RULES: tuple[Rule, ...] = (
    *agreement.RULES.rules, *subjects.RULES.rules, *auxiliaries.RULES.rules, *verbs.RULES.rules, *tenses.RULES.rules,
    *complements.RULES.rules, *infinitives.RULES.rules, *nouns.RULES.rules, *number.RULES.rules, *order.RULES.rules,
    *clauses.RULES.rules, *confused.RULES.rules,
)  # fmt: skip
KEYS = tuple(dict.fromkeys((*(rule.key for rule in RULES), *WORDINGS.values())))


@cache
def _table(pack: LanguagePack) -> dict[str, list[Rule]]:
    return dict(by_trigger(RULES, pack))


def errors(document: Document, pack: LanguagePack) -> list[Finding]:
    """Every error that a rule is sure of, in text order; where two overlap the first stands."""
    found = list(_phrases(document, pack))
    table = _table(pack)
    for index, word in enumerate(document.words):
        for rule in table.get(word, ()):
            fix = rule.check(document, index, pack)
            if fix is not None:
                found.append(_finding(document, fix.first, fix.length, rule.key, fix.suggestion))
    return _without_overlaps(found)


def _phrases(document: Document, pack: LanguagePack) -> Iterator[Finding]:
    """What the tables of wrong phrases have."""

    def fits(index: int, length: int, wording: Wording) -> bool:
        after = index + length
        ends = closes_phrase(document, after, pack) and document.near(after - 1) != "of"
        whole = not any(document.breaks[index + 1 : after]) and not document.hyphenated(after - 1)
        return whole and (ends or not wording.closed)

    for index, length, wording in pack.wrong_phrases.find(document.words, fits):
        if wording.right:
            right = wording.mended(document.words[index : index + length], pack.forms)
            yield _finding(document, index, length, wording.key, right)


def _finding(document: Document, first: int, count: int, key: str, suggestion: str) -> Finding:
    count = min(count, len(document) - first)
    start, end = document.spans[first][0], document.spans[first + count - 1][1]
    quote = document.text[start:end]
    if quote[0].isupper() and document.starts(first):
        suggestion = suggestion[0].upper() + suggestion[1:]
    return Finding(key, start, end, quote, suggestion)


def _without_overlaps(found: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda f: (f.start, f.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return kept
