"""Clauses that lack a subject or the auxiliary of a negation, or have two subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.agreement import OPENERS
from services.leveltest.features.grammar.confused import POSSESSIVES
from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

PRONOUNS = wordset("i he she we they you it")
ADJECTIVES = wordset(
    "very so important good better great difficult hard easy nice beautiful interesting amazing possible "
    "necessary impossible bad big small a an not like really too more"
)


SUBORDINATE = wordset("because if when although since")
CLAIMS = wordset("think believe")
QUESTIONS = wordset("what which who how that")


@rule("subject.missing", "is are was isn't")
def missing_subject(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "because is good", "I think is better", "why is important", "Is very important"."""
    be, before, following = document.words[index], document.near(index, -1), document.near(index)
    thought = before in CLAIMS and document.near(index, -2) in {"i", "we", "people", "also", "really", "they"}
    stated = following in STATED and (following not in {"a", "an"} or thought or before in {"because", "if"})
    asked = not QUESTIONS.isdisjoint(document.before(index, 6))
    if stated and (before in SUBORDINATE or (thought and not asked)):
        subject = "they" if be == "are" else "it"
        return Fix(index - 1, 2, f"{before} {subject} {be}")
    if before == "why" and be == "is" and following in REASONED and not document.question(index):
        return Fix(index - 1, 2, "why it is")
    if be != "is" or not document.starts(index) or following not in OPENING or document.question(index):
        return None
    return Fix(index, 1, "it is")


STATED = ADJECTIVES | wordset(
    "true time my your our better best hard harder easier not just about why fun what never"
)
REASONED = wordset("important good better so very difficult hard easy necessary essential")
OPENING = wordset(
    "very important not better good difficult hard easy necessary essential like true a because"
)


NEGATED = wordset(
    "like want know have understand go think speak need see eat live work believe agree care remember do"
)


SURELY_NEGATED = wordset("want know have understand go think speak see eat believe agree remember forget")


@rule("negation.auxiliary", "not no")
def negation_without_auxiliary(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I not like", "she no understand", "students not have"."""
    subject, verb = document.near(index, -1), document.near(index)
    noun = subject in pack.plurals or subject in {"people", "who"}
    if noun:
        meant = verb in SURELY_NEGATED and MODAL.isdisjoint(document.before(index, 5))
    else:
        meant = subject in PRONOUNS and (verb in NEGATED or verb in pack.words("plain_verbs"))
    if not meant or document.near(index, -2) in AUXILIARIES:
        return None
    auxiliary = "doesn't" if subject in {"he", "she", "it"} else "don't"
    return Fix(index - 1, 3, f"{document.quote(index - 1)} {auxiliary} {verb}")


MODAL = wordset("do does did can could will would should may might must have has had or why")
AUXILIARIES = wordset("do does did can could will would should may might must shall have had so is are than")


ADDRESSED = wordset("remember believe think say")
"""Verbs that may address the reader: "because, remember, …", "because believe it or not"."""


@rule("negation.auxiliary", "not")
def that_not(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "that not mean it is easy"."""
    if document.near(index, -1) not in {"that", "this"} or document.near(index) not in {
        "mean",
        "matter",
        "happen",
    }:
        return None
    return Fix(index, 2, f"doesn't {document.near(index)}")


@rule("subject.missing", "because if when although")
def missing_person(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "because have a test", "if want more", "when go there"."""
    verb, before = document.near(index), document.near(index, -1)
    if verb not in pack.words("plain_verbs") or verb in ADDRESSED or before in {"only", "as", "even"}:
        return None
    return Fix(index, 2, f"{document.quote(index)} … {verb}")


REFUSED = wordset("want agree know understand believe have remember think like")


@rule("negation.auxiliary", "no")
def no_for_not(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "because no have time", "they now no want"."""
    verb, before = document.near(index), document.near(index, -1)
    if verb not in REFUSED or before not in NEGATIVE_PLACES or (verb == "like" and before != "also"):
        return None
    return Fix(index, 2, f"don't {verb}")


NEGATIVE_PLACES = wordset("because and or also now if but when really that can")


PERSONS = wordset("people students kids teachers children teenagers parents teens friends")
NOT_RELATIVE = wordset(
    "are have just don't can't can need will would do not also always may might must should going"
)
QUANTITY = wordset("some many most all these the other young my our high school")


@rule("subject.double", "they")
def double_plural_subject(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "Some students they don't like it"."""
    if document.near(index, -1) not in PERSONS or document.near(index) not in NOT_RELATIVE:
        return None
    start = index - 1
    while start > 0 and not document.breaks[start] and document.words[start - 1] in QUANTITY:
        start -= 1
    if not document.breaks[start] and document.words[start - 1] not in OPENERS:
        return None
    if document.words[start] == "the" and document.near(index) not in {"are", "just", "also", "always"}:
        return None
    return Fix(index - 1, 2, document.quote(index - 1))


FAMILY = wordset(
    "brother sister mother father mom mum dad friend teacher uncle aunt cousin boss husband wife son daughter "
    "grandmother grandfather girlfriend boyfriend grandma grandpa"
)


@rule("subject.double", "he she it")
def double_singular_subject(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "My brother he is tall", "Technology it is useful"."""
    word, noun = document.words[index], document.near(index, -1)
    if word == "it":
        start = index - 2 if document.near(index, -2) in {"this", "my"} else index - 1
        plain = (
            noun in pack.words("countable")
            or noun in pack.words("uncountable")
            or noun in {"life", "education"}
        )
        if (
            not plain
            or not document.starts(start)
            or document.near(index) not in {"is", "can", "will", "helps", "makes"}
        ):
            return None
        return Fix(index - 1, 2, document.quote(index - 1))
    if noun not in FAMILY or document.near(index, -2) not in POSSESSIVES or not document.near(index):
        return None
    start = index - 2
    if not document.breaks[start] and document.words[start - 1] not in OPENERS:
        return None
    return Fix(index - 1, 2, document.quote(index - 1))
