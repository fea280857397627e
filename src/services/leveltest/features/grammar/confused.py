"""Words taken for one another, and prepositions of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.rule import Fix, RuleSet, closes_phrase
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

DETERMINERS = wordset("the a an my your his her our their this these those")
POSSESSIVES = wordset("my your his her our their")


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


COMPARING = wordset("more less rather")


COMPARED = wordset("me him them us you a an the my others before any")


@rule("confused.than", "then")
def than(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "better then me", "more then ten"."""
    before, following = document.near(index, -1), document.near(index)
    compares = before in pack.words("comparatives") - {"later", "earlier", "closer"} or before in COMPARING
    person = following in COMPARED
    return Fix(index - 1, 2, f"{before} than") if compares and (person or following.isdecimal()) else None


EXTREMES = wordset("much many expensive late difficult big small young far tired busy easy")


@rule("confused.too", "to")
def too(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "is to expensive"."""
    before, following = document.near(index, -1), document.near(index)
    if (
        before in {"is", "are", "was", "were", "it's"}
        and following in EXTREMES
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
    if document.near(index) not in {"", "in", "about", "because", "to", "and", "but"} or (
        word == "boring" and document.near(index)
    ):
        return None
    return Fix(index, 1, word.removesuffix("ing") + "ed")


DAYS = wordset("monday tuesday wednesday thursday friday saturday sunday")
MONTHS = wordset("summer winter january february april june july august september october november december")
PARTS_OF_DAY = wordset("morning evening afternoon")


@rule("preposition.time", "in at on")
def time_preposition(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "in Monday", "on July", "at the morning", "in night"."""
    preposition, noun = document.words[index], document.near(index)
    if preposition != "on" and noun in DAYS and not document.near(index, 2).startswith(("night", "morning")):
        return Fix(index, 2, f"on {document.quote(index + 1)}")
    time = document.near(index, 2)
    if (
        (preposition, noun) == ("at", "the")
        and time in PARTS_OF_DAY
        and closes_phrase(document, index + 3, pack)
    ):
        return Fix(index, 3, f"in the {time}")
    if preposition == "on" and noun in MONTHS and document.near(index, 2) == "":
        return Fix(index, 2, f"in {document.quote(index + 1)}")
    return Fix(index, 2, "at night") if (preposition, noun) == ("in", "night") else None
