"""Subject and verb, determiner and noun, pronoun and case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.document import HARD
from services.leveltest.features.grammar.rule import Fix, RuleSet, closes_phrase
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

ADVERBS = wordset(
    "always usually often sometimes never also really just still only already probably even then now"
)
CONJUNCTIONS = wordset("and but or because so if when that while although though as since until unless then")
INVERTERS = wordset(
    "do does did don't doesn't didn't will would can could should may might must shall won't wouldn't "
    "can't couldn't shouldn't let make makes made making help helps helped see sees saw watch watched "
    "hear heard have has had having is was are were am be isn't wasn't nor neither than"
)
HYPOTHETICAL = wordset("if wish wishes wished though were unless whether suppose imagine rather")
SUBJUNCTIVE = wordset(
    "suggest suggests suggested suggesting recommend recommends recommended insist insists insisted "
    "demand demands demanded important essential necessary vital crucial imperative request requested "
    "require requires required propose proposed ask asked asks lest advise advised"
)
SINGULAR_FORMS = {
    "have": "has", "do": "does", "are": "is", "were": "was", "don't": "doesn't", "haven't": "hasn't",
    "aren't": "isn't", "weren't": "wasn't", "am": "is",
}  # fmt: skip
PLURAL_FORMS = {
    "is": "are", "was": "were", "has": "have", "does": "do", "doesn't": "don't", "hasn't": "haven't",
    "isn't": "aren't", "wasn't": "weren't",
}  # fmt: skip
AMBIGUOUS_BASES = wordset("put cut let hit read set hurt cost shut bet spread like base lie")


def _verb_after(document: Document, index: int) -> int:
    """The index of the word after a subject, past one adverb of frequency or the like."""
    return index + 2 if document.near(index) in ADVERBS else index + 1


def _subjunctive(document: Document, index: int) -> bool:
    return not SUBJUNCTIVE.isdisjoint(document.before(index, 6)) or not HYPOTHETICAL.isdisjoint(
        document.before(index, 4)
    )


def _joined(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if "and" before a pronoun joins it to another subject ("my brother and he have")."""
    if document.near(index, -1) not in {"and", "or", "nor"}:
        return False
    earlier = document.before(index - 1, 6)
    finite = any(word in pack.thirds or word in pack.pasts or word in SINGULAR_FORMS for word in earlier)
    return (
        not finite
        or document.capitalised(index - 2)
        or earlier[-1] in {"him", "her", "she", "he", "you", "i"}
    )


