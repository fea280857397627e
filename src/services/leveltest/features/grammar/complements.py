"""What follows a verb or a preposition: infinitive, gerund, object and infinitive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.infinitives import PERSONAL
from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.grammar.verbs import PURE_VERBS
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

WANTED = wordset("he she they we i you my our their people")


INVITED = PURE_VERBS - {"see", "find"} | {"come"}


DESIRED = wordset("be do stay start use live study try finish move return")


@rule("complement.want_that", "want wants wanted")
def want_that(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "want that he comes", "want you come", "want go"."""
    following, second = document.near(index), document.near(index, 2)
    if following == "that" and second in WANTED:
        target = {"he": "him", "she": "her", "they": "them", "we": "us", "i": "me"}.get(second, second)
        return Fix(index, 3, f"{document.quote(index)} {target} to …")
    questions = {"what", "whatever", "who", "all", "if", "when", "how"}
    if not questions.isdisjoint(document.before(index, 4)):
        return None
    if following in {"you", "him", "me", "them", "us"} and second in INVITED:
        return Fix(index, 3, f"{document.quote(index, 2)} to {second}")
    if following in PURE_VERBS or following in pack.words("plain_verbs") or following in DESIRED:
        return Fix(index, 2, f"{document.quote(index)} to {following}")
    gerund = pack.ings.get(following)
    if gerund and following not in {
        "training",
        "meeting",
        "painting",
        "being",
        "building",
        "clothing",
        "nothing",
    }:
        return Fix(index, 2, f"{document.quote(index)} to {gerund.base}")
    return None


GERUND_TAKERS = (
    "enjoying finishing keep keeps quit miss consider considering "
    "enjoy enjoys enjoyed avoid avoids avoided finish finished suggest suggests recommend recommended "
    "dislike dislikes practise"
)


