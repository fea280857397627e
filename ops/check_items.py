"""Check the item banks: ``python ops/check_items.py`` prints what is wrong, and fails if anything is.

What makes an item fair cannot all be computed; what can be is here: one key, distractors of a like length,
even coverage, difficulties in order, nothing given away, vocabulary near the level, recordings that play.
"""

from __future__ import annotations

import re
import struct
import sys
from collections import Counter
from functools import cache
from itertools import chain, combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cefrpy import CEFRAnalyzer  # pyright: ignore[reportMissingTypeStubs]

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from ops.speak_items import VOICES, recording  # noqa: E402 - the import root is set just above
from services.leveltest.items import Bank, Item, languages, load  # noqa: E402
from services.leveltest.scale import LEVEL_WIDTH, LEVELS, middle  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

GAP = "___"
LEAST_PER_CELL = 4
SHORTEST_PHRASE = 3
DISCRIMINATION = (0.5, 2.5)
DISTRACTORS = 3
CHI_SQUARE_1_IN_100 = 11.34
"""The 99th percentile of chi-square with three degrees of freedom."""

WORDS_PER_MINUTE = (70, 240)
PASSAGE_WORDS = {
    "A1": (15, 40),
    "A2": (25, 55),
    "B1": (35, 75),
    "B2": (45, 85),
    "C1": (40, 90),
    "C2": (40, 95),
}
HARD_SHARE = 0.12
"""The largest share of a passage's words that may lie two levels above it."""


MPEG2_LAYER3 = 0xFFF2
MPEG2_RATES = (22_050, 24_000, 16_000)
MPEG2_KILOBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def check(bank: Bank) -> Iterator[str]:
    """Everything that is wrong with a bank, a sentence each."""
    items = list(bank.items.values())
    yield from _counts(bank)
    yield from _key_lengths(bank)
    yield from _giveaways(items)
    for item in items:
        yield from (f"{item.id}: {problem}" for problem in _item(item))
        if item.script:
            yield from (f"{item.id}: {problem}" for problem in _recording(bank.language, item))
        if item.passage and bank.language == "en":
            yield from (f"{item.id}: {problem}" for problem in _passage(item))
    yield from _tasks(bank)


def _counts(bank: Bank) -> Iterator[str]:
    """Unique ids; every level of every area filled, none twice as well as another; in order of difficulty."""
    if len(bank.items) != sum(map(len, bank.by_area.values())):
        yield f"{bank.language}: an item id is used twice"
    most = max(Counter((item.area, item.level) for item in bank.items.values()).values())
    for area, items in bank.by_area.items():
        cells = Counter(item.level for item in items)
        if min(cells[level] for level in LEVELS) < max(LEAST_PER_CELL, most / 2):
            yield f"{bank.language} {area}: uneven coverage {dict(cells)}"
        for easy, hard in pairwise(items):
            if easy.difficulty >= hard.difficulty:
                yield f"{hard.id}: not harder than {easy.id}, which stands before it"


def _key_lengths(bank: Bank) -> Iterator[str]:
    """The key must not be told by its length: chi-square over its rank among the four choices."""
    for area, items in bank.by_area.items():
        ranks = [0.0] * (DISTRACTORS + 1)
        for item in items:
            shorter = sum(len(other) < len(item.answer) for other in item.distractors)
            alike = sum(len(other) == len(item.answer) for other in item.distractors)
            for rank in range(shorter, shorter + alike + 1):
                ranks[rank] += 1 / (alike + 1)
        expected = len(items) / len(ranks)
        if sum((count - expected) ** 2 / expected for count in ranks) > CHI_SQUARE_1_IN_100:
            yield f"{bank.language} {area}: the key's length gives it away, ranks {ranks}"


def _giveaways(items: list[Item]) -> Iterator[str]:
    """No completed gap with its neighbours may be read in another item, and no text may come twice."""
    texts = {item.id: _normal(" ".join(_visible(item))) for item in items}
    for one, other in combinations(items, 2):
        if (one.prompt, one.passage, one.script) == (other.prompt, other.passage, other.script):
            yield f"{one.id}: asks the same as {other.id}"
    for item in (item for item in items if GAP in item.prompt):
        phrase = _completed(item)
        for other, text in texts.items():
            if other != item.id and len(phrase.split()) >= SHORTEST_PHRASE and f" {phrase} " in f" {text} ":
                yield f"{item.id}: '{phrase}' can be read in {other}"


def _item(item: Item) -> Iterator[str]:
    """What can be wrong with a choice item by itself."""
    choices = [choice.strip().casefold() for choice in item.choices]
    if len(item.distractors) != DISTRACTORS or len(set(choices)) != len(choices):
        yield "needs three distractors, all different from the answer"
    if any(text != text.strip() or "  " in text for text in chain(_visible(item), item.choices)):
        yield "has stray spaces"
    if not item.id.startswith(f"{item.id.split('-')[0]}-{item.area}-{item.level.lower()}-"):
        yield "the id does not say area and level"
    if abs(item.difficulty - middle(item.level)) > LEVEL_WIDTH / 2:
        yield f"difficulty {item.difficulty} lies outside {item.level}"
    if not DISCRIMINATION[0] <= item.discrimination <= DISCRIMINATION[1]:
        yield f"discrimination {item.discrimination} is not plausible"
    yield from _shape(item)


