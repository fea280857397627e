"""Articles, number, countability, comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.leveltest.features.grammar.rule import Fix, RuleSet, closes_phrase
from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from services.leveltest.features.document import Document

RULES = RuleSet()
rule = RULES.rule

APOSTROPHES = frozenset("'\u2019")
SHORTEST_WORD = 3
"""Letters and acronyms are read aloud in their own way."""

VOWEL_SOUNDING_H = ("hour", "honest", "hono", "heir", "historic", "herb", "hotel", "hbo", "hr")
CONSONANT_SOUNDING = ("uni", "us", "eu", "ute", "uto", "ubi", "uk", "uri", "ure", "one", "once", "ew", "oui")
VOWEL_SOUNDING_UN = ("unin", "unim", "unid")


@rule("article.a_an", "a an")
def a_or_an(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "a apple", "an dog"."""
    article, word = document.words[index], document.near(index)
    if len(word) < SHORTEST_WORD or not word.isalpha() or word not in pack.lexicon:
        return None
    if word in pack.words("function") - {"other"} or word in pack.plurals:
        return None
    if document.text[slice(*document.spans[index + 1])].isupper():
        return None
    consonant = word[0] not in "aeiou"
    if article == "a" and not consonant and not _said_with_consonant(word) and document.quote(index) == "a":
        return Fix(index, 2, f"an {document.quote(index + 1)}")
    if article == "an" and consonant and word not in pack.verbs and not word.startswith(VOWEL_SOUNDING_H):
        return Fix(index, 2, f"a {document.quote(index + 1)}")
    return None


def _said_with_consonant(word: str) -> bool:
    return word.startswith(CONSONANT_SOUNDING) and not word.startswith(VOWEL_SOUNDING_UN)


