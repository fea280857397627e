"""Verb forms: after auxiliaries and modals, infinitives, perfect, passive."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from services.leveltest.features.grammar.rule import Fix, RuleSet
from services.leveltest.features.language import LanguagePack, Verb, regular_forms, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

MODALS = (
    "can could will would should must may might cannot can't couldn't won't wouldn't shouldn't mustn't "
    "i'll you'll he'll she'll we'll they'll it'll"
)
AS_MUCH = wordset("as all everything anything whatever best most what much")
NOUNS = wordset("can will must may might could would")
NAMING = wordset("the a this his her my their your our its free good strong own god's of in last")
NOT_AFTER_NOUN = wordset("thought given known having knowing")
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
    "have has had order how ability time way start started began begin help helps helped use used "
    "better hard best good important necessary impossible place something anything nothing "
    "want wants wanted need needs needed like likes liked love loves going try tries tried trying able "
    "decide decided hope hopes hoped plan planned learn learned learnt easy difficult important "
    "possible chance opportunity ready happy"
)


@rule("verb.did_past", "did do does didn't doesn't don't")
def after_do(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "didn't went", "did he went", "doesn't likes", "do not goes", "don't knowing"."""
    auxiliary, following = document.words[index], document.near(index)
    at = 2 if following in DOERS or following in {"it", "not"} else 1
    word = document.near(index, at)
    if (auxiliary in {"do", "does"} and following != "not") or (auxiliary == "did" and at == 1):
        return None
    doing = pack.ings.get(word)
    if doing and doing.base in pack.words("plain_verbs") and at == 1:
        return Fix(index, 2, f"{document.quote(index)} {doing.base}")
    verb = pack.pasts.get(word) or pack.thirds.get(word)
    if (
        verb is None
        or word in NOT_AFTER_DO
        or word in pack.verbs
        or (at > 1 and word in {"is", "was", "has"})
    ):
        return None
    if auxiliary == "did" and not ALL_THAT.isdisjoint(document.before(index, 5)):
        return None
    if word in pack.pasts and at == 1 and auxiliary == "don't" and "who" in document.before(index, 2):
        return None
    return Fix(index, at + 1, document.quote(index, at) + " " + verb.base)


NOT_AFTER_DO = wordset("found felt fell left lay saw does")
NOT_A_SLIP = wordset("does has means")