def _shape(item: Item) -> Iterator[str]:
    """Each area has its parts: a gap, a passage or a script, and a question about it."""
    language_use = item.area in ("vocabulary", "grammar")
    if (item.prompt.count(GAP) == 1) != language_use:
        yield "an item of language use has one gap, another has none"
    if bool(item.passage) != (item.area == "reading") or bool(item.script) != (item.area == "listening"):
        yield "reading has a passage, listening a script, the others neither"
    if not language_use and not item.prompt.endswith("?"):
        yield "the prompt is no question"
    if any(speaker not in VOICES for speaker, _ in item.script):
        yield "a speaker has no voice"
    lengths = sorted(map(len, item.choices))
    if not language_use and lengths[-1] > 2 * lengths[0] + 8:
        yield "the choices differ too much in length"


def _recording(language: str, item: Item) -> Iterator[str]:
    """A recording is there, is an MP3, and lasts as long as its words take to speak."""
    path = recording(language, item)
    if not path.is_file():
        yield "has no recording: run ops/speak_items.py"
        return
    try:
        minutes = mp3_seconds(path.read_bytes()) / 60
    except ValueError as error:
        yield f"the recording is broken: {error}"
        return
    pace = sum(len(line.split()) for _, line in item.script) / minutes
    if not WORDS_PER_MINUTE[0] <= pace <= WORDS_PER_MINUTE[1]:
        yield f"{pace:.0f} words a minute is not this script"


def mp3_seconds(data: bytes) -> float:
    """How long an MPEG-2 Layer III stream of constant sampling rate lasts, by its frame headers.

    ISO/IEC 13818-3, 2.4.2.3. Raises ``ValueError`` where a frame should begin and does not.
    """
    seconds, position = 0.0, 0
    while position < len(data):
        marker, packed = struct.unpack_from(">HH", data.ljust(position + 4, b"\0"), position)
        if marker & 0xFFFE != MPEG2_LAYER3:
            raise ValueError(f"no MPEG-2 Layer III frame at byte {position}")
        rate = MPEG2_RATES[packed >> 10 & 3]
        position += 72_000 * MPEG2_KILOBITS[packed >> 12] // rate + (packed >> 9 & 1)
        seconds += 576 / rate
    if position != len(data):
        raise ValueError("the last frame is cut off")
    return seconds


def _passage(item: Item) -> Iterator[str]:
    """Its length and its words suit the level; a word counts by the easiest of its uses."""
    words = re.findall(r"[a-z]+", (item.passage or "").lower())
    least, most = PASSAGE_WORDS[item.level]
    if not least <= len(words) <= most:
        yield f"{len(words)} words, {least} to {most} suit {item.level}"
    hard = [word for word in words if _word_level(word) > LEVELS.index(item.level) + 1]
    if len(hard) > HARD_SHARE * len(words):
        yield f"too many hard words for {item.level}: {sorted(set(hard))}"


def _word_level(word: str) -> int:
    """0 (A1) to 5 (C2) by the easiest part of speech; 0 for names and whatever the list does not know."""
    levels = _analyzer().get_pos_level_dict_for_word(word, word_level_as_float=True).values()
    return round(min((level for level in levels if isinstance(level, float)), default=1.0)) - 1


@cache
def _analyzer() -> CEFRAnalyzer:
    return CEFRAnalyzer()


def _tasks(bank: Bank) -> Iterator[str]:
    """Enough tasks of each skill at each level, longer ones for higher levels."""
    for skill, count in bank.plan.tasks.items():
        tasks = [task for task in bank.tasks.values() if task.skill == skill]
        cells = Counter(task.level for task in tasks)
        if any(cells[level] < count for level in LEVELS):
            yield f"{bank.language} {skill}: too few tasks {dict(cells)}"
        for easy, hard in pairwise(tasks):
            if (easy.min_words, easy.max_seconds) > (hard.min_words, hard.max_seconds):
                yield f"{hard.id}: asks for less than {easy.id}"
        yield from (f"{task.id}: says nothing for the judge" for task in tasks if not task.looks_for)


def _visible(item: Item) -> list[str]:
    return [item.prompt, *filter(None, [item.passage]), *(line for _, line in item.script)]


def _normal(text: str) -> str:
    return " ".join(re.findall(r"[\w'-]+", text.casefold()))


def _completed(item: Item) -> str:
    """The answer with the two words to each side of its gap."""
    before, after = (_normal(part).split() for part in item.prompt.split(GAP))
    return " ".join([*before[-2:], _normal(item.answer), *after[:2]])


def main() -> None:
    """Check all banks and count them."""
    problems = [problem for language in languages() for problem in check(load(language))]
    for language in languages():
        bank = load(language)
        areas = ", ".join(f"{len(items)} {area}" for area, items in bank.by_area.items())
        print(f"{language}: {len(bank.items)} choice items ({areas}), {len(bank.tasks)} tasks")
    print("\n".join(problems) or "nothing is wrong")
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
