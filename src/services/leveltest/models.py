"""The level test on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.languages import LanguageTag
from services.leveltest.scale import Level, Skill
from services.models import Model, Timestamp

Evaluator = Literal["features", "features+model"]
Status = Literal["running", "scoring", "complete", "abandoned"]
Id = Annotated[str, Field(min_length=1, max_length=64)]

MAX_TEXT = 10_000
"""Characters of a written answer."""


class StartTest(Model):
    """Which language to be tested in; ``level`` is one's own guess and eases the start."""

    language: LanguageTag
    level: Level | None = None


class Choice(Model):
    """One of the answers to choose from."""

    id: str
    text: str


class Question(Model):
    """What the learner is asked. Nothing in it tells the answer."""

    id: str
    number: int
    skill: Skill
    kind: Literal["choice", "text", "speech"]
    prompt: str
    passage: str | None = None
    audio_url: str | None = None
    choices: list[Choice] | None = None
    min_words: int | None = None
    max_seconds: int


class Progress(Model):
    """How far the test is; the total is an estimate, since it stops when it knows enough."""

    answered: int
    estimated_total: int


class TestStarted(Model):
    """A new test and its first question."""

    test_id: str
    expires_at: Timestamp
    question: Question


class TestState(Model):
    """A test as it stands, to go on with on any device."""

    test_id: str
    language: str
    status: Status
    expires_at: Timestamp
    question: Question | None
    progress: Progress


class AskedQuestion(Model):
    """A question of the test, by its number."""

    question: Question
    answered: bool


class SubmitAnswer(Model):
    """The id of a choice, or a text; ``skipped`` hands in nothing, and that skill is judged without."""

    test_id: Id
    question_id: Id
    answer: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    skipped: bool = False


class AnswerAccepted(Model):
    """``late`` answers came after the question's time and count as none."""

    accepted: Literal[True] = True
    late: bool = False
    next: Question | None
    progress: Progress


class SpokenWord(Model):
    """A word as heard, in seconds from the beginning."""

    word: str
    start: float
    end: float


class SpeechFigures(Model):
    """How it was said: rates per minute of recording, articulation in syllables per second of speaking."""

    words_per_minute: float
    articulation_rate: float
    pause_ratio: float
    mean_length_of_run: float
    mid_clause_pauses: float
    fillers: float
    repetitions: float


class SpeechAnalysed(Model):
    """What was heard in a recording."""

    transcript: str
    duration_seconds: float
    words: list[SpokenWord]
    metrics: SpeechFigures | None
    provider: str


class SpeechAccepted(SpeechAnalysed):
    """What was heard, and how the test goes on."""

    late: bool = False
    next: Question | None
    progress: Progress


class Strength(Model):
    """Something done well, in the learner's own words."""

    quote: str
    comment: str


class Improvement(Model):
    """Something to change: the learner's words, and what to write instead."""

    quote: str
    suggestion: str
    comment: str


class Feedback(Model):
    """What the learner is told: strengths first, then what to change, then three steps to the next level."""

    summary: str
    strengths: list[Strength]
    improvements: list[Improvement]
    next_steps: list[str]


class SkillResult(Model):
    """A skill's score, 0 to 100, and its level."""

    score: float
    level: Level


class TestResult(Model):
    """The report. While it is being written, only ``test_id`` and ``status`` say something.

    ``band`` holds the level in nine cases of ten; ``confidence`` is the probability of the level named.
    A skill that was skipped is missing in ``skills``. ``judges`` holds each judge's mean score of the tasks.
    """

    test_id: str
    status: Literal["scoring", "complete"]
    overall_level: Level | None = None
    band: tuple[Level, Level] | None = None
    confidence: float | None = None
    skills: dict[Skill, SkillResult] = Field(default_factory=dict["Skill", "SkillResult"])
    evaluator: Evaluator | None = None
    judges: dict[str, float] = Field(default_factory=dict[str, float])
    feedback: Feedback | None = None


class TestSummary(Model):
    """A test in the list of one's tests."""

    test_id: str
    language: str
    status: Status
    overall_level: Level | None
    started_at: Timestamp
    ended_at: Timestamp | None


class EvaluateText(Model):
    """One answer to be judged by itself. ``text`` is a transcript where the skill is speaking."""

    language: LanguageTag = "en"
    skill: Literal["writing", "speaking"]
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    prompt: Annotated[str, Field(max_length=2_000)] = ""
    duration_seconds: Annotated[float | None, Field(gt=0, le=3_600)] = None


class Evaluation(Model):
    """One answer, judged: level with its band, score 0 to 100, what was counted, and feedback."""

    level: Level
    band: tuple[Level, Level]
    score: float
    confidence: float
    evaluator: Evaluator
    judges: dict[str, float]
    features: dict[str, float]
    dimensions: dict[str, float]
    feedback: Feedback
