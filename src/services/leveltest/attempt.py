"""One learner's attempt at the test, as a value: every step takes it from one stored state to the next.

An answer is accepted once: the same again gets the same reply, another is refused. What comes after a
question's time counts as no answer. Since a step is one write, a crash leaves the state before or after it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from services.leveltest import engine
from services.leveltest.models import AnswerAccepted, Choice, Progress, Question
from services.problems import Conflict, NotFound, Unprocessable

if TYPE_CHECKING:
    from services.leveltest.models import Status
    from services.leveltest.scale import Level

LIFETIME = 24 * 3_600_000
"""Milliseconds after which an unfinished test is abandoned."""
GRACE = 15_000
"""Milliseconds that an answer may be under way beyond the question's time."""


class TestOver(Conflict):
    """The test takes no more answers."""

    code = "test_over"
    title = "This test is over."


class TestNotFinished(Conflict):
    """There is no result yet."""

    code = "test_not_finished"
    title = "This test has questions left to answer."


class AnswerExpected(Unprocessable):
    """An answer of another kind than the question asks for."""

    code = "wrong_kind_of_answer"
    title = "The question asks for another kind of answer."


@dataclass(frozen=True, slots=True)
class Production:
    """What was written or said for a task. ``words`` are (word, start, end) with times in seconds."""

    skill: str
    prompt: str
    text: str
    words: tuple[tuple[str, float, float], ...] = ()
    duration: float | None = None
    question_id: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A question as it was shown, and what came of it."""

    question: dict[str, Any]
    asked_at: int
    digest: str | None = None
    reply: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The whole state of a test; times in milliseconds."""

    test_id: str
    user_id: str
    language: str
    started_at: int
    status: Status
    sitting: engine.Sitting
    steps: tuple[Step, ...] = ()
    productions: tuple[Production, ...] = ()
    report: dict[str, Any] | None = None
    outcome: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def expires_at(self) -> int:
        """When the test is abandoned."""
        return self.started_at + LIFETIME

    @property
    def current(self) -> Question | None:
        """The question that waits for its answer."""
        last = self.steps[-1]
        return None if last.digest or self.status != "running" else Question.model_validate(last.question)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        answered = sum(step.digest is not None for step in self.steps)
        return Progress(answered=answered, estimated_total=engine.estimated_total(self.sitting))

    def dump(self) -> dict[str, Any]:
        """As JSON-able data."""
        return asdict(self)

    @classmethod
    def restore(cls, data: dict[str, Any]) -> Attempt:
        """The attempt that ``dump`` gave."""
        return replace(
            cls(**data),
            sitting=engine.Sitting.restore(data["sitting"]),
            steps=tuple(Step(**step) for step in data["steps"]),
            productions=tuple(map(_restored, data["productions"])),
        )


def _restored(made: dict[str, Any]) -> Production:
    """A production from what ``dump`` gave of it."""
    words = tuple((word, start, end) for word, start, end in made["words"])
    return replace(Production(**made), words=words)


def begin(
    *,
    test_id: str,
    user_id: str,
    language: str,
    level: Level | None,
    seed: str,
    seen: tuple[str, ...],
    now: int,
) -> Attempt:
    """A new attempt with its first question asked. Raises ``UnknownLanguage``."""
    sitting = engine.begin(language, seed, level, seen)
    return _ask(Attempt(test_id, user_id, sitting.language, now, "running", sitting), now)


def known_reply(attempt: Attempt, question_id: str, digest: str) -> dict[str, Any] | None:
    """The reply that this very answer got before; None for a question that waits for its answer.

    Raises ``AlreadyAnswered`` for another answer, ``QuestionNotAsked``, ``TestOver``.
    """
    for step in attempt.steps:
        if step.question["id"] == question_id and step.digest is not None:
            if step.digest != digest:
                raise engine.AlreadyAnswered
            return step.reply
    if attempt.status != "running":
        raise TestOver
    if attempt.steps[-1].question["id"] != question_id:
        raise engine.QuestionNotAsked
    return None


