"""The texts to calibrate with: read, shortened, corrupted, measured."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.leveltest.features.document import read
from services.leveltest.features.extract import analyse
from services.leveltest.features.language import pack
from services.leveltest.features.phrasing import patterns

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

RATINGS: dict[str, dict[str, list[float]]] = json.loads(
    Path(__file__).with_name("ratings.json").read_text(encoding="utf-8")
)
"""Our own: of short answers by one or two readers, and of excerpts (first piece, pieces, rating) of essays."""

SCALES = ("Overall", "Cohesion", "Syntax", "Vocabulary", "Phraseology", "Grammar")
ESSAY_EXCERPTS = (50, 80, 120, 160, 220)
ANSWER_EXCERPTS = (35, 45, 60, 75, 90, 110)
TRANSCRIPT_RATES = (0.1, 0.2, 0.2, 0.3)
TEST_RATE = 0.2
WRONG, MISSING = 0.6, 0.2
"""Shares of the word errors; the rest are additions."""

SOME = tuple(range(len(ANSWER_EXCERPTS)))
"""Copies of each kind of what was rated: there is not much of it."""

APOSTROPHES = "'\u2019"
SENTENCES = 6
MOST_SENTENCES = 360

Values = dict[str, float]


@dataclass(frozen=True)
class Text:
    """One copy of an answer, measured: written, transcript, test, excerpt or spoken excerpt."""

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

    def copies(self, names: Sequence[str]) -> list[Text]:
        """The copies of these names that there are."""
        return [self.texts[name] for name in names if name in self.texts]


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


def pieces(text: str, start: int, count: int) -> str:
    """Some words in a row, as they were written."""
    return "".join(re.split(r"(?<=\s)", text)[start : start + count])


def excerpt(text: str, length: int, rng: random.Random) -> str:
    """So many words in a row from somewhere."""
    return pieces(text, rng.randrange(max(1, len(text.split()) - length)), length)


def measured(text: str) -> Text:
    """The features of a text, without the one that is calibrated itself."""
    features = analyse(text)
    return Text(features.words, asdict(features.measures), Counter(patterns(read(text).words, pack("en"))))


@dataclass(frozen=True)
class Copier:
    """Makes the copies of a text; what is misheard becomes a word of the ``pool``."""

    pool: list[str]
    rng: random.Random

    def copies(self, text: str, *, transcripts: Sequence[int] = (0,)) -> dict[str, Text]:
        """The text as it was written, as it might be transcribed, and as it is tested."""
        texts = {"written": text}
        for number in transcripts:
            texts[f"test {number}"] = corrupted(text, TEST_RATE, self.pool, self.rng)
            texts[f"transcript {number}"] = self._heard(text)
        return {name: measured(each) for name, each in texts.items()}

    def excerpts(self, text: str, lengths: Sequence[int]) -> dict[str, Text]:
        """Excerpts of these lengths, as written and as transcribed."""
        texts: dict[str, str] = {}
        for number, length in enumerate(lengths):
            texts[f"excerpt {number}"] = excerpt(text, length, self.rng)
            texts[f"spoken excerpt {number}"] = self._heard(texts[f"excerpt {number}"])
        return {name: measured(each) for name, each in texts.items()}

    def _heard(self, text: str) -> str:
        return corrupted(text, self.rng.choice(TRANSCRIPT_RATES), self.pool, self.rng)


def short_answers(folder: Path, rng: random.Random) -> list[Answer]:
    """Answers whose question has a level, with our ratings."""
    rows = [json.loads(line) for line in (folder / "asag_prompt_level/answers.jsonl").open(encoding="utf-8")]
    copier = Copier([word for row in rows for word in _words(row["text"])], rng)
    levels = {"A2": 2.0, "B1": 3.0, "B2": 4.0, "C1": 5.0}
    answers: list[Answer] = []
    for row in rows:
        ratings = RATINGS["short"][row["id"]]
        marks = {"question": levels[row["question_level"]], "rating": sum(ratings) / len(ratings)}
        texts = copier.copies(row["text"], transcripts=SOME)
        texts |= copier.excerpts(row["text"], ANSWER_EXCERPTS)
        answers.append(Answer("short", row["question"], marks, texts))
    return answers


def essays(folder: Path, rng: random.Random) -> list[Answer]:
    """Essays with analytic scores of 1 to 5, and those excerpts of them that we rated."""
    rows, pool = _essays(folder)
    copier = Copier(pool, rng)
    answers: list[Answer] = []
    for row in rows:
        marks = {scale: float(row[scale]) for scale in SCALES}
        texts = copier.copies(row["full_text"])
        texts |= copier.excerpts(row["full_text"], [rng.choice(ESSAY_EXCERPTS)])
        answers.append(Answer("ellipse", row["prompt"], marks, texts))
    return answers + [_rated(row, copier) for row in rows if row["text_id_kaggle"] in RATINGS["ellipse"]]


def said_and_heard(folder: Path, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Essays without stops and capitals, right and with the word errors that are tested."""
    rows, pool = _essays(folder)
    for row in rows:
        for _ in range(2):
            yield corrupted(row["full_text"], 0, pool, rng), corrupted(row["full_text"], TEST_RATE, pool, rng)


def _essays(folder: Path) -> tuple[list[dict[str, str]], list[str]]:
    """The rows of the corpus, and words to mishear."""
    with gzip.open(folder / "ellipse/ellipse_test.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, [word for row in rows[::40] for word in _words(row["full_text"])]


def _rated(row: dict[str, Any], copier: Copier) -> Answer:
    start, count, rating = RATINGS["ellipse"][row["text_id_kaggle"]]
    text = pieces(row["full_text"], int(start), int(count))
    return Answer("excerpt", row["prompt"], {"rating": rating}, copier.copies(text, transcripts=SOME))


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
            copies = Copier(text.lower().split(), rng).copies(text)
            answers.append(Answer("sentences", str(start), {"level": float(level)}, copies))
    return answers


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())
