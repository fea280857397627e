"""Nouns that need their plural, articles before an adjective, and "self" written apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.document import HARD
from services.leveltest.features.grammar.rule import Fix, RuleSet, closes_phrase
from services.leveltest.features.language import LanguagePack, regular_forms, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

OWNERS = wordset("the my your his her its our their")
SINGULAR = OWNERS | wordset(
    "a an this that each every another no any one either neither some what which whose very completely "
    "entirely totally slightly quite rather so how as or whole somewhat but"
)
"""After these a singular may follow "different" or "other"."""


def _plural(word: str, pack: LanguagePack) -> str | None:
    """The plural of a singular noun that is always counted."""
    if word not in pack.words("counted"):
        return pack.plural_of.get(word)
    return "lives" if word == "life" else regular_forms(word)[0]


VERBAL = wordset(
    "think like want need know go get learn say feel come understand take make give try believe prefer agree"
)
PERSONS = wordset("student teacher kid child parent teenager person adult")


def _ends(document: Document, index: int, pack: LanguagePack) -> bool:
    following = document.near(index - 1)
    if following in VERBAL and document.words[index - 1] in PERSONS:
        return True
    return closes_phrase(document, index, pack) and following not in {"or", "old"}


GRADED = wordset("most best worst main first favourite favorite only biggest greatest few")
LONGEST_DESCRIPTION = 3


@rule("noun.singular_after_number", "one")
def one_of_the_best(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "one of the best film", "one of my favourite book", "one of reasons"."""
    noun = document.near(index, 2)
    if document.near(index) != "of":
        return None
    if noun in pack.plurals and noun != "people" and closes_phrase(document, index + 3, pack):
        return Fix(index, 3, f"{document.quote(index, 2)} the {noun}")
    if noun not in OWNERS:
        return None
    at = 3
    while at < LONGEST_DESCRIPTION + 3 and _describes(document.near(index, at), pack):
        at += 1
    plural = _plural(document.near(index, at), pack)
    if at == LONGEST_DESCRIPTION or plural is None or not _ends(document, index + at + 1, pack):
        return None
    return Fix(index, at + 1, f"{document.quote(index, at)} {plural}")


def _describes(word: str, pack: LanguagePack) -> bool:
    return (
        word in GRADED
        or word in pack.words("adjectives")
        or (word.endswith(("est", "ful", "ous", "ive", "able", "ant", "ent", "al")) and word in pack.lexicon)
    ) and word not in pack.plural_of


