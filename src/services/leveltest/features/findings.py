"""What is found in a text: a mistake or a strength, always with the learner's own words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake: ``rule`` keys the message, ``start``/``end`` are character offsets into the text."""

    rule: str
    start: int
    end: int
    quote: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Strength:
    """Something done well: ``kind`` is word, connective or structure; ``level`` 1 (A1) to 6 (C2)."""

    kind: str
    key: str
    level: int
    start: int
    quote: str
