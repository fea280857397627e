"""Word sequences that are looked for in one pass, and the short notation in which many of them are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Places = Sequence[Sequence[str]]
    """A phrase: the words that may stand in each of its places, in lower case."""

Payload = TypeVar("Payload")


class Phrases(Generic[Payload]):
    """Word sequences found in one pass, the longest first where several begin at the same word.

    The table of what may follow a word is made when the word is met: most texts meet few of them.
    """

    def __init__(self, phrases: Iterable[tuple[Places, Payload]]) -> None:
        self._by_first: dict[str, list[tuple[Places, Payload]]] = {}
        self._by_second: dict[str, dict[str, list[tuple[Places, Payload]]]] = {}
        for places, payload in sorted(phrases, key=lambda entry: -len(entry[0])):
            for word in places[0]:
                self._by_first.setdefault(word, []).append((places, payload))

    def find(
        self, words: Sequence[str], fits: Callable[[int, int, Payload], bool] | None = None
    ) -> Iterator[tuple[int, int, Payload]]:
        """(index of the first word, number of words, payload) of every phrase that ``fits``, without overlaps."""
        free, last = 0, len(words) - 1
        for index, word in enumerate(words):
            if word not in self._by_first or index < free:
                continue
            table = self._by_second.get(word) or self._followers(word)
            following = table.get(words[index + 1], ()) if index < last else ()
            for places, payload in (*following, *table.get("", ())):
                size = len(places)
                if index + size > len(words) or any(
                    words[index + i] not in places[i] for i in range(2, size)
                ):
                    continue
                if fits is None or fits(index, size, payload):
                    yield index, size, payload
                    free = index + size
                    break

    def _followers(self, word: str) -> dict[str, list[tuple[Places, Payload]]]:
        table: dict[str, list[tuple[Places, Payload]]] = {}
        for places, payload in self._by_first[word]:
            for second in places[1] if len(places) > 1 else ("",):
                table.setdefault(second, []).append((places, payload))
        self._by_second[word] = table
        return table


def fixed(phrase: str) -> Places:
    """The places of a phrase without alternatives."""
    return [(word,) for word in phrase.split()]


CLOSED = "$"


@dataclass(frozen=True, slots=True)
class Wording:
    """Wrong phrases and what is right instead, from the notation of the data file.

    ``a/b`` is either word, ``verb*`` any form of the verb; a last ``$`` asks that the phrase ends there. On the
    right ``1`` is what the first such place has, and alternatives follow the first place that has as many
    (or a multiple). With nothing on the right the phrase is right, though a part of it alone would not be.
    """

    key: str
    """Of the message."""
    written: Places
    """The words of each place with their capitals."""
    right: str
    closed: bool

    @property
    def places(self) -> Places:
        """As ``Phrases`` wants them."""
        return [[word.lower() for word in options] for options in self.written]

    def mended(self, words: Sequence[str], forms: Callable[[str], Sequence[str]]) -> str:
        """What is right instead of the words of a text that were found."""
        chosen = [
            (options, next(i for i, option in enumerate(options) if option.lower() == word))
            for word, options in zip(words, self.written, strict=True)
            if len(options) > 1
        ]
        return " ".join(_meant(_options(word, forms), chosen) for word in self.right.split())


def wording(key: str, wrong: str, right: str, forms: Callable[[str], Sequence[str]]) -> Wording:
    """One line of the data file; ``forms`` are those of a verb."""
    words = wrong.split()
    closed = words[-1] == CLOSED
    return Wording(key, [_options(word, forms) for word in (words[:-1] if closed else words)], right, closed)


def _options(word: str, forms: Callable[[str], Sequence[str]]) -> Sequence[str]:
    if "*" not in word:
        return word.split("/")
    options = word.split("/")
    return [form for option in options for form in (forms(option[:-1]) if option[-1] == "*" else (option,))]


def _meant(options: Sequence[str], chosen: list[tuple[Sequence[str], int]]) -> str:
    size = len(options)
    if size > 1:
        like = [pick for choices, pick in chosen if len(choices) == size]
        several = [pick for choices, pick in chosen if len(choices) % size == 0]
        return options[(like or several)[0] % size]
    if not options[0].isdecimal():
        return options[0]
    choices, pick = chosen[int(options[0]) - 1]
    return choices[pick]
