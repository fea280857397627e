"""Which mistakes word errors make up: what the rules find in a corrupted text that was not there before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from services.leveltest.features.document import read
from services.leveltest.features.grammar import errors
from services.leveltest.features.language import pack

if TYPE_CHECKING:
    from collections.abc import Iterable

BELIEVED = 0.3
"""A rule counts in transcripts if so many of its findings are of what was said."""
NEARLY = 0.02
"""The share of a rule that hardly matters either way varies by so much with the words that are drawn."""
FEWEST = 150
"""Of rarer findings nothing is known."""


def shares_said(texts: Iterable[tuple[str, str]]) -> dict[str, tuple[float, int]]:
    """Of what each rule finds in transcripts, the share that it finds in what was said as well, and of how many.

    ``texts`` are pairs of what was said and what was heard of it.
    """
    heard: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for before, after in texts:
        found = _found(after)
        heard.update(rule for rule, _ in found.elements())
        said.update(rule for rule, _ in (found & _found(before)).elements())
    return {rule: (said[rule] / number, number) for rule, number in heard.items()}


def report_hearing(texts: Iterable[tuple[str, str]]) -> None:
    """Print the rules that must not count in transcripts, and where the list of them is wrong."""
    shares = {rule: share for rule, (share, number) in shares_said(texts).items() if number >= FEWEST}
    print(
        f"rules of which fewer than {BELIEVED:.0%} of the findings among word errors are of what was written"
    )
    for rule, share in sorted(shares.items(), key=lambda each: each[1]):
        if share < BELIEVED:
            print(f"  {rule} {share:.2f}")
    listed = pack("en").words("misheard")
    wrong = [
        rule
        for rule, share in shares.items()
        if (share > BELIEVED + NEARLY if rule in listed else share < BELIEVED - NEARLY)
    ]
    print(f"  the list 'misheard' is wrong about: {', '.join(sorted(wrong)) or 'none'}\n")


def _found(text: str) -> Counter[tuple[str, str]]:
    return Counter((each.rule, each.quote) for each in errors(read(text), pack("en")))
