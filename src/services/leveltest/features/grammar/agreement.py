"""Pronoun and verb, determiner and noun, pronoun and case."""

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
    "always usually often sometimes never also really just still only already probably even then now surely actually "
    "certainly definitely"
)
CONJUNCTIONS = wordset("and but or because so if when that while although though as since until unless then")
THOUGHT = wordset("think believe know feel say says said how why hope")
INVERTERS = wordset(
    "do does did don't doesn't didn't will would can could should may might must shall won't wouldn't "
    "can't couldn't shouldn't let make makes made making help helps helped see sees saw watch watched "
    "hear heard have has had having is was are were am be isn't wasn't nor neither than"
)
HYPOTHETICAL = wordset("if wish wishes wished though were unless whether suppose imagine rather")
UNREAL = wordset("rather suppose lest")
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


def subjunctive(document: Document, index: int, verb: str) -> bool:
    """True where the base form may be right: "suggest that he go", and for "were": "if he were"."""
    hypothetical = HYPOTHETICAL if verb in {"were", "be", "weren't"} else UNREAL
    return not SUBJUNCTIVE.isdisjoint(document.before(index, 6)) or not hypothetical.isdisjoint(
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


OPENERS = wordset(
    "because if when but so while think believe know said say feel where although and that why how what opinion "
    "conclusion example"
)
FRAMES = wordset(
    "example first second third finally however moreover instance fact firstly secondly opinion also"
)


def opens(document: Document, start: int) -> bool:
    """True if a clause begins at the word, so that the noun phrase there is its subject."""
    if document.starts(start):
        return True
    before = document.words[start - 1]
    return (
        before in FRAMES or _clause_before(document, start) if document.breaks[start] else before in OPENERS
    )


FINITE = wordset(
    "is are was were has have had do does can will would should could must want need think like go"
)


def _clause_before(document: Document, start: int) -> bool:
    """True if what stands before a comma has a verb: no list of subjects."""
    at = start - 1
    while at > 0 and not document.breaks[at]:
        at -= 1
    return not FINITE.isdisjoint(document.words[at:start])


COLLECTIVES = wordset(
    "family team group band class staff company audience public couple youth pair million club government "
    "university number party police majority"
)
ASSERTED = CONJUNCTIONS | THOUGHT


@rule("agreement.third_person", "he she it")
def third_person(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "he have", "she go", "it don't"."""
    before = document.near(index, -1)
    at = _verb_after(document, index)
    word = document.near(index, at - index)
    joined = document.words[index] != "it" and _joined(document, index, pack)
    if before in INVERTERS or joined or subjunctive(document, index, word):
        return None
    if document.words[index] == "it" and not (document.breaks[index] or before in ASSERTED):
        return None
    if word in SINGULAR_FORMS:
        return Fix(index, at - index + 1, replaced(document, index, at, SINGULAR_FORMS[word]))
    verb = pack.verbs.get(word)
    if verb is None or verb.base in AMBIGUOUS_BASES or word in {"be", "have"} or verb.past == verb.base:
        return None
    return Fix(index, at - index + 1, replaced(document, index, at, verb.third))


def replaced(document: Document, index: int, at: int, form: str) -> str:
    """The quoted words with the last one replaced."""
    start, end = document.spans[index][0], document.spans[at][0]
    return document.text[start:end] + form


@rule("agreement.plural_pronoun", "they we i you")
def plural_pronoun(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "they was", "we goes", "I has"."""
    subject = document.words[index]
    before = document.near(index, -1)
    if before in {"and", "do", "does", "did", "than", "part", "war", "type", "phase", "of", "that's", "what"}:
        return None
    stated = (
        document.breaks[index] or before in ASSERTED or subject != "you" or _you_has(document, index, pack)
    )
    if not stated or (subject == "i" and document.capitalised(index - 1 if index else index)):
        return None
    at = _verb_after(document, index)
    word = document.near(index, at - index)
    if subject == "i" and word in {"was", "wasn't"}:
        return None
    right = "am" if (subject, word) == ("i", "is") else PLURAL_FORMS.get(word)
    if right is None and word in pack.thirds and word not in {"is", "has", "means"}:
        right = pack.thirds[word].base
    return Fix(index, at - index + 1, replaced(document, index, at, right)) if right else None


NO_SUBJECT = INVERTERS | {"of", "like"}
LINKS = wordset("about with for in on from at to by like among between as into and or of")


def _you_has(document: Document, index: int, pack: LanguagePack) -> bool:
    """True for "in this world you has to", not for "a friend like you has" or "meeting you has been"."""
    before = document.near(index, -1)
    if document.near(index) not in {"has", "doesn't"} or before in LINKS or before in INVERTERS:
        return False
    return not (
        before.endswith("ing") or before in pack.verbs or before in pack.pasts or before in pack.thirds
    )


@rule(
    "agreement.everyone",
    "everyone everybody someone somebody nobody everything nothing anyone something anything",
)
def indefinite(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "everyone are", "everybody have", "someone want"."""
    word, before = document.near(index), document.near(index, -1)
    if word in {"are", "have", "were", "don't", "haven't", "aren't"}:
        silent = before in NO_SUBJECT or not HYPOTHETICAL.isdisjoint(document.before(index, 3))
        silent = silent or (document.words[index] in {"something", "anything"} and not opens(document, index))
    else:
        stated = document.breaks[index] or (before in OPENERS and before != "and")
        needing = word == "need" and document.near(index, 2) in {"to", "a", "the", "some", "their"}
        silent = not stated or not (needing or word in pack.words("plain_verbs"))
    if silent or subjunctive(document, index, word):
        return None
    right = SINGULAR_FORMS.get(word) or pack.verbs[word].third
    return Fix(index, 2, replaced(document, index, index + 1, right))


INVERTED = {"does": "do", "doesn't": "don't", "is": "are", "was": "were"}


@rule("agreement.plural_pronoun", " ".join(INVERTED))
def inverted_pronoun(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "What does you want", "Where is they", "why was we late"."""
    word, subject, before = document.words[index], document.near(index), document.near(index, -1)
    if subject not in {"you", "we", "they"} and (word, subject) not in {("does", "i"), ("doesn't", "i")}:
        return None
    if not (
        document.starts(index)
        or (before in {"what", "where", "when", "why", "how"} and document.question(index))
    ):
        return None
    return Fix(index, 2, f"{INVERTED[word]} {document.quote(index + 1)}")


SEVERAL = wordset("many several two three four five six seven eight nine ten people children")
DIVERSE = wordset("some so other these those different too")


@rule("agreement.there_is", "there")
def existential(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "there is many …", "there is a lot of people", "there are a dog", "there have many"."""
    be, quantity = document.near(index), document.near(index, 2)
    if be in {"is", "was"}:
        last = _several(document, index + 2, pack)
        words = f"{document.quote(index)} {PLURAL_FORMS[be]} "
        return (
            Fix(index, last - index + 1, words + document.quote(index + 2, last - index - 1))
            if last
            else None
        )
    if be in {"have", "has"} and (quantity in SEVERAL or quantity in {"a", "some", "lots"}):
        return Fix(index, 2, f"there {'is' if quantity == 'a' else 'are'}")
    if be in {"are", "were"} and quantity in {"a", "an"}:
        noun = document.near(index, 3)
        single = noun in pack.words("countable") and noun not in COLLECTIVES
        if single and closes_phrase(document, index + 4, pack):
            return Fix(index, 4, f"there {SINGULAR_FORMS[be]} {quantity} {noun}")
    return None


def _several(document: Document, index: int, pack: LanguagePack) -> int | None:
    """The last word that shows that what begins at the word is plural, or None."""
    quantity, following = document.near(index - 1), document.near(index)
    if quantity in SEVERAL:
        return None if quantity == "many" and following in {"a", "an"} else index
    if (quantity.isdecimal() and quantity != "1") or quantity in DIVERSE:
        return index + 1 if following in pack.plurals else None
    lot = document.words[index : index + 3] == ["a", "lot", "of"]
    return index + 3 if lot and document.near(index, 3) in pack.plurals else None


@rule("agreement.demonstrative", "this these those")
def demonstrative(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "this people", "this books", "these problem", "this are"."""
    word, noun = document.words[index], document.near(index)
    wrong = noun in {"are", "were", "have"} if word == "this" else noun in {"is", "was", "has"}
    if wrong and opens(document, index) and not subjunctive(document, index, noun):
        right = {"are": "these are", "were": "these were", "have": "this has"}.get(noun)
        return Fix(index, 2, right or f"{word} {PLURAL_FORMS[noun]}")
    if word == "this" and noun in pack.plurals and noun not in pack.thirds and noun != "sports":
        return Fix(index, 2, f"these {noun}")
    if word != "this" and noun in pack.words("countable") and noun not in COLLECTIVES:
        if noun in pack.verbs or not closes_phrase(document, index + 2, pack):
            return None
        return Fix(index, 2, f"{word} {pack.plural_of[noun]}")
    return None


PREPOSITIONS = wordset("with to from at about between without")
TAKING_OBJECTS = PREPOSITIONS | {"for", "help", "give", "like"}
OBJECTS = {"he": "him", "she": "her", "they": "them", "we": "us", "i": "me"}
SUBJECTS = {"him": "he", "them": "they", "me": "I"}


@rule("pronoun.object", " ".join(OBJECTS))
def object_case(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "with she", "for they to go", "between you and I"."""
    before, following = document.near(index, -1), document.near(index)
    ends = index + 1 >= len(document) or document.breaks[index + 1] == HARD
    if before in PREPOSITIONS and (ends or following in {"and", "in", "at", "every", "because", "on"}):
        return Fix(index - 1, 2, f"{before} {OBJECTS[document.words[index]]}")
    if before in TAKING_OBJECTS and following in {"to", "because"}:
        return Fix(index - 1, 2, f"{before} {OBJECTS[document.words[index]]}")
    if before == "for" and document.words[index] == "they" and following in {"is", "it", "can"}:
        return Fix(index - 1, 2, "for them")
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