@rule("verb.after_modal", MODALS)
def after_modal(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "can to go", "will goes", "should went", "must going"."""
    modal = document.words[index]
    at = 2 if document.near(index) in ADVERBS else 1
    word, following = document.near(index, at), document.near(index, at + 1)
    compared = AS_MUCH if word == "to" and modal in {"can", "must", "should"} else ALL_THAT
    if document.near(index, -1) in {"and", "but", "or"} or (
        document.near(index, -1) == "who" and word in pack.thirds
    ):
        compared = AS_MUCH
    named = not modal.endswith("'ll") and document.near(index, -1) not in SUBJECTS
    if not compared.isdisjoint(document.before(index, 4)) or (named and document.near(index, -1) in NAMING):
        return None
    if word == "to" and at == 1 and following in pack.verbs:
        return None if named and modal in NOUNS else Fix(index, 3, f"{document.quote(index)} {following}")
    verb = pack.thirds.get(word) or pack.ings.get(word) or pack.pasts.get(word) or pack.participles.get(word)
    if verb is None or word in pack.verbs or word in NOT_A_SLIP:
        return None
    if named and (verb.base not in pack.words("plain_verbs") or word in NOT_AFTER_NOUN):
        return None
    return Fix(index, at + 1, document.quote(index, at) + " " + verb.base)


SURE_PASTS = wordset(
    "went gave became said told knew took chose began wrote spoke ate came understood forgot found got made"
)
STRANDING = wordset(
    "married next close according attached linked connected compared similar opposed due thanks "
    "talk talked talking speak spoke spoken listen listened listening go went gone goes going come came return "
    "returned belong belongs belonged refer referred relate write wrote subscribed moved move get got applied"
)
LOOSE_GOVERNORS = wordset(
    "going used time way place something anything nothing best better good order hard important help"
)
"""After these "to" may be a preposition, or what follows a noun: "the place we go to has"."""


@rule("verb.infinitive", "to")
def infinitive(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "want to went", "need to goes", "try to playing"."""
    governor, word = document.near(index, -1), document.near(index)
    verb = pack.pasts.get(word) or pack.thirds.get(word) or pack.ings.get(word)
    if verb is None or (word in pack.verbs and governor in GOVERNORS) or word in {"lay", "is"}:
        return None
    if governor not in GOVERNORS:
        return Fix(index, 2, f"to {verb.base}") if _past_infinitive(document, index, pack) else None
    if word in pack.ings and (
        governor in LOOSE_GOVERNORS or word == "being" or document.near(index, -2) in {"the", "a"}
    ):
        return None
    if governor in LOOSE_GOVERNORS and governor != "going" and verb.base not in pack.words("plain_verbs"):
        return None
    return Fix(index, 2, f"to {verb.base}")


def _past_infinitive(document: Document, index: int, pack: LanguagePack) -> bool:
    """True for "it helps us to gave", "they came to said": a past form where "to" is no preposition left behind."""
    word = document.near(index)
    if word not in pack.pasts or pack.pasts[word].base not in pack.words("plain_verbs"):
        return False
    if document.near(index, -1) in STRANDING or not ALL_THAT.isdisjoint(document.before(index, 7)):
        return False
    return word in SURE_PASTS or document.near(index, 2) in OBJECTS


PASSIVES = wordset("allow require teach give invite educate consider provide")
"""After these the passive is meant rather than a plain verb: "you are allow to"."""
WHICH_WAY = wordset("who where how")


@rule("verb.be_base", "am is are was were i'm he's she's we're they're you're it's")
def be_base(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I am go", "he is want", "I'm agree"."""
    be = document.words[index]
    contracted = "'" in be
    if not contracted and document.near(index, -1) not in DOERS:
        return None
    at = 2 if document.near(index) in {"not", "always", "also", "really"} else 1
    word = document.near(index, at)
    plain = (
        word in PURE_VERBS or (word in pack.words("plain_verbs") and word not in PASSIVES) or word == "need"
    )
    if not plain or (word == "become" and be != "am"):
        return None
    before = document.before(index, 6)
    if not ALL_THAT.isdisjoint(before) or not WHICH_WAY.isdisjoint(before):
        return None
    start = index if contracted else index - 1
    subject = be.split("'")[0] if contracted else document.words[start]
    base = word
    subject = "I" if subject == "i" else subject
    single = subject in {"he", "she", "it"}
    negative = ""
    if at > 1:
        adverb = document.near(index)
        negative = ("doesn't " if single else "don't ") if adverb == "not" else adverb + " "
    if negative not in {"doesn't ", "don't "} and single:
        base += "s"
    return Fix(start, index + at - start + 1, f"{subject} {negative}{base}")


CONJUNCTIONS = wordset("and but because so if when that think believe know since")


def _opens(document: Document, index: int) -> bool:
    """True for a subject that begins a clause, unlike that of "the rules we have make it hard"."""
    return bool(document.breaks[index]) or document.words[index - 1] in CONJUNCTIONS


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
    if word == "being":
        return Fix(index, at + 1, document.quote(index, at) + " been")
    object_follows = document.near(index, at + 1) in OBJECTS and word not in {"need", "want", "use", "run"}
    opening = document.near(index, -1) in DOERS and _opens(document, index - 1)
    free = opening or document.words[index] != "have" or document.near(index, -1) not in DOERS
    sure = word in UNMISTAKABLE or (object_follows and free and base and base.participle != word)
    sure = sure or (
        opening and at == 1 and base and base.participle != word and word in pack.words("plain_verbs")
    )
    if base and sure and document.near(index, -1) != "to" and ALL_THAT.isdisjoint(document.before(index, 6)):
        return Fix(index, at + 1, document.quote(index, at) + " " + base.participle)
    return None


OBJECTS = wordset("me him us them it my your his her our their the a")
UNMISTAKABLE = wordset(
    "go eat see know write choose speak take give forget enjoy discover decide learn buy meet spend lose "
    "create receive prepare develop improve realise find happen begin fail arrive finish follow affect"
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
    """As in "I born in 1990", "I am born in Paris"."""
    subject = document.near(index, -1)
    if subject == "i'm" or (subject == "am" and document.near(index, -2) == "i"):
        first = index - 1 if subject == "i'm" else index - 2
        return Fix(first, index - first + 1, "I was born")
    if subject in {"i", "he", "she"} and document.breaks[index - 1]:
        return Fix(index - 1, 2, f"{document.quote(index - 1)} was born")
    return None