@rule("complement.gerund", GERUND_TAKERS)
def gerund_after_verb(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "enjoy to play", "suggest to go", "keep learn"."""
    following, verb = document.near(index), pack.verbs.get(document.near(index, 2))
    if following in pack.words("plain_verbs") and following not in {"have", "say"}:
        return Fix(index, 2, f"{document.quote(index)} {pack.verbs[following].ing}")
    if following != "to" or verb is None or verb.base == "be" or document.near(index, -1) in PASSIVE:
        return None
    return Fix(index, 3, f"{document.quote(index)} {verb.ing}")


PASSIVE = wordset("is are was were be been highly strongly")


PERSONS = PERSONAL | {"people", "students", "her"}
FEELING = wordset("feeling thinking going doing having getting becoming wanting being making")


@rule("complement.let_make", "let make makes made lets making letting")
def bare_infinitive(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "made me to cry", "let him to go", "makes students to learn"."""
    person, verb = document.near(index), document.near(index, 3)
    known = verb in pack.verbs if person in PERSONAL else verb in pack.words("plain_verbs")
    if person not in PERSONS or document.near(index, 2) != "to" or not known:
        return None
    return Fix(index, 4, f"{document.quote(index, 2)} {verb}")


@rule("complement.let_make", "let make makes made lets making letting helps help helped helping")
def wrong_form_after_object(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "makes me feeling", "help them improving", "makes you thinks", "made us felt"."""
    person, word = document.near(index), document.near(index, 2)
    if person not in PERSONAL or not NEGATED.isdisjoint(document.before(index, 2)):
        return None
    plain, doing = pack.words("plain_verbs"), pack.ings.get(word)
    if doing:
        meant = word in FEELING or (document.words[index].startswith("help") and doing.base in plain)
        return Fix(index, 3, f"{document.quote(index, 2)} {doing.base}") if meant else None
    verb = pack.thirds.get(word) or pack.pasts.get(word)
    if word in {"felt", "feels"}:
        return Fix(index, 3, f"{document.quote(index, 2)} feel")
    if verb is None or verb.base not in plain or word in pack.participles or word in pack.verbs:
        return None
    return Fix(index, 3, f"{document.quote(index, 2)} {verb.base}")


NEGATED = wordset("can't cannot not without")


AFTER_PREPOSITION = {
    "without": PURE_VERBS - {"play", "have", "travel"},
    "about": PURE_VERBS & {"go", "learn", "eat", "become", "write", "choose", "buy", "visit"},
    "in": PURE_VERBS & {"learn", "go", "speak", "become", "improve", "understand", "write", "choose"},
    "at": PURE_VERBS & {"learn", "speak", "write", "choose", "understand", "play"},
    "by": PURE_VERBS & {"go", "learn", "speak", "eat", "write", "choose", "listen", "improve", "buy", "give"},
    "of": PURE_VERBS
    & {"go", "learn", "speak", "become", "understand", "choose", "improve", "eat", "meet", "buy"},
    "forward": wordset("see meet hear go visit receive have"),
}


BEFORE_OBJECT = wordset("of without about by after before from in")
DETERMINED = wordset(
    "the a an my your his her our their this these me you him us them it some more something new many"
)
STRANDING = wordset("what which that who whom those all everything place thing things people")


@rule("complement.preposition_gerund", " ".join({*AFTER_PREPOSITION, *BEFORE_OBJECT}))
def gerund_after_preposition(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "without go", "interested in learn", "look forward to see", "instead of make friends"."""
    preposition, before = document.words[index], document.near(index, -1)
    at = 2 if preposition == "forward" else 1
    word = document.near(index, at)
    verb = pack.verbs.get(word)
    if verb is None or (at > 1 and document.near(index) != "to"):
        return None
    sure = word in AFTER_PREPOSITION.get(preposition, ()) and (preposition != "in" or before in INTEREST)
    if not sure and not _before_object(document, index, pack):
        return None
    return Fix(index, at + 1, document.quote(index, at) + " " + verb.ing)


def _before_object(document: Document, index: int, pack: LanguagePack) -> bool:
    """True for a preposition, a plain verb and its object: "instead of make friends", "by help them"."""
    preposition, word = document.words[index], document.near(index)
    if preposition not in BEFORE_OBJECT or not (word in pack.words("plain_verbs") or word in {"be", "do"}):
        return False
    before = document.near(index, -1)
    if document.near(index, 2) not in DETERMINED and (preposition, before) != ("of", "instead"):
        return False
    stranded = preposition == "in" and (before in pack.verbs or before in pack.pasts)
    return (
        not stranded and before not in {"never", "once"} and STRANDING.isdisjoint(document.before(index, 6))
    )


INTEREST = wordset("interested interest succeed interesting")


@rule("complement.gerund", "suggest suggests suggested")
def suggest_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I suggest you to take the bus"."""
    person, verb = document.near(index), document.near(index, 3)
    if person not in {"you", "them", "him", "us", "her", "people"} or document.near(index, 2) != "to":
        return None
    subject = {"them": "they", "him": "he", "us": "we", "her": "she"}.get(person, person)
    return Fix(index, 4, f"{document.quote(index)} that {subject} {verb}") if verb in pack.verbs else None


@rule("complement.preposition_gerund", "for")
def thanks_for(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "thank you for invited me", "thanks for invite me"."""
    word = document.near(index)
    verb = pack.pasts.get(word) or pack.verbs.get(word)
    thanks = document.near(index, -1) == "thanks" or document.before(index, 2) == ["thank", "you"]
    if not thanks or verb is None or document.near(index, 2) not in {"me", "us", "my", "your", "the", "to"}:
        return None
    return Fix(index, 2, f"for {verb.ing}")


@rule("complement.preposition_gerund", "after before without")
def past_after_preposition(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "after finished my work"."""
    verb = pack.pasts.get(document.near(index))
    if verb is None or document.near(index, 2) not in DETERMINED or document.near(index) in pack.verbs:
        return None
    if document.near(index, -1) in {
        "day",
        "week",
        "year",
        "month",
        "night",
        "years",
        "ever",
        "never",
        "morning",
    }:
        return None
    return Fix(index, 2, f"{document.quote(index)} {verb.ing}")
