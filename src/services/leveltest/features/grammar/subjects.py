"""Nouns as subjects: whether the verb fits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.agreement import (
    ADVERBS,
    AMBIGUOUS_BASES,
    COLLECTIVES,
    LINKS,
    OPENERS,
    PLURAL_FORMS,
    SINGULAR_FORMS,
    opens,
    replaced,
    subjunctive,
)
from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

LOOSE_VERBS = wordset("need help love show use start try permit seem live consist look feel")
"""Base forms that are also nouns: they count where an object or an infinitive follows."""
FOLLOWING = wordset("me you him her us them it to the a an my your his our their in people")
TRANSITIVE = wordset("change play affect influence offer ask cause turn")
DETERMINED = FOLLOWING - {"in", "to", "people"}
STATIVES = wordset("are were don't aren't weren't haven't do")
SPECIFIC = wordset("this that the my your his her its our their a an every each another")


UNIQUE = wordset("a an this every each another my your his her our")
NOT_SINGULAR = COLLECTIVES | wordset(
    "few lot little many more most other day week month year time morning evening night summer winter people children "
    "men women feet teeth data media police kids ones one two three parent brethren great good first second last"
)


def _singular(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if the word is a singular noun behind a determiner, perhaps with an adjective between."""
    word = document.words[index]
    if document.breaks[index]:
        return False
    if document.words[index - 1] in UNIQUE:
        group = word in COLLECTIVES and document.words[index - 1] in {"every", "each"}
        if group or word.endswith("s") or word in NOT_SINGULAR:
            return group
        return word not in pack.words("function") and word not in pack.words("adjectives")
    if word not in pack.words("countable") or word in COLLECTIVES:
        return False
    at = 2 if _describes(document.near(index, -1), pack) else 1
    return document.near(index, -at) in SPECIFIC and document.near(index, -at - 1) != "and"


def _describes(word: str, pack: LanguagePack) -> bool:
    return word in pack.words("adjectives") or word in {"only", "first", "best", "main", "biggest"}


def _base_forms(pack: LanguagePack) -> frozenset[str]:
    return (frozenset(pack.verbs) - AMBIGUOUS_BASES - {"be"}) | LOOSE_VERBS | STATIVES


