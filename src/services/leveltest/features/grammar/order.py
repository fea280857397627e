"""Word order, missing words, negation, repetition."""

from __future__ import annotations

from services.leveltest.features.document import HARD, Document
from services.leveltest.features.grammar.confused import DETERMINERS
from services.leveltest.features.grammar.rule import Fix, RuleSet, closes_phrase
from services.leveltest.features.language import LanguagePack, wordset

RULES = RuleSet()
rule = RULES.rule

LIKING = wordset("like likes liked love loves loved enjoy enjoys enjoyed")
LANGUAGES = wordset("english french spanish german korean chinese japanese italian arabic dutch")
WH = wordset("what where when why how which")


@rule("order.very_much", "very well good")
def adverb_before_object(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I like very much football", "I speak very well English"."""
    word, before = document.words[index], document.near(index, -1)
    if word == "very" and document.near(index) == "much" and before in LIKING:
        following = document.near(index, 2)
        if (
            following in DETERMINERS
            or following in LANGUAGES
            or following in {"football", "music", "sport", "sports"}
        ):
            return Fix(index - 1, 4, f"{before} {document.quote(index + 2)} … very much")
    if word in {"well", "good"} and document.near(index) in LANGUAGES:
        verb = document.before(index, 2)
        if not {"speak", "speaks", "speaking", "spoke"}.isdisjoint(verb):
            return Fix(index, 2, f"{document.quote(index + 1)} well")
    return None


@rule("order.very_verb", "very")
def very_verb(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I very like"."""
    verb = document.near(index)
    if verb in {"like", "love", "want", "enjoy", "hope", "miss", "hate"} and document.near(index, -1) in {
        "i", "we", "they", "you",
    }:  # fmt: skip
        return Fix(index, 2, f"really {verb}")
    return None


EVERYDAY_VERBS = wordset("go eat play watch drink visit listen")


@rule("order.frequency", "always usually often never sometimes")
def frequency_after_verb(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I go always to", "he plays often with"."""
    verb, subject = document.near(index, -1), document.near(index, -2)
    if subject not in {"i", "we", "they"} or verb not in EVERYDAY_VERBS:
        return None
    if document.near(index) in {"to", "in", "at", "with", "the", "my"}:
        return Fix(index - 1, 2, f"{document.words[index]} {verb}")
    return None


AUXILIARIES = wordset("are is don't can can't will were was")
FINITE = wordset("are is don't do can can't want like go think will were was")


LONGEST_QUESTION = 8


@rule("order.question", "why where what how when")
def question_order(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "Why you don't come?": a question without inversion."""
    subject, verb = document.near(index), document.near(index, 2)
    plain = verb in FINITE or verb in pack.words("plain_verbs")
    if not document.starts(index) or subject not in {"you", "we", "they", "he", "she"} or not plain:
        return None
    end = index + 1
    while end < len(document) and document.breaks[end] != HARD:
        end += 1
    if (
        not document.text[document.spans[end - 1][1] :].lstrip().startswith("?")
        or end - index > LONGEST_QUESTION
    ):
        return None
    auxiliary = verb if verb in AUXILIARIES else "do"
    return Fix(index, 3, f"{document.quote(index)} {auxiliary} {subject} …")


MODALS = wordset("can could should would will do does did")
KNOWING = "know knows knew understand wonder see explain tell learn decide"


@rule("order.indirect_question", KNOWING)
def indirect_question(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I don't know where is it", "they know what can they do"."""
    question, verb, subject = (document.near(index, at) for at in (1, 2, 3))
    if (question not in WH and question != "how") or subject not in {
        "he",
        "she",
        "they",
        "we",
        "you",
        "it",
        "i",
    }:
        return None
    if verb in MODALS and not document.starts(index) and not document.question(index):
        right = "…" if verb in {"do", "does", "did"} else verb
        return Fix(index + 1, 3, f"{question} {document.quote(index + 3)} {right}")
    if document.words[index] not in {"know", "knows", "knew", "understand", "wonder"} or subject == "i":
        return None
    if verb not in {"is", "are", "was", "were"} or not closes_phrase(document, index + 4, pack):
        return None
    if document.near(index, 4) in {"that", "to", "like"}:
        return None
    return Fix(index + 1, 3, f"{question} {subject} {verb}")


@rule("order.indirect_question", "why")
def reason_with_question_order(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "That is why do I like it"."""
    if document.near(index, -1) not in {"is", "that's", "was", "reason", "reasons"}:
        return None
    if document.near(index) not in {"do", "does", "did"} or document.near(index, 2) not in PRONOUNS:
        return None
    if document.question(index):
        return None
    return Fix(index, 3, f"why {document.quote(index + 2)} …")


PRONOUNS = wordset("i you we they he she it people")


VERB_LIKE = wordset("better clean cool calm long slow free kind hard fast fat like right")


LONGEST_ADVERBS = 3
DEGREES = wordset("very so too really always also never still not just")


@rule("copula.missing", "i he she we they it")
def missing_be(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I very happy", "she beautiful"."""
    word, before = document.words[index], document.near(index, -1)
    at = 1
    while at < LONGEST_ADVERBS and document.near(index, at) in DEGREES:
        at += 1
    adjective = document.near(index, at)
    if adjective not in pack.words("adjectives") - VERB_LIKE or (
        before and before not in {"and", "but", "because", "so", "when", "if", "while", "think"}
    ):
        return None
    if (word == "it" and before == "and") or not closes_phrase(document, index + at + 1, pack):
        return None
    return Fix(index, at + 1, f"{document.quote(index)} {_be(word)} {document.quote(index + 1, at)}")


def _be(subject: str) -> str:
    return {"i": "am", "he": "is", "she": "is", "it": "is"}.get(subject, "are")


AGES = range(5, 100)


@rule("be.age", "have has i've")
def age(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I have 20 years"."""
    if document.words[index] != "i've" and document.near(index, -1) not in {"i", "he", "she"}:
        return None
    number, unit, following = (document.near(index, at) for at in (1, 2, 3))
    if not number.isdecimal() or unit not in {"years", "year"} or int(number) not in AGES:
        return None
    if following != "old" and index + 3 < len(document) and not document.breaks[index + 3]:
        return None
    be = "am" if document.words[index] == "i've" or document.near(index, -1) == "i" else "is"
    return Fix(index, 4 if following == "old" else 3, f"{be} {number} years old")


NEGATIONS = "don't doesn't didn't can't couldn't won't wouldn't never haven't hasn't"


@rule("negation.double", NEGATIONS)
def double_negation(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "don't know nothing", "can't see nobody", "don't have no money"."""
    verb, second = document.near(index), document.near(index, 2)
    positive = {"nothing": "anything", "nobody": "anybody", "nowhere": "anywhere", "no": "any", "none": "any"}
    if document.words[index] == "never" and second == "no":
        return None
    known = verb in pack.verbs or verb in pack.participles or verb in pack.pasts
    if (
        second not in positive
        or not known
        or document.near(index, 3) in {"but", "matter", "longer", "more", "less", "wrong"}
    ):
        return None
    return Fix(index, 3, f"{document.quote(index, 2)} {positive[second]}")


REPEATABLE = wordset("that had very so bye no ha yes really is you her blah more many much far long knock")


def _common(pack: LanguagePack) -> frozenset[str]:
    return pack.words("function") - REPEATABLE


@rule("word.repeated", _common)
def repeated(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "the the", "to to"."""
    word = document.words[index]
    if (
        document.near(index) == word
        and document.quote(index + 1) == word
        and word not in {"in", "on", "do", "up", "over"}
    ):
        return Fix(index, 2, document.quote(index))
    return None


@rule("conjunction.double", "although though because")
def double_conjunction(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "Although …, but …", "Because …, so he …"."""
    word = document.words[index]
    if not document.starts(index):
        return None
    wanted = "so" if word == "because" else "but"
    for at in range(index + 3, min(index + 20, len(document) - 1)):
        if document.breaks[at] == HARD:
            return None
        if document.breaks[at] and document.words[at] == wanted:
            pronoun = document.near(at) in {"i", "he", "she", "we", "they", "it", "you"}
            return Fix(at, 1, "—") if pronoun else None
    return None


@rule("order.question", "how")
def how_will_be(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "How will be my life": the subject belongs between the two verbs."""
    modal, be, determiner = (document.near(index, at) for at in (1, 2, 3))
    if (
        modal not in {"will", "would", "can", "could", "should"}
        or be != "be"
        or determiner not in DETERMINERS
    ):
        return None
    return Fix(index, 4, f"{document.quote(index)} {modal} {determiner} … be")