def accept(attempt: Attempt, *, question_id: str, digest: str, given: Any, arrived: int, now: int) -> Attempt:
    """The attempt after an answer: a choice's id, a ``Production``, or None for a question that is skipped.

    ``arrived`` is when the answer came, which may be before it was understood. The reply is the last but one
    step's. Raises as ``known_reply``, ``UnknownChoice``, or ``AnswerExpected``.
    """
    if known_reply(attempt, question_id, digest) is not None:
        return attempt
    step = attempt.steps[-1]
    question = Question.model_validate(step.question)
    late = _late(step, arrived)
    productions = attempt.productions
    if question.kind == "choice":
        sitting = _choose(attempt.sitting, question, given, late)
    else:
        sitting = engine.answer(attempt.sitting, question_id, digest)
        productions = _produced(productions, question, None if late else given)
    moved = replace(attempt, sitting=sitting, productions=productions, steps=attempt.steps[:-1])
    following = _ask(replace(moved, steps=(*moved.steps, replace(step, digest=digest, reply={}))), now)
    reply = AnswerAccepted(late=late, next=following.current, progress=following.progress)
    answered = replace(step, digest=digest, reply=reply.model_dump(mode="json", by_alias=True))
    position = len(attempt.steps) - 1
    return replace(following, steps=(*following.steps[:position], answered, *following.steps[position + 1 :]))


def excused(attempt: Attempt, *, question_id: str, arrived: int, now: int) -> Attempt:
    """The attempt after an answer that came in time could not be understood by our fault: its time begins anew."""
    step = attempt.steps[-1]
    if attempt.current is None or step.question["id"] != question_id or _late(step, arrived):
        return attempt
    return replace(attempt, steps=(*attempt.steps[:-1], replace(step, asked_at=now)))


def _late(step: Step, arrived: int) -> bool:
    return arrived > step.asked_at + step.question["maxSeconds"] * 1000 + GRACE


def question(attempt: Attempt, number: int) -> tuple[Question, bool]:
    """A question by its number, as it was shown, and whether it is answered. Raises ``NotFound``."""
    if not 1 <= number <= len(attempt.steps):
        raise NotFound
    step = attempt.steps[number - 1]
    return Question.model_validate(step.question), step.digest is not None


def seconds_spent(attempt: Attempt, now: int) -> int:
    """How long the learner was at it: the time between questions, each at most as long as it was given."""
    moments = [*(step.asked_at for step in attempt.steps), now]
    limits = (step.question["maxSeconds"] * 1000 for step in attempt.steps)
    spent = (
        min(after - before, limit) for (before, after), limit in zip(pairwise(moments), limits, strict=True)
    )
    return sum(spent) // 1000


def digest_of(given: str | bytes) -> str:
    """What identifies an answer."""
    return sha256(given if isinstance(given, bytes) else given.encode()).hexdigest()


def _choose(sitting: engine.Sitting, asked: Question, given: Any, late: bool) -> engine.Sitting:
    """The sitting after a choice. None, or one that came too late, is a wrong answer."""
    choices = [choice.id for choice in asked.choices or []]
    if given is not None and not isinstance(given, str):
        raise AnswerExpected
    chosen = engine.answer(sitting, asked.id, choices[0] if given is None else given)
    if given is not None and not late:
        return chosen
    *before, last = chosen.responses
    return replace(chosen, responses=(*before, replace(last, right=False)))


def _produced(
    before: tuple[Production, ...], asked: Question, given: Production | None
) -> tuple[Production, ...]:
    if given is None:
        return before
    if (given.skill == "speaking") != (asked.kind == "speech"):
        raise AnswerExpected
    return (*before, replace(given, question_id=asked.id))


def _ask(attempt: Attempt, now: int) -> Attempt:
    """The attempt with the engine's next question shown, or ready to be scored when there is none."""
    asked = engine.next_question(attempt.sitting)
    if asked is None:
        return replace(attempt, status="scoring")
    shown = Question(
        id=asked.id,
        number=asked.number,
        skill=asked.skill,
        kind=asked.kind,
        prompt=asked.prompt,
        passage=asked.passage,
        audio_url=asked.audio,
        choices=[Choice(id=name, text=text) for name, text in asked.choices] or None,
        min_words=asked.min_words,
        max_seconds=asked.max_seconds,
    )
    step = Step(shown.model_dump(mode="json", by_alias=True), now)
    return replace(attempt, steps=(*attempt.steps, step))