@rule("article.plural", "a an another")
def article_with_plural(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "a books", "another countries"."""
    noun = document.near(index)
    singular = pack.plurals.get(noun)
    if (
        singular is None
        or noun in {"people", "sports", "works"}
        or not closes_phrase(document, index + 2, pack)
    ):
        return None
    article = document.words[index]
    if article != "another":
        article = "an" if singular[0] in "aeiou" and not _said_with_consonant(singular) else "a"
    return Fix(index, 2, f"{article} {singular}")


BARE_UNCOUNTABLE = wordset(
    "information advice homework furniture luggage equipment traffic money weather progress news software "
    "research feedback clothing housework jewelry transportation pollution evidence permission patience"
)


@rule("article.uncountable", "a an")
def article_with_uncountable(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "an information", "a good advice"."""
    at = 2 if document.near(index) in pack.words("adjectives") else 1
    noun = document.near(index, at)
    if noun not in BARE_UNCOUNTABLE or not closes_phrase(document, index + at + 1, pack):
        return None
    if document.near(index, at + 1) in {"of", "and", "or"}:
        return None
    adjective = document.near(index) + " " if at > 1 else ""
    return Fix(index, at + 1, f"some {adjective}{noun}")


PROFESSIONS = wordset(
    "student teacher doctor engineer nurse lawyer driver worker boy girl man woman actor singer "
    "musician journalist dentist housewife waiter policeman scientist"
)
OWNED = wordset(
    "car dog cat house brother sister friend boyfriend girlfriend bike bicycle phone computer laptop "
    "job problem question idea dream party garden son daughter meeting exam test baby"
)


@rule("article.missing_noun", "am is was i'm he's she's have has had")
def missing_article(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "I am student", "she has car"."""
    word, noun = document.words[index], document.near(index)
    subject = document.near(index, -1)
    if "'" not in word and subject not in {"i", "he", "she"} | (
        {"they", "we", "you"} if word == "have" else set()
    ):
        return None
    nouns = OWNED if word in {"have", "has", "had"} else PROFESSIONS
    closed = closes_phrase(document, index + 2, pack) and document.near(index, 2) not in {"of", "to"}
    if noun not in nouns or not closed or not {"what", "who", "which"}.isdisjoint(document.before(index, 4)):
        return None
    return Fix(index, 2, f"{document.quote(index)} {_article(noun)} {noun}")


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" and not _said_with_consonant(noun) else "a"


PLACES = wordset(
    "cinema park beach supermarket restaurant museum airport library zoo gym theatre market shop mountain"
)
TIMES = wordset("morning evening afternoon")


@rule("article.missing_the", "to in at on")
def missing_the(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "go to cinema", "in morning", "at same time"."""
    preposition, noun = document.words[index], document.near(index)
    if not closes_phrase(document, index + 2, pack):
        return (
            Fix(index, 2, f"{preposition} the same")
            if noun == "same" and preposition in {"at", "in"}
            else None
        )
    going = document.near(index, -1) in {"go", "goes", "went", "going", "gone"}
    if (preposition == "to" and going and noun in PLACES) or (preposition == "in" and noun in TIMES):
        return Fix(index, 2, f"{preposition} the {noun}")
    return None


def _wrong_plurals(pack: LanguagePack) -> list[str]:
    return list(pack.pairs("wrong_plurals"))


@rule("noun.wrong_plural", _wrong_plurals)
def wrong_plural(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "informations", "childrens"."""
    if document.capitalised(index) or document.text[document.spans[index][1] :][:1] in APOSTROPHES:
        return None
    return Fix(index, 1, pack.pairs("wrong_plurals")[document.words[index]])


@rule("noun.many_uncountable", "many few several these those two three")
def many_uncountable(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "many money", "these information"."""
    word, noun = document.words[index], document.near(index)
    uncountable = noun in pack.words("uncountable") - {"work", "help", "news", "research", "fun"}
    if not uncountable or not closes_phrase(document, index + 2, pack):
        return None
    return Fix(
        index,
        2,
        {"many": "much", "few": "little", "these": "this", "those": "that"}.get(word, "some") + f" {noun}",
    )


ADVERBIAL = wordset("how as however very pretty")


@rule("noun.much_countable", "much")
def much_countable(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "much friends", "much people"."""
    noun, before = document.near(index), document.near(index, -1)
    if (noun not in pack.plurals and noun != "things") or before in ADVERBIAL:
        return None
    return Fix(index, 2, f"many {noun}")


NUMBERS = wordset("two three four five six seven eight nine ten twelve fifteen twenty thirty fifty hundred")
QUANTIFIERS = wordset("many several")


def _countable(pack: LanguagePack) -> frozenset[str]:
    return pack.words("countable") - wordset("dress orange walk answer trousers uniform secretary")


LABELS = wordset("and grade level number page chapter in a the")


@rule("noun.singular_after_number", _countable)
def singular_after_number(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "two brother", "many friend", "a lot of book", "one of my friend"."""
    noun, before = document.words[index], document.near(index, -1)
    if not closes_phrase(document, index + 1, pack) or document.near(index) in {"or", "old"}:
        return None
    plural = pack.plural_of[noun]
    number = before in NUMBERS or before in QUANTIFIERS or (before.isdecimal() and before not in {"0", "1"})
    labelled = document.near(index, -2) in LABELS
    if (
        number
        and not labelled
        and before != "100"
        and not _is_year(before)
        and document.near(index, -2) != "route"
    ):
        return Fix(index - 1, 2, f"{document.quote(index - 1)} {plural}")
    phrase = document.before(index, 3)
    one_of = phrase[:2] == ["one", "of"] and phrase[-1] in {"my", "the", "our", "his", "her", "their"}
    lots = phrase == ["a", "lot", "of"] or phrase[-2:] == ["lots", "of"]
    if one_of or (lots and noun not in {"exercise", "colour", "voice", "difficulty", "sport", "cake", "egg"}):
        length = 2 if phrase[-2] == "lots" else 3
        return Fix(index - length, length + 1, f"{document.quote(index - length, length)} {plural}")
    return None


YEAR_DIGITS = 4


def _is_year(word: str) -> bool:
    return word.isdecimal() and len(word) >= YEAR_DIGITS


@rule("noun.every_plural", "every each")
def every_plural(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "every days", "each students"."""
    noun = document.near(index)
    if noun == "people":
        return Fix(index, 2, "everyone")
    singular = pack.plurals.get(noun)
    return Fix(index, 2, f"{document.quote(index)} {singular}") if singular else None


PLURAL_ADJECTIVES = (
    "differents importants difficults interestings beautifuls famouses populars possibles differentes "
    "necessaries dangerouses expensives healthys boths exotics personals greats bigs smalls fantastics "
    "amazings incredibles wonderfuls manys severals magnifics environmentals ecologicals actuals longs"
)


@rule("adjective.plural", PLURAL_ADJECTIVES + " others")
def plural_adjective(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "differents things", "others people"."""
    word, noun = document.words[index], document.near(index)
    if word != "others":
        return Fix(index, 1, word.removesuffix("es") if word.endswith("ses") else word.removesuffix("s"))
    plural = noun in pack.plurals or (
        noun.endswith("s")
        and noun in pack.lexicon
        and noun not in pack.thirds.keys() | pack.words("function")
    )
    return Fix(index, 2, f"other {noun}") if plural else None


ALSO_PLAIN = wordset("later lower higher older younger")


@rule("comparison.double", "more most")
def double_comparison(document: Document, index: int, pack: LanguagePack) -> Fix | None:
    """As in "more better", "most biggest", "more big than"."""
    word, adjective = document.words[index], document.near(index)
    if word == "most":
        superlative = adjective.endswith("est") and adjective[:-1] + "r" in pack.words("comparatives")
        return Fix(index, 2, adjective) if superlative else None
    if adjective in pack.words("comparatives") and adjective not in ALSO_PLAIN:
        return Fix(index, 2, adjective)
    right = pack.pairs("regular_comparatives").get(adjective)
    stated = document.near(index, -1) in {"is", "are", "was", "were", "be", "it's"}
    compared = document.near(index, 2) == "than" or (stated and closes_phrase(document, index + 2, pack))
    return Fix(index, 2, right) if right and compared else None
