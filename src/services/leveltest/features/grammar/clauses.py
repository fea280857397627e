"""Clauses that lack a part or link a verb wrongly: purpose, infinitives, subjects, auxiliaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

PRONOUNS = wordset("i he she we they you it")
PLAIN_VERBS = wordset(
    "go have see become know learn understand eat buy meet speak improve write choose be do make give "
    "discover prepare create explain take find get continue receive spend become travel live work help"
)
"""Verbs that learners put where an infinitive belongs."""


@rule("complement.purpose", "for")
def purpose(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "for improve my English", "for to learn"."""
    word, at = document.near(index), 1
    if word == "to" and document.near(index, 2) in PLAIN_VERBS:
        return Fix(index, 3, f"to {document.near(index, 2)}")
    if word == "not":
        word, at = document.near(index, 2), 2
    if word not in PLAIN_VERBS - {
        "travel",
        "live",
        "work",
        "help",
        "be",
        "do",
        "make",
        "take",
        "find",
        "get",
    }:
        followed = document.near(index, at + 1) in DETERMINERS | OBJECTS
        if word not in {"be", "do", "make", "take", "find", "get", "help"} or not followed:
            return None
    if not RELATIVES.isdisjoint(document.before(index, 5)) or document.near(index, -1) in {"care", "stand"}:
        return None
    return Fix(index, at + 1, f"{'not ' if at > 1 else ''}to {word}")


DETERMINERS = wordset("the a an my your his her our their this these those some more many")
OBJECTS = wordset("me you him us them people it")
RELATIVES = wordset("what which who whom that those all everything place thing things person people")
TRYING = wordset("hope decide decided try tried plan planned need love prefer")


@rule("complement.infinitive", " ".join(TRYING) + " like able")
def missing_to(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I hope find a job", "would like discover", "able do"."""
    word, before, verb = document.words[index], document.near(index, -1), document.near(index)
    allowed = PLAIN_VERBS - {"help", "work", "travel", "live"} if word in {"need", "love"} else PLAIN_VERBS
    if verb not in allowed or (word == "like" and before not in {"would", "i'd", "we'd", "she'd", "he'd"}):
        return None
    subject = before in PRONOUNS | {"to", "really", "would", "i'd", "will", "can", "have", "don't", "i've"}
    if word not in {"like", "able"} and not (subject or word in {"decided", "tried", "planned"}):
        return None
    if word in {"love", "need", "plan"} and before in {"to", "have", "will"}:
        return None
    return Fix(index, 2, f"{document.quote(index)} to {verb}")


ADJECTIVES = wordset(
    "very so important good better great difficult hard easy nice beautiful interesting amazing possible "
    "necessary impossible bad big small a an not like really too more"
)


@rule("subject.missing", "is are was")
def missing_subject(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "because is good", "I think is better", "Is very important"."""
    be, before = document.words[index], document.near(index, -1)
    stated = document.near(index) in ADJECTIVES
    thought = before == "think" and document.near(index, -2) in {"i", "we"}
    asked = not {"what", "which", "who", "how", "that"}.isdisjoint(document.before(index, 6))
    if stated and (before in {"because", "if"} or (thought and not asked)):
        subject = "they" if be == "are" else "it"
        return Fix(index - 1, 2, f"{before} {subject} {be}")
    if be != "is" or not document.starts(index) or document.near(index) not in {"very", "important", "not"}:
        return None
    return None if document.question(index) else Fix(index, 1, "it is")


NEGATED = wordset(
    "like want know have understand go think speak need see eat live work believe agree care remember do"
)


@rule("negation.auxiliary", "not no")
def negation_without_auxiliary(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I not like", "she no understand"."""
    subject, verb = document.near(index, -1), document.near(index)
    if subject not in PRONOUNS or verb not in NEGATED or document.near(index, -2) in AUXILIARIES:
        return None
    auxiliary = "doesn't" if subject in {"he", "she", "it"} else "don't"
    return Fix(index - 1, 3, f"{document.quote(index - 1)} {auxiliary} {verb}")


AUXILIARIES = wordset("do does did can could will would should may might must shall have had so is are than")
