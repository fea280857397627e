"""Word order, missing words, negation, and words taken for one another."""

from __future__ import annotations

from services.leveltest.features.document import HARD, Document
from services.leveltest.features.grammar.rule import Fix, RuleSet, closes_phrase
from services.leveltest.features.language import LanguagePack, wordset

RULES = RuleSet()
rule = RULES.rule

LIKING = wordset("like likes liked love loves loved enjoy enjoys enjoyed")
DETERMINERS = wordset("the a an my your his her our their this these those")
POSSESSIVES = wordset("my your his her our their")
LANGUAGES = wordset("english french spanish german korean chinese japanese italian arabic dutch")
BE = wordset("am is are was were be been being isn't wasn't aren't weren't")
WH = wordset("what where when why how who which")


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


@rule("order.frequency", "always usually often never sometimes")
def frequency_after_verb(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I go always to", "he plays often with"."""
    verb, subject = document.near(index, -1), document.near(index, -2)
    if subject not in {"i", "we", "they"} or verb not in {
        "go",
        "eat",
        "play",
        "watch",
        "drink",
        "visit",
        "listen",
    }:
        return None
    if document.near(index) in {"to", "in", "at", "with", "the", "my"}:
        return Fix(index - 1, 2, f"{document.words[index]} {verb}")
    return None


@rule("order.question", "why where what how when")
def question_order(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "Why you don't come?": a question without inversion."""
    subject, verb = document.near(index), document.near(index, 2)
    plain = verb in {
        "are",
        "is",
        "don't",
        "do",
        "can",
        "can't",
        "want",
        "like",
        "go",
        "think",
        "will",
        "were",
        "was",
    }
    if not document.starts(index) or subject not in {"you", "we", "they", "he", "she"} or not plain:
        return None
    end = index + 1
    while end < len(document) and document.breaks[end] != HARD:
        end += 1
    if not document.text[document.spans[end - 1][1] :].lstrip().startswith("?") or end - index > 8:
        return None
    auxiliary = verb if verb not in {"want", "like", "go", "think", "do"} else "do"
    return Fix(index, 3, f"{document.quote(index)} {auxiliary} {subject} …")


@rule("order.indirect_question", "know knows knew understand wonder")
def indirect_question(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I don't know where is it"."""
    question, verb, subject = (document.near(index, at) for at in (1, 2, 3))
    if question not in WH - {"who"} or verb not in {"is", "are", "was", "were"}:
        return None
    if subject not in {"he", "she", "they", "we", "you", "it"} or not closes_phrase(
        document, index + 4, pack
    ):
        return None
    if document.near(index, 4) in {"that", "to", "like"}:
        return None
    return Fix(index + 1, 3, f"{question} {subject} {verb}")


@rule("copula.missing", "i he she we they it")
def missing_be(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I very happy", "she beautiful"."""
    word, before = document.words[index], document.near(index, -1)
    at = 2 if document.near(index) in {"very", "so", "too", "really"} else 1
    adjective = document.near(index, at)
    verbal = {
        "better",
        "clean",
        "cool",
        "calm",
        "long",
        "slow",
        "free",
        "kind",
        "hard",
        "fast",
        "fat",
        "like",
        "right",
    }
    if adjective not in pack.words("adjectives") - verbal or (
        before and before not in {"and", "but", "because", "so"}
    ):
        return None
    if (word == "it" and before == "and") or not closes_phrase(document, index + at + 1, pack):
        return None
    return Fix(index, at + 1, f"{document.quote(index)} {_be(word)} {document.quote(index + 1, at)}")


def _be(subject: str) -> str:
    return {"i": "am", "he": "is", "she": "is", "it": "is"}.get(subject, "are")


@rule("be.age", "have has i've")
def age(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I have 20 years"."""
    if document.words[index] != "i've" and document.near(index, -1) not in {"i", "he", "she"}:
        return None
    number, unit, following = (document.near(index, at) for at in (1, 2, 3))
    if not number.isdigit() or unit not in {"years", "year"} or not 5 <= int(number) <= 99:
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


THEIRS = wordset(
    "own parents house lives life friends family children homes home job jobs teacher teachers phone phones"
)


@rule("confused.their", "there their they")
def their(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "with there friends", "their is", "they parents"."""
    word, following, before = document.words[index], document.near(index), document.near(index, -1)
    if word == "their" and following in {"is", "are", "was", "were"}:
        return Fix(index, 2, f"there {following}")
    if following not in THEIRS or (word == "they" and following in {"own", "home", "phone", "house", "job"}):
        return None
    if word == "there" and (
        following == "own" or before in {"with", "of", "for", "from", "about", "lose", "use", "all"}
    ):
        return Fix(index, 2, f"their {following}")
    if word == "they" and (not before or before in {"with", "of", "for", "and", "to"}):
        return Fix(index, 2, f"their {following}")
    return None


@rule("confused.its", "its it's")
def its(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "its a", "it's own"."""
    word, following = document.words[index], document.near(index)
    if word == "its" and (
        following in {"a", "an", "the", "because", "been", "not", "my", "going"}
        or (following in pack.words("adjectives") and document.near(index, 2) in {"to", "that", "for"})
    ):
        return Fix(index, 2, f"it's {following}")
    return Fix(index, 2, "its own") if word == "it's" and following == "own" else None


@rule("confused.your", "your you're")
def your(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "your welcome", "you're house"."""
    word, following = document.words[index], document.near(index)
    if word == "your" and following in {"welcome", "going", "not", "the", "a", "an", "so"}:
        return (
            None
            if document.near(index, 2) in {"present", "message"}
            else Fix(index, 2, f"you're {following}")
        )
    if word == "you're" and following in {"own", "house", "name", "parents", "family", "friends", "life"}:
        return Fix(index, 2, f"your {following}")
    return None


@rule("confused.than", "then")
def than(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "better then me", "more then ten"."""
    before, following = document.near(index, -1), document.near(index)
    compares = before in pack.words("comparatives") - {"later", "earlier", "closer"} or before in {
        "more",
        "less",
        "rather",
    }
    person = following in {
        "me",
        "him",
        "them",
        "us",
        "you",
        "a",
        "an",
        "the",
        "my",
        "others",
        "before",
        "any",
    }
    return Fix(index - 1, 2, f"{before} than") if compares and (person or following.isdigit()) else None


@rule("confused.too", "to")
def too(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "is to expensive"."""
    before, following = document.near(index, -1), document.near(index)
    extreme = {
        "much",
        "many",
        "expensive",
        "late",
        "difficult",
        "big",
        "small",
        "young",
        "far",
        "tired",
        "busy",
        "easy",
    }
    if (
        before in {"is", "are", "was", "were", "it's"}
        and following in extreme
        and closes_phrase(document, index + 2, pack)
    ):
        return Fix(index, 2, f"too {following}")
    return None


@rule("confused.lose", "loose")
def lose(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "to loose", "will loose weight"."""
    before, following = document.near(index, -1), document.near(index)
    verbal = before in {"to", "will", "can", "don't", "could", "would", "i", "we", "they", "you"}
    if (verbal and following not in {"ends", "change"}) or following in {"weight", "time"}:
        return Fix(index, 1, "lose")
    return None


@rule("confused.would_have", "of")
def would_have(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "should of gone"."""
    modal = document.near(index, -1)
    if modal in {"should", "could", "would", "must"} and document.near(index) not in {"course", "", "the"}:
        return Fix(index - 1, 2, f"{modal} have")
    return None


@rule("confused.noun_verb", "advise affect live")
def noun_for_verb(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "good advise", "a bad affect", "my live"."""
    word, before = document.words[index], document.near(index, -1)
    if word == "advise" and before in {"an", "some", "good", "the", "any"}:
        return Fix(index, 1, "advice")
    if word == "affect" and before in {"the", "an", "positive", "negative", "bad", "good", "big"}:
        return Fix(index, 1, "effect")
    if word == "live" and before in POSSESSIVES - {"her"} and closes_phrase(document, index + 1, pack):
        return Fix(index, 1, "life")
    return None


THINGS = wordset(
    "book books thing things story house film movie job car city country place places problem game"
)
PERSONS = wordset("people person man woman friend friends girl boy someone students student somebody")


@rule("confused.relative", "who which wich")
def relative(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "a book who", "people which"."""
    word, before = document.words[index], document.near(index, -1)
    if word == "wich":
        return Fix(index, 1, "which")
    if (
        word == "who"
        and before in THINGS
        and document.near(index, -2) in DETERMINERS | {"one", "many", "new", "other"}
    ):
        return Fix(index - 1, 2, f"{before} which")
    if word == "which" and before in PERSONS and document.near(index, -2) not in {"of", "to", "for"}:
        return Fix(index - 1, 2, f"{before} who")
    return None


@rule("confused.feeling", "exciting interesting surprising confusing boring")
def feeling(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I am exciting", "I'm very interesting in"."""
    word = document.words[index]
    window = document.before(index, 3)
    if window and window[-1] in {"so", "very", "really"}:
        window = window[:-1]
    if window[-2:] != ["i", "am"] and window[-1:] != ["i'm"]:
        return None
    if document.near(index) in {"person", "for", "people"} or (word == "boring" and document.near(index)):
        return None
    return Fix(index, 1, word.removesuffix("ing") + "ed")


@rule("preposition.time", "in at on")
def time_preposition(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "in Monday", "on July", "at the morning", "in night"."""
    preposition, noun = document.words[index], document.near(index)
    days = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
    if preposition != "on" and noun in days and not document.near(index, 2).startswith(("night", "morning")):
        return Fix(index, 2, f"on {document.quote(index + 1)}")
    if (
        preposition == "at"
        and noun == "the"
        and document.near(index, 2) in {"morning", "evening", "afternoon"}
    ):
        return Fix(index, 3, f"in the {document.near(index, 2)}")
    seasons = {
        "summer",
        "winter",
        "january",
        "february",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
    }
    if preposition == "on" and noun in seasons and document.near(index, 2) == "":
        return Fix(index, 2, f"in {document.quote(index + 1)}")
    return Fix(index, 2, "at night") if (preposition, noun) == ("in", "night") else None


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
