"""Auxiliaries: one that is missing, one too many, or one with the wrong form after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.infinitives import AIMS
from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.grammar.verbs import MODALS, NAMING
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

OPENERS = wordset(
    "and but because so if when that while although though think believe know who where what why"
)
SUBJECTS = {"i": "am", "he": "is", "she": "is", "we": "are", "they": "are", "you": "are"}
BE = wordset(
    "am is are was were be been being isn't aren't wasn't weren't i'm you're he's she's we're they're it's"
)
NOT_ING = wordset(
    "during nothing something anything everything thing morning evening being including regarding"
)
ADVERBS = wordset("not always never also really just still only already now even")


def _opens(document: Document, index: int) -> bool:
    return bool(document.breaks[index]) or document.words[index - 1] in OPENERS


GONNA = wordset("gonna gona goona")


def _doing(pack: LanguagePack) -> frozenset[str]:
    return frozenset(pack.ings) - NOT_ING | GONNA


@rule("copula.missing", _doing)
def missing_be(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "they going to", "I always trying", "we gonna"."""
    at = 2 if document.near(index, -1) in ADVERBS else 1
    subject = document.near(index, -at)
    opening = _opens(document, index - at) or _future(document, index, subject, pack)
    if subject not in SUBJECTS or not opening or not BE.isdisjoint(document.before(index - at, 4)):
        return None
    if subject == "you" and document.starts(index - at) and document.words[index] not in {"gonna", "going"}:
        return None
    words = f"{document.quote(index - at)} {SUBJECTS[subject]} {document.quote(index - at + 1, at)}"
    return Fix(index - at, at + 1, words)


GOVERNING = wordset("see saw seeing with of about imagine like without hear than for")


def _future(document: Document, index: int, subject: str, pack: LanguagePack) -> bool:
    """True for "gonna" and "going to", which want "be" wherever they stand; "with you going to work" does not."""
    if document.words[index] in GONNA:
        return True
    if (document.words[index], document.near(index)) != ("going", "to"):
        return False
    verb = document.near(index, 2)
    return subject != "you" or (verb in pack.verbs and GOVERNING.isdisjoint(document.before(index, 3)))


SINGULARS = wordset("it that this who everything everyone everybody nobody somebody someone")