@rule("agreement.third_person", "he she it")
def third_person(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "he have", "she go", "it don't"."""
    before = document.near(index, -1)
    if before in INVERTERS or _joined(document, index, pack) or _subjunctive(document, index):
        return None
    if document.words[index] == "it" and not (document.breaks[index] or before in CONJUNCTIONS):
        return None
    at = _verb_after(document, index)
    word = document.near(index, at - index)
    if word in SINGULAR_FORMS:
        return Fix(index, at - index + 1, _replaced(document, index, at, SINGULAR_FORMS[word]))
    verb = pack.verbs.get(word)
    if verb is None or verb.base in AMBIGUOUS_BASES or word in {"be", "have"} or verb.past == verb.base:
        return None
    return Fix(index, at - index + 1, _replaced(document, index, at, verb.third))


def _replaced(document: Document, index: int, at: int, form: str) -> str:
    """The quoted words with the last one replaced."""
    start, end = document.spans[index][0], document.spans[at][0]
    return document.text[start:end] + form


PLAIN_VERBS = wordset(
    "have go speak become know want tell explain happen seem bring allow permit depend give make take "
    "think say begin come get understand believe exist contain describe help live learn consist"
)
"""Base forms that are hardly ever nouns, so that one after a singular noun lacks its -s."""
COLLECTIVES = wordset("family team group band class staff company audience public couple youth pair million")
SPECIFIC = wordset("this that the my your his her its our their a an every each another")


def _singular(document: Document, index: int, pack: LanguagePack) -> bool:
    """True if the word is a singular noun behind a determiner, perhaps with an adjective between."""
    if document.words[index] not in pack.words("countable") - COLLECTIVES or document.breaks[index]:
        return False
    at = 2 if document.near(index, -1) in pack.words("adjectives") | {"only", "first", "best", "main"} else 1
    return document.near(index, -at) in SPECIFIC and document.near(index, -at - 1) != "and"


@rule("agreement.singular_noun", " ".join(sorted(PLAIN_VERBS)))
def singular_noun(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "This book speak about", "because my brother have"."""
    noun = index - 1
    if noun < 1 or document.breaks[index] or not _singular(document, noun, pack):
        return None
    start = noun - 1 if document.words[noun - 1] in SPECIFIC else noun - 2
    before = document.near(start, -1)
    if before not in {"", "because", "if", "when", "but", "so", "while"} or (
        not before and not document.starts(start)
    ):
        return None
    if _subjunctive(document, index) or document.words[start] == "that":
        return None
    third = pack.verbs[document.words[index]].third
    return Fix(noun, 2, f"{document.quote(noun)} {third}")


@rule("agreement.relative", "who which that wich")
def relative_clause(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "a man who live", "people who lives", "a job that make me happy"."""
    word, verb, noun = document.words[index], document.near(index), document.near(index, -1)
    if not noun or "of" in document.before(index, 5):
        return None
    if noun in {"people", "those", "persons", "children", "students", "friends"} and word == "who":
        right = PLURAL_FORMS.get(verb) or (verb in pack.thirds and verb != "does" and pack.thirds[verb].base)
        return Fix(index, 2, f"{document.quote(index)} {right}") if right else None
    singular = noun in {"someone", "somebody", "person"} or _singular(document, index - 1, pack)
    if not singular or verb not in PLAIN_VERBS | {"do", "are", "don't"} or _subjunctive(document, index):
        return None
    right = SINGULAR_FORMS.get(verb) or pack.verbs[verb].third
    return Fix(index, 2, f"{document.quote(index)} {right}")


@rule("agreement.plural_pronoun", "they we i you")
def plural_pronoun(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "they was", "we goes", "I has"."""
    subject = document.words[index]
    before = document.near(index, -1)
    if before in {"and", "do", "does", "did", "than", "part", "war", "type", "phase", "of", "that's", "what"}:
        return None
    if (subject == "you" and not document.breaks[index] and before not in CONJUNCTIONS) or (
        subject == "i" and document.capitalised(index - 1 if index else index)
    ):
        return None
    at = _verb_after(document, index)
    word = document.near(index, at - index)
    if subject == "i" and word in {"was", "wasn't"}:
        return None
    right = "am" if (subject, word) == ("i", "is") else PLURAL_FORMS.get(word)
    if right is None and word in pack.thirds and word not in {"is", "has", "means"}:
        right = pack.thirds[word].base
    return Fix(index, at - index + 1, _replaced(document, index, at, right)) if right else None


@rule("agreement.plural_noun", "people children men women students friends parents teachers")
def plural_noun(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "people is", "the children was", "many students thinks"."""
    start = index
    while start > 0 and not document.breaks[start] and _in_noun_phrase(document.words[start - 1], pack):
        start -= 1
    if not (document.breaks[start] or document.words[start - 1] in {"but", "because", "if", "when", "so"}):
        return None
    word = document.near(index)
    right = PLURAL_FORMS.get(word)
    if right is None and word in pack.thirds and word != "means":
        right = pack.thirds[word].base
    return Fix(index, 2, _replaced(document, index, index + 1, right)) if right else None


def _in_noun_phrase(word: str, pack: LanguagePack) -> bool:
    return word in pack.words("adjectives") or word in {
        "the", "many", "some", "most", "these", "those", "my", "our", "their", "other", "all", "several",
    }  # fmt: skip


NO_SUBJECT = INVERTERS | {"of", "like"}


@rule("agreement.everyone", "everyone everybody someone somebody nobody everything nothing anyone")
def indefinite(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "everyone are", "everybody have"."""
    word = document.near(index)
    before = document.near(index, -1)
    if word not in {"are", "have", "were", "don't", "haven't", "aren't"} or before in NO_SUBJECT:
        return None
    if not HYPOTHETICAL.isdisjoint(document.before(index, 3)) or _subjunctive(document, index):
        return None
    return Fix(index, 2, _replaced(document, index, index + 1, SINGULAR_FORMS[word]))


@rule("agreement.there_is", "there")
def existential(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "there is many …", "there was two …", "there are a dog"."""
    be, quantity = document.near(index), document.near(index, 2)
    if be in {"is", "was"} and (
        quantity in {"many", "several", "two", "three", "four", "five", "people", "children"}
    ):
        after = document.near(index, 3)
        if quantity != "many" or after not in {"a", "an"}:
            return Fix(index, 3, f"there {PLURAL_FORMS[be]} {quantity}")
    if be in {"are", "were"} and quantity in {"a", "an"}:
        noun = document.near(index, 3)
        single = noun in pack.words("countable") - COLLECTIVES and noun != "number"
        if single and closes_phrase(document, index + 4, pack):
            return Fix(index, 4, f"there {SINGULAR_FORMS[be]} {quantity} {noun}")
    return None


@rule("agreement.demonstrative", "this these those")
def demonstrative(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "this people", "this books", "these problem"."""
    word, noun = document.words[index], document.near(index)
    if word == "this" and noun in pack.plurals and noun not in pack.thirds and noun != "sports":
        return Fix(index, 2, f"these {noun}")
    if word != "this" and noun in pack.words("countable") - {"family", "team", "group", "class", "party"}:
        if noun in pack.verbs or not closes_phrase(document, index + 2, pack):
            return None
        return Fix(index, 2, f"{word} {pack.plural_of[noun]}")
    return None


PREPOSITIONS = wordset("with to from at about between without")
OBJECTS = {"he": "him", "she": "her", "they": "them", "we": "us", "i": "me"}
SUBJECTS = {"him": "he", "them": "they", "me": "I"}


@rule("pronoun.object", " ".join(OBJECTS))
def object_case(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "with she", "between you and I"."""
    before = document.near(index, -1)
    ends = index + 1 >= len(document) or document.breaks[index + 1] == HARD
    if before in PREPOSITIONS and (
        ends or document.near(index) in {"and", "in", "at", "every", "because", "on"}
    ):
        return Fix(index - 1, 2, f"{before} {OBJECTS[document.words[index]]}")
    if ends and document.before(index, 3) == ["between", "you", "and"]:
        return Fix(index - 3, 4, f"between you and {OBJECTS[document.words[index]]}")
    return None


@rule("pronoun.subject", " ".join(SUBJECTS))
def subject_case(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "Him is", "Them have", at the beginning of a sentence."""
    word, following = document.words[index], document.near(index)
    finite = following in {"is", "are", "was", "were", "has", "have", "am", "like", "likes", "want", "go"}
    if not document.starts(index) or not finite or (index and not document.punctuated):
        return None
    if word == "them" and following in pack.verbs and following != "have":
        return None
    return Fix(index, 2, f"{SUBJECTS[word].capitalize()} {following}")
