"""Verb forms: after auxiliaries and modals, infinitives, gerunds, perfect, passive, time."""

from __future__ import annotations

from functools import cache

from services.leveltest.features.document import HARD, Document
from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.language import LanguagePack, Verb, regular_forms, wordset

RULES = RuleSet()
rule = RULES.rule

MODALS = (
    "can could will would should must may might cannot can't couldn't won't wouldn't shouldn't mustn't "
    "i'll you'll he'll she'll we'll they'll it'll"
)
SUBJECTS = wordset("i you he she it we they who people")
ADVERBS = wordset("always never also really just still only already usually often not ever")
ALL_THAT = wordset("what all everything whatever as thing things anything those who that which")
DOERS = wordset("i he she we they you")
PURE_VERBS = wordset(
    "go agree have think know eat speak give learn understand believe become write choose listen sleep "
    "arrive happen forget remember improve live see buy meet visit play travel find get"
)
"""Verbs whose base form is hardly ever a noun or an adjective."""

GOVERNORS = wordset(
    "want wants wanted need needs needed like likes liked love loves going try tries tried trying able "
    "decide decided hope hopes hoped plan planned learn learned learnt easy difficult important "
    "possible chance opportunity ready happy"
)


@rule("verb.did_past", "did didn't doesn't don't")
def after_do(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "didn't went", "did he went", "doesn't likes"."""
    auxiliary = document.words[index]
    at = 2 if document.near(index) in DOERS | {"it"} else 1
    if at > 1 and document.near(index, at) in {"is", "was", "has"}:
        return None
    if auxiliary == "did" and (at == 1 or not ALL_THAT.isdisjoint(document.before(index, 5))):
        return None
    word = document.near(index, at)
    verb = pack.pasts.get(word) or pack.thirds.get(word)
    if verb is None or word in {"found", "felt", "fell", "left", "lay", "saw", "does"} | pack.verbs.keys():
        return None
    if word in pack.pasts and at == 1 and auxiliary == "don't" and "who" in document.before(index, 2):
        return None
    return Fix(index, at + 1, document.quote(index, at) + " " + verb.base)


@rule("verb.after_modal", MODALS)
def after_modal(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "can to go", "will goes", "should went", "must going"."""
    subject = document.near(index, -1)
    contracted = document.words[index].endswith("'ll")
    if not (contracted or subject in SUBJECTS) or not ALL_THAT.isdisjoint(document.before(index, 4)):
        return None
    at = 2 if document.near(index) in ADVERBS else 1
    word, following = document.near(index, at), document.near(index, at + 1)
    if word == "to" and at == 1 and following in pack.verbs:
        return Fix(index, 3, f"{document.quote(index)} {following}")
    verb = pack.thirds.get(word) or pack.ings.get(word) or pack.pasts.get(word)
    if verb is None or word in pack.verbs or word in {"does", "has", "means"}:
        return None
    return Fix(index, at + 1, document.quote(index, at) + " " + verb.base)


@rule("verb.infinitive", "to")
def infinitive(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "want to went", "need to goes", "try to playing"."""
    governor = document.near(index, -1)
    word = document.near(index)
    verb = pack.pasts.get(word) or pack.thirds.get(word) or pack.ings.get(word)
    if governor not in GOVERNORS or verb is None or word in pack.verbs or word in {"lay", "is"}:
        return None
    if word in pack.ings and (
        governor == "going" or word == "being" or document.near(index, -2) in {"the", "a"}
    ):
        return None
    return Fix(index, 2, f"to {verb.base}")


@rule("verb.be_base", "am is are was were i'm he's she's we're they're you're")
def be_base(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I am go", "he is want", "I'm agree"."""
    be = document.words[index]
    contracted = "'" in be
    if not contracted and document.near(index, -1) not in DOERS:
        return None
    at = 2 if document.near(index) == "not" else 1
    word = document.near(index, at)
    if be in {"he's", "she's"} and word == "become":
        return None
    if (
        word not in PURE_VERBS | {"want", "need"}
        or (word == "become" and be != "am")
        or not ALL_THAT.isdisjoint(document.before(index, 6))
    ):
        return None
    start = index if contracted else index - 1
    subject = be.split("'")[0] if contracted else document.words[start]
    base = word
    subject = "I" if subject == "i" else subject
    negative = ("doesn't " if subject in {"he", "she"} else "don't ") if at > 1 else ""
    if not negative and subject in {"he", "she"}:
        base += "s"
    return Fix(start, index + at - start + 1, f"{subject} {negative}{base}")


@rule("verb.participle", "have has had haven't hasn't hadn't i've you've we've they've")
def perfect(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "have went", "has wrote", "have never visit"."""
    at = 2 if document.near(index) in ADVERBS else 1
    word = document.near(index, at)
    verb = pack.pasts.get(word)
    if (
        verb
        and verb.participle != word
        and word not in pack.participles
        and word not in {"was", "saw", "bore", "wound"}
    ):
        return Fix(index, at + 1, document.quote(index, at) + " " + verb.participle)
    base = pack.verbs.get(word)
    adverb = document.near(index) in {"never", "already", "ever"}
    if at > 1 and adverb and base and base.participle != word and word not in {"need", "want", "use", "work"}:
        return Fix(index, 3, document.quote(index, 2) + " " + base.participle)
    if base and word in UNMISTAKABLE and ALL_THAT.isdisjoint(document.before(index, 6)):
        return Fix(index, at + 1, document.quote(index, at) + " " + base.participle)
    return None


UNMISTAKABLE = wordset(
    "go eat see know write choose speak take give forget enjoy discover decide learn buy meet spend lose "
    "create receive prepare develop improve realise find happen begin"
)
"""Base forms that cannot follow "have" as its object."""


REAL_WORDS = wordset(
    "burned learned dreamed hanged lighted shined seed lied winded teared ringed bended waked costed singed leaded "
    "betted"
)


@cache
def _regularised(pack: LanguagePack) -> dict[str, Verb]:
    """Irregular verbs by the regular past that they do not have, such as "catched"."""
    made_up = {regular_forms(verb.base)[2]: verb for verb in pack.verbs.values() if verb.base != "be"}
    return {form: verb for form, verb in made_up.items() if form not in {verb.past, *pack.pasts, *REAL_WORDS}}


@rule("verb.irregular", _regularised)
def irregular_past(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "catched", "buyed", "writed"."""
    before = document.near(index, -1)
    verb = _regularised(pack)[document.words[index]]
    participle = before in {"have", "has", "had", "i've", "was", "were", "been", "is", "be", "never", "by"}
    return Fix(index, 1, verb.participle if participle else verb.past)


LOOSE_PASTS = wordset("broke drunk shook was bore saw wound ran began came became rang lay")


@rule("verb.passive", "is are was were been be")
def passive(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "was wrote", "is took", "I born in"."""
    word = document.near(index)
    verb = pack.pasts.get(word)
    if verb is None or verb.participle == word or word in pack.participles or word in LOOSE_PASTS:
        return None
    if not ALL_THAT.isdisjoint(document.before(index, 6)):
        return None
    return Fix(index, 2, f"{document.quote(index)} {verb.participle}")


@rule("verb.born", "born")
def born(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I born in 1990"."""
    subject = document.near(index, -1)
    if subject in {"i", "he", "she"} and document.breaks[index - 1]:
        return Fix(index - 1, 2, f"{document.quote(index - 1)} was born")
    return None


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


WANTED = wordset("he she they we i you my our their people")


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
    if following in {"you", "him", "me", "them", "us"} and second in PURE_VERBS - {"see", "find"} | {"come"}:
        return Fix(index, 3, f"{document.quote(index, 2)} to {second}")
    if following in PURE_VERBS:
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
    "enjoy enjoys enjoyed avoid avoids avoided finish finished suggest suggests recommend recommended "
    "dislike dislikes practise"
)


@rule("complement.gerund", GERUND_TAKERS)
def gerund_after_verb(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "enjoy to play", "suggest to go"."""
    verb = pack.verbs.get(document.near(index, 2))
    passive_before = document.near(index, -1) in {
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "highly",
        "strongly",
    }
    if document.near(index) != "to" or verb is None or passive_before or verb.base == "be":
        return None
    return Fix(index, 3, f"{document.quote(index)} {verb.ing}")


@rule("complement.let_make", "let make makes made lets")
def bare_infinitive(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "made me to cry", "let him to go"."""
    person, verb = document.near(index), document.near(index, 3)
    if (
        person in {"me", "him", "us", "them", "you"}
        and document.near(index, 2) == "to"
        and verb in pack.verbs
    ):
        return Fix(index, 4, f"{document.quote(index, 2)} {verb}")
    return None


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


@rule("complement.preposition_gerund", " ".join(AFTER_PREPOSITION))
def gerund_after_preposition(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "without go", "interested in learn", "look forward to see"."""
    preposition = document.words[index]
    at = 2 if preposition == "forward" else 1
    word = document.near(index, at)
    if word not in AFTER_PREPOSITION[preposition] or (at > 1 and document.near(index) != "to"):
        return None
    if preposition == "in" and document.near(index, -1) not in {
        "interested",
        "interest",
        "succeed",
        "interesting",
    }:
        return None
    return Fix(index, at + 1, document.quote(index, at) + " " + pack.verbs[word].ing)
