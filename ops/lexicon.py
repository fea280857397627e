"""Build the English lexicon of the level test from two MIT-licensed packages: ``python ops/lexicon.py``.

``cefrpy`` gives a CEFR level for each word and part of speech (the lowest is taken: the easiest reading of
a word is the one that a learner knows), ``pyspellchecker`` gives counts in film subtitles. The counts also
bound the level: a word among the most frequent is not advanced, and one that is hardly ever said is not for
beginners, whatever the list says of its inflected form.

The file is a JSON object of ``"level frequency": "word word …"``, the frequency being twice the decimal
logarithm of the count. Regular inflections and derivations of rare words
are left out, because the reader strips the same affixes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from typing import cast

from cefrpy import CEFRAnalyzer  # pyright: ignore[reportMissingTypeStubs]
from spellchecker import SpellChecker

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from services.leveltest.features.lexicon import stems  # noqa: E402 - the root comes first

TARGET = ROOT / "src/services/leveltest/data/lexicon.en.json"
COMMON = 50
"""``pyspellchecker`` gives this count to words that it added without having seen them."""

CEILINGS = ((400, 1), (1_500, 2), (3_500, 3), (7_000, 4))
FLOORS = ((26_000, 5), (16_000, 4), (9_000, 3), (4_000, 2))


def bounded(level: int, rank: int) -> int:
    """The listed level, kept between what the word's frequency rank allows; 0 (unlisted) stays 0."""
    ceiling = next((bound for limit, bound in CEILINGS if rank < limit), 6)
    floor = next((bound for limit, bound in FLOORS if rank >= limit), 1)
    return max(floor, min(level, ceiling)) if level else 0


def listed_level(analyser: CEFRAnalyzer, word: str) -> int:
    """1 (A1) to 6 (C2), the lowest over the parts of speech; 0 when the list does not have the word."""
    levels = analyser.get_pos_level_dict_for_word(word, pos_tag_as_string=True, word_level_as_float=True)
    return math.ceil(min(cast("dict[str, float]", levels).values()) - 0.5) if levels else 0


def chosen(counts: dict[str, int], analyser: CEFRAnalyzer) -> list[str]:
    """The words worth storing, most frequent first."""
    plain = [word for word in counts if word.isalpha() and (len(word) > 1 or word in "ai")]
    common = {word for word in plain if counts[word] > COMMON}
    rare = (word for word in plain if counts[word] <= COMMON and analyser.is_word_in_database(word))
    kept = common | {word for word in rare if not any(stem in common for stem in stems(word))}
    return sorted(kept, key=lambda word: (-counts[word], word))


def build() -> str:
    """The text of the lexicon file."""
    analyser = CEFRAnalyzer()
    counts = {word.lower(): count for word, count in SpellChecker().word_frequency.dictionary.items()}
    groups: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for rank, word in enumerate(chosen(counts, analyser)):
        frequency = round(2 * math.log10(counts[word]))
        groups[bounded(listed_level(analyser, word), rank), frequency].append(word)
    table = {f"{level} {count}": " ".join(sorted(words)) for (level, count), words in sorted(groups.items())}
    return json.dumps(table, indent=0, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the lexicon and say how big it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=TARGET)
    target: Path = parser.parse_args().output
    target.write_text(build(), encoding="utf-8")
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
