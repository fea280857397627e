"""Fluency from word times: rate, articulation, pauses, runs, fillers, repetitions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from services.leveltest.features.language import LanguagePack, wordset

if TYPE_CHECKING:
    from collections.abc import Sequence

PAUSE = 0.25
"""Seconds of silence from which on it is a pause (de Jong & Bosker, 2013)."""

LINKS = wordset(
    "and but or because so then if when while although which who that since until where before after"
)
MAX_WORDS = 5_000
VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word of a transcript and when it was said, in seconds."""

    word: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SpeechMetrics:
    """Fluency. Rates are per minute of the recording, articulation is per second of speaking."""

    words_per_minute: float
    articulation_rate: float
    """Syllables per second, pauses left out."""
    pause_ratio: float
    """Share of the time, from the first word to the last, that is silence."""
    mean_length_of_run: float
    """Words between pauses."""
    mid_clause_pauses: float
    """Pauses, per 100 words, that do not stand before a word that begins a clause."""
    fillers: float
    """As in "um" and the like, per 100 words."""
    repetitions: float
    """Words said twice in a row, per 100 words."""


def syllables(word: str) -> int:
    """Syllables of an English word, estimated: groups of vowels, a silent final e left out, at least one."""
    groups = sum(a in VOWELS and b not in VOWELS for a, b in pairwise(word.lower() + "."))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def measure(words: Sequence[TimedWord], duration: float | None, pack: LanguagePack) -> SpeechMetrics | None:
    """The metrics, or None if nothing was said. Times out of order count as no time."""
    spoken = [word for word in words[:MAX_WORDS] if word.word.strip()]
    if not spoken:
        return None
    plain = [word.word.lower().strip(".,!?") for word in spoken]
    fillers = pack.words("fillers")
    real = [word for word in plain if word not in fillers]
    silences = [max(0.0, after.start - before.end) for before, after in pairwise(spoken)]
    pauses = [silence >= PAUSE for silence in silences]
    span = max(spoken[-1].end - spoken[0].start, 0.1)
    silent = sum(silence for silence, pause in zip(silences, pauses, strict=True) if pause)
    total = max(duration or 0.0, span)
    hundred = max(len(real), 1) / 100
    return SpeechMetrics(
        words_per_minute=60 * len(real) / total,
        articulation_rate=sum(map(syllables, plain)) / max(span - silent, 0.1),
        pause_ratio=min(silent / span, 1.0),
        mean_length_of_run=len(real) / (sum(pauses) + 1),
        mid_clause_pauses=_mid_clause(spoken, plain, pauses) / hundred,
        fillers=(len(plain) - len(real)) / hundred,
        repetitions=sum(a == b for a, b in pairwise(real)) / hundred,
    )


def _mid_clause(spoken: Sequence[TimedWord], plain: Sequence[str], pauses: Sequence[bool]) -> int:
    """Pauses inside a clause: not after punctuation, not before a word that begins a clause."""
    return sum(
        pause and plain[i + 1] not in LINKS and not spoken[i].word.rstrip().endswith((".", ",", "!", "?"))
        for i, pause in enumerate(pauses)
    )