@rule("noun.plural_needed", "different other various")
def singular_after_different(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "in different country", "with other student"."""
    plural = _plural(document.near(index), pack)
    before = document.near(index, -1)
    if plural is None or before in SINGULAR or before.endswith(("'s", "ly")):
        return None
    if not _ends(document, index + 2, pack):
        return None
    if document.words[index] == "other" and not before:
        opens = document.starts(index) and document.near(index, 2) in {"is", "was", "that", "why"}
        return Fix(index, 2, f"another {document.quote(index + 1)}") if opens else None
    if document.words[index] == "other" and before in {"is", "was", "it's", "that's"}:
        return Fix(index, 2, f"another {document.quote(index + 1)}")
    return Fix(index, 2, f"{document.quote(index)} {plural}")


@rule("noun.plural_needed", "many several these those two three four five ten lots lot")
def singular_after_many_new(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "many new thing", "a lot of good friend", "two big dog"."""
    at = 1
    if document.words[index] in {"lot", "lots"}:
        if document.near(index) != "of":
            return None
        at = 2
    plural = _plural(document.near(index, at + 1), pack)
    if plural is None or document.near(index, at) not in pack.words("adjectives") - {"different"}:
        return None
    if not _ends(document, index + at + 2, pack):
        return None
    return Fix(index, at + 2, f"{document.quote(index, at + 1)} {plural}")


@rule("adjective.plural", "others")
def others_with_singular(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "others person", "with others country"."""
    noun = document.near(index)
    plural = _plural(noun, pack)
    if plural is None or noun in pack.verbs or document.starts(index) or not _ends(document, index + 2, pack):
        return None
    return Fix(index, 2, f"other {plural}")


@rule("article.missing_the", "first second third last main")
def first_reason(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "First reason is that it is cheap", "Main thing is to win"."""
    noun = document.near(index)
    begins = document.starts(index) and noun in {"reason", "thing", "step", "problem", "advantage", "example"}
    if not begins or document.near(index, 2) not in {"is", "was", "why", "that", "for"}:
        return None
    return Fix(index, 2, f"the {document.words[index]} {noun}")


BEFORE_OTHERS = wordset(
    "help helps helping respect with from to for treat hurt influence teach tell make let"
)
AFTER_OTHERS = wordset("to in because who when if is are can will but so about what how")


@rule("noun.plural_needed", "other")
def other_alone(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "help other to learn", "what I heard from other"."""
    if document.near(index, -1) not in BEFORE_OTHERS:
        return None
    ended = index + 1 >= len(document) or document.breaks[index + 1] == HARD
    return Fix(index, 1, "others") if ended or document.near(index) in AFTER_OTHERS else None


SOME = wordset(
    "student teacher kid parent teenager adult country city animal flower vegetable picture photo song movie "
    "film game activity habit advantage disadvantage teen child"
)
ALL = SOME | wordset("thing person subject school company problem friend job")


@rule("noun.plural_needed", "some all most")
def singular_after_some(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "some student", "all country", "most teacher"."""
    word, noun = document.words[index], document.near(index)
    plural = _plural(noun, pack)
    if (
        plural is None
        or noun not in (SOME if word == "some" else ALL)
        or not _ends(document, index + 2, pack)
    ):
        return None
    if document.near(index, 2) in {"of", "who", "that"} or document.near(index, -1) in {
        "above",
        "after",
        "at",
    }:
        return None
    return Fix(index, 2, f"{document.quote(index)} {plural}")


MORE = (ALL - wordset("adult child school company")) | wordset(
    "job book idea day hour year place question class"
)


@rule("noun.plural_needed", "more enough")
def singular_after_more(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "more problem", "enough book"."""
    noun = document.near(index)
    plural = _plural(noun, pack)
    before = document.near(index, -1)
    if noun not in MORE or plural is None or before in {"one", "1", "no", "any", "a", "an", "another"}:
        return None
    if not _ends(document, index + 2, pack) or document.near(index, 2) in {"of", "than"}:
        return None
    return Fix(index, 2, f"{document.quote(index)} {plural}")


TAKING = wordset(
    "is was be being been it's that's he's she's i'm have has had having get gets got getting need needs want "
    "wants buy make makes made making take takes took taking find finds found finding give gives giving gave "
    "become becomes became such"
)
MASS = wordset(
    "quality memory language culture danger society religion ability difficulty passion technology exercise "
    "sport opportunity organization organisation payment performance relation treatment value virtue talent "
    "authority belief character direction discussion environment explanation expression service speech skill "
    "company summer winter morning night evening weekend condition cake egg apple orange school law control "
    "strength weakness identity illness medicine nature improvement service theory advantage security "
    "attraction emotion foundation practice resistance resource association conversation meat chance food "
    "action reaction movement tradition payment fish chicken position colour color detail interest"
)
"""Countable nouns that may stand without an article too."""
PREDICATIVE = wordset(
    "able afraid alone aware available possible impossible sure sorry ready different responsible enough"
)
TIMED = wordset("good great nice wonderful bad hard")


@rule(
    "article.missing_noun", lambda pack: (pack.words("adjectives") | pack.words("comparatives")) - PREDICATIVE
)
def missing_article_before_adjective(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "it is good idea", "get better job", "she has very big house"."""
    adjective, noun = document.words[index], document.near(index)
    first = index - 1 if document.near(index, -1) in {"very", "really"} else index
    before = document.near(first, -1)
    counted = (noun in pack.plural_of and noun not in MASS) or noun in pack.words("counted")
    if noun == "time":
        counted = adjective in TIMED and before in {"have", "has", "had", "having"}
    if (adjective, noun) == ("high", "school"):
        return None
    if before not in TAKING or not counted or (before == "had" and adjective in pack.words("comparatives")):
        return None
    if document.starts(first - 1) or not _ends(document, index + 2, pack):
        return None
    if not {"how", "what", "that"}.isdisjoint(document.before(first - 1, 2)) and "'" not in before:
        return None
    article = (
        "an" if document.words[first][0] in "aeiou" and not document.words[first].startswith("u") else "a"
    )
    return Fix(first, index + 2 - first, f"{article} {document.quote(first, index + 2 - first)}")


FINITE = wordset(
    "can will should must could would might may are is have has do does don't doesn't can't won't was were had who"
)
BEFORE_BARE = wordset(
    "for to with help helps because if when but so let make makes give gives teach think about"
)


@rule("article.missing_noun", " ".join(PERSONS))
def bare_person(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "because student can learn", "it helps teacher to know"."""
    word, before, following = document.words[index], document.near(index, -1), document.near(index)
    begins = document.starts(index) and following not in {"who", ""}
    enabled = following == "to" and before in {"for", "help", "helps", "let"}
    if not (enabled or (following in FINITE and (begins or before in BEFORE_BARE))):
        return None
    if following in {"is", "has", "does", "doesn't", "was"}:
        return Fix(index, 1, f"{'an' if word == 'adult' else 'a'} {word}")
    return Fix(index, 1, _plural(word, pack) or word)


LABELS = wordset(
    "grade year phase level number class page chapter no any every some each the this that which another "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred and"
)


@rule("article.plural", "one")
def one_with_plural(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "one students", "one reasons why"."""
    noun = document.near(index)
    singular = pack.plurals.get(noun)
    if singular is None or noun in {"people", "sports", "works"} or noun in pack.thirds:
        return None
    each = document.before(index, 2) == ["one", "on"]
    if each or document.near(index, -1) in LABELS or not closes_phrase(document, index + 2, pack):
        return None
    return Fix(index, 2, f"{document.quote(index)} {singular}")


@rule("article.plural", "a an")
def article_with_new_plural(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "a good friends", "a new countries"."""
    adjective, noun = document.near(index), document.near(index, 2)
    singular = pack.plurals.get(noun)
    if singular is None or noun in {"people", "sports", "works", "shorts", "classes"}:
        return None
    if adjective not in pack.words("adjectives") or not closes_phrase(document, index + 3, pack):
        return None
    return Fix(index, 3, f"{document.quote(index, 2)} {singular}")


SELVES = {
    "my": "myself", "your": "yourself", "him": "himself", "her": "herself", "it": "itself", "our": "ourselves",
    "them": "themselves", "their": "themselves", "his": "himself",
}  # fmt: skip


@rule("pronoun.self", " ".join(SELVES))
def split_self(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "my self", "their selves"."""
    word, following = document.words[index], document.near(index)
    if following not in {"self", "selfs", "selves"} or document.hyphenated(index + 1):
        return None
    if not closes_phrase(document, index + 2, pack) or document.near(index, 2) == "of":
        return None
    right = SELVES[word]
    return Fix(index, 2, "yourselves" if word == "your" and following != "self" else right)
