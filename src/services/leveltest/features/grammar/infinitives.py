"""Infinitives without "to", and "for" where a purpose wants "to"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

PLAIN = "plain_verbs"
OBJECTS = wordset(
    "the a an my your his her our their this these those some more many me you him us them people it"
)
RELATIVES = wordset("what which who whom that those all everything place thing things person people")
DOING = wordset("do does did done make makes all")
LOOSE_PURPOSES = wordset(
    "be do make take get help use visit study work play save change keep start show travel live read pay reach "
    "respect"
)
"""Base forms that are nouns too, or that may follow "for" in a name: they count where an object follows."""
PURPOSES = wordset("buy find feel put ask")


def _to(document: Document, index: int, verb: str) -> Fix:
    return Fix(index, 2, f"{document.quote(index)} to {verb}")


@rule("complement.purpose", "for")
def purpose(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "for improve my English", "for to learn", "for not lose"."""
    word, before, at = document.near(index), document.near(index, -1), 1
    if word == "to":
        second = document.near(index, 2)
        known = second in pack.words(PLAIN) or second in LOOSE_PURPOSES or second in PURPOSES
        return Fix(index, 3, f"to {second}") if known else None
    if word in {"not", "can"}:
        word, at = document.near(index, 2), 2
    if word in LOOSE_PURPOSES:
        meant = document.near(index, at + 1) in OBJECTS
    else:
        meant = word in pack.words(PLAIN) or word in PURPOSES
    thanks = before == "thanks" or document.before(index, 2) == ["thank", "you"]
    stranded = before in {"care", "stand"} or not RELATIVES.isdisjoint(document.before(index, 5))
    if not meant or thanks or stranded:
        return None
    return Fix(index, at + 1, f"{'not ' if document.near(index) == 'not' else ''}to {word}")


SUBJECTS = wordset(
    "i he she we they you it to really would i'd will can have don't i've people who doesn't didn't not just also"
)
SURE_TRYING = wordset("able decided tried planned needs wants tries hopes decides trying wanted hoped needed")
TRYING = wordset("hope decide try plan need love prefer") | SURE_TRYING
HELPED = wordset("me him us them the my your our their people others")
HARDLY_NOUNS = wordset("be do buy find finish start stay use")
AMBIGUOUS = wordset("help work travel live")
WISHING = wordset("would i'd we'd she'd he'd they'd you'd")


@rule("complement.infinitive", " ".join(TRYING) + " like")
def missing_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I hope find a job", "would like discover", "able do", "students need learn"."""
    word, before, verb = document.words[index], document.near(index, -1), document.near(index)
    if not (verb in pack.words(PLAIN) or verb in AMBIGUOUS or verb in HARDLY_NOUNS):
        return None
    wishing = word.startswith(("need", "love", "want", "like", "prefer"))
    if wishing and verb in AMBIGUOUS and document.near(index, 2) not in HELPED:
        return None
    if word == "like":
        return _to(document, index, verb) if before in WISHING else None
    meant = (
        word in SURE_TRYING
        or before in SUBJECTS
        or before in pack.plurals
        or before in pack.words("countable")
    )
    if not meant or (word in {"love", "need", "plan"} and before in {"to", "have", "will"}):
        return None
    return _to(document, index, verb)


BEGINNING = (
    "start starts started starting begin begins began continue continues continued refuse learn learned"
)


@rule("complement.infinitive", BEGINNING)
def begin_without_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "we start learn", "they continue make"."""
    verb = document.near(index)
    if verb not in pack.words(PLAIN) or document.near(index, -1) in {"a", "the", "of", "and", "or"}:
        return None
    return _to(document, index, verb)


EVALUATIONS = (
    "important necessary difficult easy hard impossible possible better good essential easier harder ready"
)
BE = wordset("is it's was be are were that's isn't not")


@rule("complement.infinitive", EVALUATIONS)
def adjective_without_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "it is important learn", "it's easy make friends", "is better have"."""
    verb = document.near(index)
    if verb in {"help", "stay", "work", "study", "use"}:
        meant = document.near(index, 2) in OBJECTS or document.near(index, 2) in {"in", "with"}
    else:
        meant = verb in pack.words(PLAIN) or verb in {"be", "do"}
    before = document.before(index, 4)
    if not meant or BE.isdisjoint(before) or "had" in before or not DOING.isdisjoint(before):
        return None
    return None if before[-1] in {"a", "an", "the"} else _to(document, index, verb)


AIMS = wordset(
    "goal dream idea plan aim hobby purpose way job reason problem decision option choice success solution best thing "
    "next important step point key part future summer reasons"
)
LOOSE_AIMS = wordset("talk change study stay help use")


@rule("complement.infinitive", "is was")
def be_without_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "my dream is become a doctor"; "all we did was wait" is right."""
    verb, following, before = document.near(index), document.near(index, 2), document.near(index, -1)
    meant = verb in pack.words(PLAIN) or (verb in LOOSE_AIMS and following in {"to", "the", "my", "in"})
    if not meant or before not in AIMS or not DOING.isdisjoint(document.before(index, 8)):
        return None
    return _to(document, index, verb)


OPPORTUNITIES = "opportunity opportunities chance chances right ability time ways way"
GIVING = wordset("have has had having give gives get")
CLAUSES = wordset("who that which all when every this some each")


@rule("complement.infinitive", OPPORTUNITIES)
def noun_without_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "we have the opportunity learn", "they have more time spend"."""
    verb = document.near(index)
    if verb not in pack.words(PLAIN) or verb in {"have", "give", "happen"}:
        return None
    if GIVING.isdisjoint(document.before(index, 4)) or not CLAUSES.isdisjoint(document.before(index, 6)):
        return None
    return _to(document, index, verb)


FREE_TIME = wordset(
    "read watch play cook share help visit drink use dance travel ride drive listen sing swim eat learn buy"
)
"""What people say they like; most of it is a noun too, so that an object must follow."""


@rule("complement.infinitive", "like love hate prefer")
def liking_without_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I love share my ideas", "I hate read books", "we like listen to music"."""
    verb, following = document.near(index), document.near(index, 2)
    subjects = (
        {"i", "we", "they"}
        if document.words[index] == "like"
        else {"i", "we", "they", "really", "you", "also"}
    )
    if verb not in FREE_TIME or document.near(index, -1) not in subjects:
        return None
    meant = following in OBJECTS or following in pack.plurals or (verb, following) == ("listen", "to")
    return _to(document, index, verb) if meant else None


PERSONAL = wordset("me him us them you")
METHODS = wordset(
    "make become take improve learn create solve achieve speak be keep behave find buy earn use write get"
)
KNOWING = (
    wordset("know knows learn learned learning teach teaches teaching about on show understand") | PERSONAL
)
AFTER_QUESTION = wordset("in with when if because and about for")


@rule("complement.how_to", "how what where")
def question_infinitive(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "learn how make", "I don't know what do"."""
    word, verb, following = document.words[index], document.near(index), document.near(index, 2)
    if document.near(index, -1) not in KNOWING:
        return None
    ends = not following or following in AFTER_QUESTION
    if (word == "how" and verb in METHODS) or (ends and (word, verb) in {("what", "do"), ("where", "go")}):
        return _to(document, index, verb)
    return None