@rule("copula.missing", " ".join(GONNA) + " going")
def future_without_be(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "it going to be", "parents gonna help"."""
    at = 2 if document.near(index, -1) in ADVERBS else 1
    subject, verb = document.near(index, -at), document.near(index, 2)
    plural = subject in pack.plurals
    if not (
        plural
        or subject in SINGULARS
        or (subject in pack.words("countable") and document.words[index] in GONNA)
    ):
        return None
    if document.words[index] == "going" and (document.near(index) != "to" or not _plainly(verb, pack)):
        return None
    earlier = document.before(index - at, 5)
    if not BE.isdisjoint(earlier) or not GOVERNING.isdisjoint(earlier[-3:]):
        return None
    be = "are" if plural else "is"
    return Fix(index - at, at + 1, f"{document.quote(index - at)} {be} {document.quote(index - at + 1, at)}")


def _plainly(verb: str, pack: LanguagePack) -> bool:
    return verb in pack.words("plain_verbs") or verb in {"be", "help", "do"}


HAVING = wordset("have has had haven't hasn't hadn't having never ever")
ONLY_PARTICIPLES = "been seen done gone taken given known written chosen grown spoken forgotten eaten"


@rule("verb.have_missing", ONLY_PARTICIPLES)
def missing_have(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I been there", "they done it"."""
    at = 2 if document.near(index, -1) in ADVERBS else 1
    subject = document.near(index, -at)
    if subject not in SUBJECTS or not _opens(document, index - at):
        return None
    if not HAVING.isdisjoint(document.before(index - at, 5)):
        return None
    have = "has" if subject in {"he", "she"} else "have"
    words = f"{document.quote(index - at)} {have} {document.quote(index - at + 1, at)}"
    return Fix(index - at, at + 1, words)


STATES = wordset(
    "able happy unhappy successful possible impossible difficult important afraid interested ready careful"
)


LOOSE_STATES = wordset(
    "good better great nice easier easy hard bad helpful useful interesting boring beautiful different dangerous sad "
    "proud rich famous healthy strong tired sick late necessary"
)
"""They count between a pronoun and what follows a complement."""
PRONOUNS = wordset("i he she it we they this that which who people you")
AFTER_STATE = wordset("if for to because when and but in that with at so as") | {""}


@rule("verb.after_modal", MODALS)
def modal_and_state(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "you will able to", "it would difficult"."""
    at = 2 if document.near(index) in ADVERBS else 1
    word, before, following = document.near(index, at), document.near(index, -1), document.near(index, at + 1)
    loose = word in LOOSE_STATES and before in PRONOUNS and following in AFTER_STATE
    if not (loose or word in STATES) or before in NAMING:
        return None
    return Fix(index, at + 1, f"{document.quote(index, at)} be {word}")


NEGATIVES = "don't doesn't didn't"


@rule("copula.missing", NEGATIVES)
def negated_state(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "they don't able to", "I don't afraid"."""
    word, subject = document.near(index), document.near(index, -1)
    if word not in STATES and word not in {"sure", "agreed", "good", "bad"}:
        return None
    past = document.words[index] == "didn't"
    be = "was" if past else SUBJECTS.get(subject, "is" if document.words[index] == "doesn't" else "are")
    if past and subject in {"we", "they", "you"}:
        be = "were"
    return Fix(index, 2, f"{be} not {word}")


@rule("tense.used_to", "use")
def used_to(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I use to live there", "my teacher use to say"."""
    subject, following = document.near(index, -1), document.near(index, 2)
    if document.near(index) != "to" or (following not in pack.verbs and following != "be"):
        return None
    if subject in pack.words("countable"):
        meant = ASKED.isdisjoint(document.before(index, 6))
    else:
        meant = subject in BE or (
            subject in SUBJECTS
            and _opens(document, index - 1)
            and document.near(index, -2) not in {"what", "that"}
        )
    return Fix(index, 2, "used to") if meant else None


ASKED = wordset("did do does didn't can could will would should to what that which and or")


ACTIVE = wordset(
    "have go become want think know agree depend happen seem belong believe hope get succeed come grow sit"
)
"""What has no passive, or is hardly meant so after "be": the "be" is too much."""
PASSIVES = wordset(
    "use base call do find help finish treat punish raise focus influence advise burn affect judge"
)
DOING = wordset("do does did done doing all what everything thing things")


@rule("verb.passive", "be been being is are was were")
def be_and_base(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "can be use", "the book is call", "were build"."""
    word, be = document.near(index), document.words[index]
    plain = word in pack.words("plain_verbs")
    if be in {"is", "are", "was", "were"}:
        based = (word, document.near(index, 2)) == ("base", "on")
        sure = based or word in PLAIN_PASSIVES or (plain and document.near(index, -1) in pack.plurals)
    else:
        sure = plain or word in PASSIVES
    if not sure or word in ACTIVE:
        return None
    verb = pack.verbs.get(word)
    if verb is None or verb.participle == word or not DOING.isdisjoint(document.before(index, 7)):
        return None
    return Fix(index, 2, f"{document.quote(index)} {verb.participle}")


PLAIN_PASSIVES = wordset(
    "call require teach give accept write choose understand build forget allow consider invite educate provide create "
    "connect prepare"
)


@rule("verb.be_base", "be are were")
def superfluous_be(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "they will be have", "other people are agree"."""
    word, before = document.near(index), document.near(index, -1)
    if word not in ACTIVE or not DOING.isdisjoint(document.before(index, 7)):
        return None
    meant = before in MODAL_OR_TO if document.words[index] == "be" else before in pack.plurals
    return Fix(index, 2, word) if meant else None


@rule("verb.be_base", "is was")
def superfluous_is(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "not everybody is agree", "my friend was want"."""
    word, before = document.near(index), document.near(index, -1)
    if word not in pack.words("plain_verbs") or word in PLAIN_PASSIVES or not before or before in AIMS:
        return None
    if before in pack.words("function") or not DOING.isdisjoint(document.before(index, 9)):
        return None
    if not WHO.isdisjoint(document.before(index, 4)):
        return None
    verb = pack.verbs[word]
    return Fix(index, 2, verb.third if document.words[index] == "is" else verb.past)


WHO = wordset("who what how where which if")


@rule("verb.be_base", "is are was were")
def be_and_object(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "nobody is pay me", "they are help us"."""
    word = document.near(index)
    verb = pack.verbs.get(word)
    following = document.near(index, 2)
    helped = word == "help" and following in {"you", "the", "people", "students", "your"}
    if verb is None or not (helped or following in {"me", "us", "them", "him"}):
        return None
    meant = word not in {"like", "cost"} and word not in pack.participles
    if not meant or not DOING.isdisjoint(document.before(index, 7)):
        return None
    return Fix(index, 2, f"{document.words[index]} {verb.ing}")


MODAL_OR_TO = wordset(
    "to can could will would should must may might not they'll we'll you'll i'll he'll she'll"
)


SEEMING = wordset("seems depends means looks helps makes needs gives allows")


@rule("verb.be_base", "it's")
def contracted_and_third(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "it's depends", "it's seems"."""
    word = document.near(index)
    known = word in SEEMING or (word in pack.thirds and pack.thirds[word].base in pack.words("plain_verbs"))
    return Fix(index, 2, f"it {word}") if known and word not in {"has", "is"} else None


DONE = wordset("been seen heard gone met known understood forgotten visited finished")


@rule("verb.participle", "do does don't doesn't")
def do_have_done(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "Do you have heard", "I don't have seen it"."""
    at = 2 if document.near(index) in SUBJECTS else 1
    done = document.near(index, at + 1)
    if document.near(index, at) != "have" or done not in DONE:
        return None
    if at > 1:
        return Fix(index, 4, f"have {document.quote(index + 1)} {done}")
    have = "hasn't" if document.words[index] == "doesn't" else "haven't"
    return Fix(index, 3, f"{have} {done}") if "n't" in document.words[index] else None


@rule("verb.be_base", "is")
def is_and_verb(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "my job is will be hard", "life is makes us strong"."""
    word, before = document.near(index), document.near(index, -1)
    verb = pack.thirds.get(word)
    doubled = word in {"can", "will", "must", "should"} or (
        verb is not None and verb.base in pack.words("plain_verbs") and word not in {"has", "means"}
    )
    if not doubled or not before or before in pack.words("function") or before in {"all", "thing"}:
        return None
    return Fix(index, 2, word) if WHO.isdisjoint(document.before(index, 4)) else None


@rule("copula.missing", "there")
def there_without_be(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "There many shops", "because there a lot of people"."""
    words = [document.near(index, at) for at in (1, 2, 3)]
    if words[0] not in {"many", "several"} and words != ["a", "lot", "of"]:
        return None
    opening = document.breaks[index] or document.words[index - 1] in {
        "because",
        "that",
        "also",
        "think",
        "example",
    }
    return Fix(index, 2, f"{document.quote(index)} are {words[0]}") if opening else None


@rule("verb.would_like", "will i'll we'll")
def will_like_to(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "I will like to learn"."""
    word = document.words[index]
    if (document.near(index), document.near(index, 2)) != ("like", "to"):
        return None
    if word == "will":
        return Fix(index, 3, "would like to") if document.near(index, -1) in {"i", "we"} else None
    return Fix(index, 3, f"{document.quote(index)[:-2]}d like to")


@rule("copula.missing", "that this")
def that_why(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "That why I left", "and this why we came"."""
    question = document.near(index)
    if question != "why" and (question, document.words[index]) != ("how", "that"):
        return None
    opening = document.breaks[index] or document.words[index - 1] in {"and", "so"}
    return Fix(index, 2, f"{document.quote(index)} is {question}") if opening else None


DENIED = wordset("a an the very good bad my enough easy fair possible always sure ready important true too")


@rule("copula.missing", "not")
def not_without_be(document: Document, index: int, _: LanguagePack) -> Fix | None:
    """As in "It not a good idea", "I not sure"."""
    subject = document.near(index, -1)
    if subject not in SUBJECTS and subject not in {"it", "this"}:
        return None
    if document.near(index) not in DENIED or not _opens(document, index - 1):
        return None
    if not BE.isdisjoint(document.before(index - 1, 3)) or document.near(index, 2) in {"only", "do"}:
        return None
    return Fix(index - 1, 2, f"{document.quote(index - 1)} {SUBJECTS.get(subject, 'is')} not")
