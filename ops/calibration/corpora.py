"""The texts to calibrate with: read, shortened, corrupted, measured."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.leveltest.features.document import read
from services.leveltest.features.extract import analyse
from services.leveltest.features.language import pack
from services.leveltest.features.phrasing import patterns

if TYPE_CHECKING:
    import random

RATINGS = Path(__file__).with_name("ratings.json")
SCALES = ("Overall", "Cohesion", "Syntax", "Vocabulary", "Phraseology", "Grammar")
EXCERPT_LENGTHS = (50, 80, 120, 160, 220)
TRANSCRIPT_RATES = (0.0, 0.1, 0.2, 0.3)
TEST_RATE = 0.2
WRONG, MISSING = 0.6, 0.2
"""Shares of the word errors; the rest are additions."""

APOSTROPHES = "'\u2019"
SENTENCES = 6
MOST_SENTENCES = 360

Values = dict[str, float]


@dataclass(frozen=True)
class Text:
    """One copy of an answer, measured: written, transcript, test, excerpt or spoken excerpt."""

    copy: str
    words: int
    values: Values
    counts: Counter[str]


@dataclass(frozen=True)
class Answer:
    """A learner's answer: its copies, what it answers (to keep apart in cross-validation), and its marks."""

    corpus: str
    prompt: str
    marks: Values
    texts: dict[str, Text]


def corrupted(text: str, rate: float, pool: list[str], rng: random.Random) -> str:
    """As a recogniser would have it: no stops, no capitals, a share of the words wrong, missing or added."""
    heard: list[str] = []
    for word in re.findall(rf"[^\W_]+(?:[{APOSTROPHES}][^\W_]+)*", text.lower()):
        fate = rng.random() / rate if rate else 1.0
        if fate >= WRONG + MISSING:
            heard.append(word)
        if fate < WRONG or WRONG + MISSING <= fate < 1:
            heard.append(rng.choice(pool))
    return " ".join(heard)


def excerpt(text: str, rng: random.Random) -> str:
    """Some words in a row from somewhere."""
    pieces = re.split(r"(?<=\s)", text)
    length = rng.choice(EXCERPT_LENGTHS)
    start = rng.randrange(max(1, len(pieces) - length))
    return "".join(pieces[start : start + length])


def measured(copy: str, text: str) -> Text:
    """The features of a text, without the one that is calibrated itself."""
    features = analyse(text)
    return Text(
        copy, features.words, asdict(features.measures), Counter(patterns(read(text).words, pack("en")))
    )


@dataclass(frozen=True)
class Copier:
    """Makes the copies of a text; what is misheard becomes a word of the ``pool``."""

    pool: list[str]
    rng: random.Random

    def copies(self, text: str, *, excerpts: bool) -> dict[str, Text]:
        """The text as it was written, as it might be transcribed, and the same of an excerpt."""
        texts = {
            "written": text,
            "transcript": corrupted(text, self.rng.choice(TRANSCRIPT_RATES), self.pool, self.rng),
            "test": corrupted(text, TEST_RATE, self.pool, self.rng),
        }
        if excerpts:
            texts["excerpt"] = excerpt(text, self.rng)
            rate = self.rng.choice(TRANSCRIPT_RATES)
            texts["spoken excerpt"] = corrupted(texts["excerpt"], rate, self.pool, self.rng)
        return {copy: measured(copy, each) for copy, each in texts.items()}


def short_answers(folder: Path, rng: random.Random) -> list[Answer]:
    """Answers whose question has a level; some of them have our own rating too."""
    rows = [json.loads(line) for line in (folder / "asag_prompt_level/answers.jsonl").open(encoding="utf-8")]
    ratings: Values = json.loads(RATINGS.read_text(encoding="utf-8"))
    copier = Copier([word for row in rows for word in re.findall(r"[a-z']+", row["text"].lower())], rng)
    levels = {"A2": 2.0, "B1": 3.0, "B2": 4.0, "C1": 5.0}
    answers: list[Answer] = []
    for row in rows:
        marks = {"question": levels[row["question_level"]]}
        if row["id"] in ratings:
            marks["rating"] = ratings[row["id"]]
        answers.append(Answer("short", row["question"], marks, copier.copies(row["text"], excerpts=False)))
    return answers


def essays(folder: Path, rng: random.Random) -> list[Answer]:
    """Essays with analytic scores of 1 to 5."""
    with gzip.open(folder / "ellipse/ellipse_test.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pool = [word for row in rows[::40] for word in re.findall(r"[a-z']+", row["full_text"].lower())]
    copier = Copier(pool, rng)
    return [
        Answer("ellipse", row["prompt"], _marks(row), copier.copies(row["full_text"], excerpts=True))
        for row in rows
    ]


def _marks(row: dict[str, str]) -> Values:
    return {scale: float(row[scale]) for scale in SCALES}


def graded_sentences(folder: Path, rng: random.Random) -> list[Answer]:
    """Six sentences of the same level, by two raters, at a time: what there is of the highest levels."""
    by_level: dict[int, list[str]] = {}
    for file in sorted((folder / "cefr_sp").glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            sentence, first, second = line.split("\t")
            by_level.setdefault((int(first) + int(second) + 1) // 2, []).append(sentence)
    answers: list[Answer] = []
    for level, sentences in sorted(by_level.items()):
        rng.shuffle(sentences)
        for start in range(0, min(len(sentences), MOST_SENTENCES) - SENTENCES + 1, SENTENCES):
            text = " ".join(sentences[start : start + SENTENCES])
            copies = Copier(text.lower().split(), rng).copies(text, excerpts=False)
            answers.append(Answer("sentences", str(start), {"level": float(level)}, copies))
    return answers
