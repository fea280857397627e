"""Word sequences that are looked for in one pass, and the short notation in which many of them are written."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Payload = TypeVar("Payload")


class Phrases(Generic[Payload]):
    """Word sequences found in one pass, the longest first where several begin at the same word."""

    def __init__(self, phrases: Iterable[tuple[str, Payload]]) -> None:
        self._by_start: dict[str, dict[str, list[tuple[list[str], Payload]]]] = {}
        for phrase, payload in phrases:
            words = phrase.split()
            second = words[1] if len(words) > 1 else ""
            self._by_start.setdefault(words[0], {}).setdefault(second, []).append((words, payload))
        for starts in self._by_start.values():
            for entries in starts.values():
                entries.sort(key=lambda entry: -len(entry[0]))

    def find(
        self, words: Sequence[str], fits: Callable[[int, int, Payload], bool] | None = None
    ) -> Iterator[tuple[int, int, Payload]]:
        """(index of the first word, number of words, payload) of every phrase that ``fits``, without overlaps."""
        free, last = 0, len(words) - 1
        for index, word in enumerate(words):
            starts = self._by_start.get(word)
            if starts is None or index < free:
                continue
            following = starts.get(words[index + 1], ()) if index < last else ()
            for phrase, payload in (*following, *starts.get("", ())):
                size = len(phrase)
                same = words[index : index + size] == phrase
                if same and (fits is None or fits(index, size, payload)):
                    yield index, size, payload
                    free = index + size
                    break


def expand(wrong: str, right: str, forms: Callable[[str], Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Every phrase, in lower case, that the notation stands for, with what is right instead.

    ``a/b`` is either word, ``verb*`` any of the ``forms`` of the verb. On the right ``1`` is what the first such
    place of the wrong phrase has, and alternatives follow the first place that has as many (or a multiple).
    """
    places = [_options(word, forms) for word in wrong.split()]
    open_places = [options for options in places if len(options) > 1]
    meant = [_options(word, forms) for word in right.split()]
    for chosen in product(*(range(len(options)) for options in places)):
        picks = [pick for pick, options in zip(chosen, places, strict=True) if len(options) > 1]
        words = [options[pick] for pick, options in zip(chosen, places, strict=True)]
        yield " ".join(words).lower(), " ".join(_meant(options, open_places, picks) for options in meant)


def _options(word: str, forms: Callable[[str], Sequence[str]]) -> list[str]:
    found: list[str] = []
    for option in word.split("/"):
        found += forms(option[:-1]) if option.endswith("*") else [option]
    return found


def _meant(options: list[str], open_places: list[list[str]], picks: list[int]) -> str:
    size = len(options)
    if size > 1:
        like = [i for i, choices in enumerate(open_places) if len(choices) == size]
        several = [i for i, choices in enumerate(open_places) if len(choices) % size == 0]
        return options[picks[(like or several)[0]] % size]
    word = options[0]
    return open_places[int(word) - 1][picks[int(word) - 1]] if word.isdecimal() else word
