"""Tenses: past for what is past, time with the perfect, conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.document import HARD
from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.grammar.verbs import DOERS, SUBJECTS
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

UNITS = wordset("second seconds minute minutes hour hours day days week weeks month months year years")
NUMBERS = wordset("one two three four five six seven eight nine ten many several a")


def _amount(document: Document, index: int) -> bool:
    word = document.near(index)
    return (word in NUMBERS or word.isdecimal()) and document.near(index, 2) in UNITS


AFTER_DURATION = wordset("ago before later old of period")


@rule("tense.since_duration", "since during")
def duration(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "since 3 years", "during two weeks"."""
    word = document.near(index)
    if not _amount(document, index) or document.near(index, 3) in AFTER_DURATION:
        return None
    if word == "one" or (word == "a" and document.words[index] == "during"):
        return None
    return Fix(index, 3, "for " + document.quote(index + 1, 2))


STATES = wordset("think believe guess remember know hope want suppose have")


@rule("tense.past_marker", "yesterday last")
def past_marker(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "Yesterday I go", "last summer we visit"."""
    at = index + 1
    if document.words[index] == "last":
        if document.near(index) not in {"week", "month", "year", "summer", "winter", "night", "weekend"}:
            return None
        at += 1
    if not document.starts(index) or at + 1 >= len(document) or document.breaks[at] == HARD:
        return None
    verb = pack.verbs.get(document.near(at))
    if document.words[at] not in {"i", "we", "they", "he", "she"} or verb is None or verb.past == verb.base:
        return None
    return None if verb.base in STATES else Fix(at, 2, f"{document.quote(at)} {verb.past}")


@rule("tense.if_will", "if")
def conditional(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "If I will have …", "If I would have …" at the beginning of a sentence."""
    subject, modal = document.near(index), document.near(index, 2)
    if (
        not document.starts(index)
        or subject not in SUBJECTS - {"you", "who"}
        or modal not in {"will", "would"}
    ):
        return None
    if modal == "would" and document.near(index, 3) in {"like", "please", "rather", "prefer"}:
        return None
    verb = pack.verbs.get(document.near(index, 3))
    if verb is None:
        return None
    right = verb.past if modal == "would" else verb.third if subject in {"he", "she", "it"} else verb.base
    if modal == "would" and verb.base == "be":
        right = "were"
    return Fix(index, 4, f"if {document.quote(index + 1)} {right}")


@rule("tense.past_marker", "yesterday ago")
def past_marker_after(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I go there two years ago", "we visit them yesterday"."""
    for at in range(index - 1, max(index - 10, -1), -1):
        if document.breaks[at + 1]:
            return None
        verb = pack.verbs.get(document.words[at])
        if verb and verb.past != verb.base and document.near(at, -1) in {"i", "we", "they", "he", "she"}:
            if not LICENSED.isdisjoint(document.before(at, 3)) or verb.base in STATES:
                return None
            return Fix(at - 1, 2, f"{document.quote(at - 1)} {verb.past}")
        if document.words[at] in pack.pasts or document.words[at] in FINITE:
            return None
    return None


FINITE = wordset("is are was were am had has did have been can could would will should")
LICENSED = wordset("did do does didn't don't doesn't to would could should will can let make made if")


@rule("tense.sequence", "when")
def when_i_was(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "When I was young I want to be a pilot"."""
    if document.near(index) not in {"i", "we", "he", "she", "they"} or document.near(index, 2) not in {
        "was",
        "were",
    }:
        return None
    if not document.starts(index) or document.near(index, 3) not in {
        "young",
        "a",
        "little",
        "in",
        "small",
        "at",
        "younger",
    }:
        return None
    for at in range(index + 4, min(index + 12, len(document) - 1)):
        if document.breaks[at] == HARD:
            return None
        if document.words[at] in {"i", "we", "he", "she", "they"}:
            verb = pack.verbs.get(document.near(at))
            if verb is None or verb.past == verb.base or verb.base in STATES - {"have", "want"}:
                return None
            return Fix(at, 2, f"{document.quote(at)} {verb.past}")
    return None


@rule("tense.sequence", "and")
def past_and_base(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "We went there and eat pizza"."""
    word = document.near(index)
    if word not in pack.words("plain_verbs") or document.breaks[index]:
        return None
    verb = pack.verbs[word]
    if verb.past == verb.base or verb.base in STATES:
        return None
    before = document.before(index, 9)
    subjects = [at for at, name in enumerate(before) if name in {"i", "we", "they", "he", "she"}]
    if not subjects or not LICENSES.isdisjoint(before):
        return None
    rest = before[subjects[-1] + 1 :]
    if not rest or not (
        rest[0] in pack.pasts and rest[0] not in pack.verbs and rest[0] not in {"had", "was", "were"}
    ):
        return None
    if any(name in pack.verbs and name in pack.words("plain_verbs") for name in rest):
        return None
    return Fix(index, 2, f"and {verb.past}")


LICENSES = wordset(
    "to do does did didn't don't can could will would should must may might let make made help helped see saw hear "
    "heard had felt watch watched not suggested recommended insisted used"
)


POSSESSED = wordset("a an the more enough one 1 time money to some my")
LONGEST_CONDITION = 16


@rule("tense.if_had_will", "if")
def unreal_condition(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "If I had more money, I will buy a car"."""
    subject, verb, following = (document.near(index, at) for at in (1, 2, 3))
    if subject not in DOERS or verb != "had" or following not in POSSESSED:
        return None
    last = min(index + LONGEST_CONDITION, len(document) - 1)
    at = next((at for at in range(index + 4, last) if document.breaks[at]), last)
    if at == last or document.breaks[at] == HARD:
        return None
    if document.words[at] in DOERS and document.near(at) == "will":
        return Fix(at, 2, f"{document.quote(at)} would")
    return (
        Fix(at, 1, document.quote(at)[:-2] + "d")
        if document.words[at] in {"i'll", "we'll", "you'll"}
        else None
    )


LASTING = wordset("live work study know am play")


@rule("tense.since_present", "since")
def since_present(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I live here since 2015"."""
    following = document.near(index)
    if not (following.isdecimal() or following in {"childhood", "january", "september", "monday"}) and (
        (following, document.near(index, 2)) != ("i", "was")
    ):
        return None
    before = document.before(index, 6)
    for at, word in enumerate(before[:-1]):
        if (
            word in {"i", "we", "they"}
            and before[at + 1] in LASTING
            and (at == 0 or before[at - 1] not in {"that", "who"})
        ):
            verb = pack.verbs.get(before[at + 1])
            first = index - len(before) + at
            done = "been" if before[at + 1] == "am" else verb.participle if verb else ""
            return Fix(first, 2, f"{document.quote(first)} have {done}")
    return None


ASKING = wordset(
    "know wonder ask asked tell told see say said decide sure about of the knows question remember understand "
    "think day time moment days predict imagine is was not"
)
TELLING = wordset("tell tells told ask asks asked show know wonder")
WHENEVER = "when until after once"


@rule("tense.if_will", WHENEVER)
def when_will(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "When I will be old", "until I will find a job"."""
    subject, verb = document.near(index), pack.verbs.get(document.near(index, 3))
    if subject not in SUBJECTS - {"who"} or document.near(index, 2) != "will" or verb is None:
        return None
    asked = document.near(index, -1) in ASKING or not TELLING.isdisjoint(document.before(index, 4))
    if asked or document.question(index):
        return None
    right = verb.third if subject in {"he", "she", "it"} else verb.base
    if verb.base == "be":
        right = {"i": "am", "he": "is", "she": "is", "it": "is"}.get(subject, "are")
    return Fix(index, 4, f"{document.quote(index, 2)} {right}")


HAVE = {"have": -1, "has": -1, "i've": 0, "we've": 0, "they've": 0, "you've": 0}


@rule("tense.perfect_past", "yesterday ago last")
def perfect_with_past_time(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I have seen him yesterday", "we have met two years ago"."""
    if document.words[index] == "last" and (
        document.near(index) not in {"week", "month", "year", "summer", "winter", "night", "weekend"}
        or document.near(index, -1) in {"the", "this", "my", "our", "since", "in", "over", "for", "during"}
    ):
        return None
    for at in range(index - 1, max(index - 9, -1), -1):
        word = document.words[at]
        if document.breaks[at + 1] or word in {
            "since",
            "until",
            "from",
            "that",
            "which",
            "who",
            "and",
            "but",
            "if",
            "when",
        }:
            return None
        if word in HAVE:
            done = document.near(at)
            verb = pack.participles.get(done)
            subject = document.near(at, -1) in SUBJECTS - {"who"} or HAVE[word] == 0
            if verb is None or not subject or document.near(at, -2) in {"to", "would", "could"}:
                return None
            owner = document.near(at, -1) if "'" not in word else word.split("'")[0]
            past = verb.past if done != "been" else "were" if owner in {"we", "they", "you"} else "was"
            if "'" in word:
                return Fix(at, 2, f"{'I' if owner == 'i' else owner} {past}")
            return Fix(at, 2, past)
    return None


@rule("tense.perfect_past", "last yesterday")
def past_time_with_perfect(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "Last summer, I have visited"."""
    at = index + 1
    if document.words[index] == "last":
        if document.near(index) not in {"week", "month", "year", "summer", "winter", "night", "weekend"}:
            return None
        at += 1
    if not document.starts(index) or at + 2 >= len(document) or HARD in document.breaks[at : at + 3]:
        return None
    if document.words[at] not in {"i", "we", "they", "he", "she"} or document.words[at + 1] not in {
        "have",
        "has",
    }:
        return None
    verb = pack.participles.get(document.words[at + 2])
    return (
        Fix(at, 3, f"{document.quote(at)} {verb.past}") if verb and verb.base not in {"be", "get"} else None
    )