def _plural_verb(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if the word can only be a verb without -s, as after "they"."""
    word, following = document.words[index], document.near(index)
    if word in LOOSE_VERBS:
        return following in FOLLOWING and (word, following) != ("use", "to")
    if word in TRANSITIVE:
        return following in DETERMINED
    if word == "do":
        return following in {"not", "it", "the", "a"}
    return (
        word in STATIVES
        or word in pack.words("plain_verbs")
        or following in {"me", "him", "us", "them", "you"}
    )


@rule("agreement.singular_noun", _base_forms)
def singular_noun(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "This book speak about", "because my brother have", "my teacher always tell"."""
    noun = index - 2 if document.near(index, -1) in ADVERBS else index - 1
    if (
        noun < 0
        or document.words[noun] in pack.words("function")
        or any(document.breaks[noun + 1 : index + 1])
    ):
        return None
    if not _singular(document, noun, pack):
        return _bare_noun(document, noun, index, pack)
    start = noun - 1 if document.words[noun - 1] in SPECIFIC else noun - 2
    word, determiner = document.words[index], document.words[start]
    if not _plural_verb(document, index, pack) or not opens(document, start):
        return None
    joined = document.near(start, -1) == "and" and determiner not in {"every", "each"}
    if joined or determiner == "that" or subjunctive(document, index, word):
        return None
    right = SINGULAR_FORMS.get(word) or pack.verbs[word].third
    return Fix(noun, index - noun + 1, replaced(document, noun, index, right))


SOME = wordset("some many most all other others few several these those")


def _bare_noun(document: Document, noun: int, index: int, pack: LanguagePack) -> Fix | None:
    """As in "Student have", "because teacher want": the noun, or the verb, lacks its -s."""
    word, name = document.words[index], document.words[noun]
    known = name in pack.words("countable") and name not in COLLECTIVES and name not in pack.verbs
    counted = document.near(noun, -1) in SOME
    sure = word in pack.words("plain_verbs") or word in {"are", "don't"} or (word in TRANSITIVE and counted)
    if not known or not (sure or (word in LOOSE_VERBS and _plural_verb(document, index, pack))):
        return None
    if counted and (document.breaks[noun - 1] or opens(document, noun - 1)):
        return Fix(
            noun, index - noun + 1, pack.plural_of[name] + replaced(document, noun, index, word)[len(name) :]
        )
    if document.near(noun, -1) == "and" or document.capitalised(noun) or not opens(document, noun):
        return None
    return Fix(
        noun, index - noun + 1, pack.plural_of[name] + replaced(document, noun, index, word)[len(name) :]
    )


ANYONE = wordset(
    "someone somebody anyone anybody everyone everybody nobody person something anything everything nothing"
)
PEOPLE = wordset("people those persons children students friends teachers parents men women kids")


@rule("agreement.relative", "who which that wich")
def relative_clause(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "a man who live", "people who lives", "a job that make me happy"."""
    word, verb, noun = document.words[index], document.near(index), document.near(index, -1)
    if not noun or not verb or "of" in document.before(index, 5):
        return None
    if (noun in PEOPLE and word == "who") or (noun in pack.plurals and _nearest(document, index, pack)):
        right = _plural_form(verb, pack, sure=word == "who")
    elif noun in ANYONE or (
        _singular(document, index - 1, pack) and not _after_plural(document, index, pack)
    ):
        right = _singular_form(document, index, pack)
    else:
        return None
    return Fix(index, 2, f"{document.quote(index)} {right}") if right else None


def _plural_form(verb: str, pack: LanguagePack, *, sure: bool) -> str | None:
    """What a form in -s should be after a plural; "that is" and what may be a noun count after "who" alone."""
    if verb in PLURAL_FORMS:
        return PLURAL_FORMS[verb] if sure or verb not in {"is", "was"} else None
    known = pack.thirds.get(verb)
    return known.base if known and (sure or known.base in pack.words("plain_verbs")) else None


def _singular_form(document: Document, index: int, pack: LanguagePack) -> str | None:
    """What the base form after a relative should be; "a man who use to" is another mistake."""
    verb, following = document.near(index), document.near(index, 2)
    loose = following in FOLLOWING or document.words[index] == "who"
    plain = verb in pack.words("plain_verbs") or (verb in LOOSE_VERBS and loose)
    if (
        not (plain or verb in STATIVES)
        or (verb, following) == ("use", "to")
        or subjunctive(document, index, verb)
    ):
        return None
    return SINGULAR_FORMS.get(verb) or pack.verbs[verb].third


NO_PLURAL = wordset("is was has does his this it's as us its always that's")


def _after_plural(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if the clause may belong to an earlier plural: "shops around the country which sell"."""
    word = document.words[index]
    return word != "who" and any(
        name in pack.plurals or (word == "which" and name.endswith("s") and name not in NO_PLURAL)
        for name in document.before(index - 1, 6)
    )


def _nearest(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if the clause before the relative has no earlier noun that it could belong to."""
    earlier = document.before(index - 1, 4)
    return LINKS.isdisjoint(earlier) and pack.words("countable").isdisjoint(earlier)


NO_SUBJECTS = wordset(
    "hours minutes days weeks months years miles kilometres kilometers sports news series times meters metres"
)
"""Plurals that may take a singular verb: "two hours is enough"."""


QUANTITIES = wordset("lot lots most some many all ton tons plenty")


def _plural_nouns(pack: LanguagePack) -> frozenset[str]:
    return frozenset(pack.plurals) - NO_SUBJECTS


@rule("agreement.plural_noun", _plural_nouns)
def plural_noun(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "people is", "the children was", "many students thinks"."""
    verb = document.near(index)
    right = _plural_form(verb, pack, sure=True) if verb != "means" else None
    if right is None or not (
        verb in PLURAL_FORMS or document.words[index] in PEOPLE or right in pack.words("plain_verbs")
    ):
        return None
    if not _begins_clause(document, index, pack):
        return None
    return Fix(index, 2, replaced(document, index, index + 1, right))


def _begins_clause(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if the noun phrase that ends with a plural noun is a subject: nothing that governs it stands before."""
    start = index
    while start > 0 and not document.breaks[start] and _in_noun_phrase(document.words[start - 1], pack):
        start -= 1
    if document.near(start, -1) == "of" and document.near(start, -2) in QUANTITIES:
        start -= 3 if document.near(start, -3) == "a" else 2
    return bool(document.breaks[start]) or document.words[start - 1] in OPENERS - {"and"}


def _in_noun_phrase(word: str, pack: LanguagePack) -> bool:
    return word in pack.words("adjectives") or word in {
        "online", "school", "high", "video", "more",
        "the", "many", "some", "most", "these", "those", "my", "our", "their", "other", "all", "several",
        "his", "her", "your", "two", "three", "few", "both",
    }  # fmt: skip


@rule("agreement.one_of", "one")
def one_of(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "One of my friends are"."""
    determiner = document.near(index, 2)
    if document.near(index) != "of" or not (determiner in SPECIFIC or determiner in {"these", "those"}):
        return None
    at = 4 if _describes(document.near(index, 3), pack) else 3
    noun, verb = document.near(index, at), document.near(index, at + 1)
    if noun not in pack.plurals or verb not in {"are", "were", "have", "don't"} or not opens(document, index):
        return None
    return Fix(index, at + 2, replaced(document, index, index + at + 1, SINGULAR_FORMS[verb]))


@rule("agreement.singular_noun", "what")
def what_happen(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "no matter what happen", "this is what make me happy"."""
    verb = document.near(index)
    if verb not in {"happen", "make", "mean", "matter", "become"}:
        return None
    if verb not in {"happen", "matter"} and not document.near(index, -1):
        return None
    if document.near(index, -1) in {"do", "does", "did"} or subjunctive(document, index, verb):
        return None
    return Fix(index, 2, f"{document.quote(index)} {pack.verbs[verb].third}")


BENEFITED = wordset("me us you them him people")
OBSERVING = wordset("seeing watching hearing helping making letting having feeling")
LONGEST_SUBJECT = 7
BARRIERS = wordset(
    "and or to who which that can will would should could must may might do does did i you we they he she it"
)


def _helping(pack: LanguagePack) -> frozenset[str]:
    return pack.words("plain_verbs") | {"help"}


@rule("agreement.singular_noun", _helping)
def gerund_subject(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "Learning languages help you", "Doing sport make us strong"."""
    if document.near(index) not in BENEFITED or document.breaks[index]:
        return None
    start = index
    while start > 0 and index - start < LONGEST_SUBJECT and not document.breaks[start]:
        start -= 1
    subject = document.words[start:index]
    if not document.starts(start) or subject[0] not in pack.ings or subject[0] in OBSERVING:
        return None
    noun = subject[-1]
    nominal = noun in pack.plurals or noun in pack.words("countable") or noun in pack.words("uncountable")
    if not nominal or not BARRIERS.isdisjoint(subject) or not pack.words("plain_verbs").isdisjoint(subject):
        return None
    return Fix(index, 1, pack.verbs[document.words[index]].third)
