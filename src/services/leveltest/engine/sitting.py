"""A sitting: one learner's running test as a value. Every step takes a sitting and gives the next one.

The pending question is part of the value, so a stored sitting asks the same question again on another
device, after a crash and after a deployment that changed the bank.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from services.leveltest.engine import selection
from services.leveltest.engine.model import Curve, Estimate, posterior
from services.leveltest.items import REPORTED_AS, Area, Item, Task, load
from services.leveltest.scale import LEVEL_WIDTH, Level, Skill, middle
from services.problems import Conflict, Unprocessable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["choice", "text", "speech"]

CHOICE_IDS = "abcdef"
SKILL_SCATTER = LEVEL_WIDTH / 2
"""Standard deviation of a person's skills around the person's overall ability, in logits-equivalent."""


class QuestionNotAsked(Conflict):
    """The answer is to a question that is not the one being asked."""

    code = "question_not_asked"
    title = "This is not the question that is being asked."


class AlreadyAnswered(Conflict):
    """The question has been answered before, and differently."""

    code = "already_answered"
    title = "This question has been answered already; an answer cannot be changed."


class UnknownChoice(Unprocessable):
    """The answer is none of the question's choices."""

    code = "unknown_choice"
    title = "The answer must be the id of one of the question's choices."


@dataclass(frozen=True, slots=True)
class Response:
    """An answered choice item with its parameters as they were: a recalibration changes no past test."""

    item: str
    area: Area
    discrimination: float
    difficulty: float
    choice: str
    right: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """A running test. ``pending`` is the id of the question that waits for its answer, None at the end.

    ``tasks`` maps the answered writing and speaking tasks to a digest of what was handed in, ``seen`` are the
    questions of the learner's earlier tests.
    """

    language: str
    seed: str
    start: float
    seen: tuple[str, ...] = ()
    responses: tuple[Response, ...] = ()
    tasks: Mapping[str, str] = field(default_factory=dict[str, str])
    pending: str | None = None

    def dump(self) -> dict[str, Any]:
        """As JSON-able data."""
        return asdict(self)

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Sitting:
        """The sitting that ``dump`` gave."""
        responses = tuple(Response(**response) for response in data["responses"])
        return replace(cls(**data), responses=responses, seen=tuple(data["seen"]))


@dataclass(frozen=True, slots=True)
class Question:
    """What a learner is shown; nothing in it tells the answer. ``audio`` is the path of a recording."""

    id: str
    number: int
    skill: Skill
    kind: Kind
    prompt: str
    max_seconds: int
    passage: str | None = None
    audio: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    min_words: int | None = None


def begin(language: str, seed: str, level: Level | None = None, seen: Iterable[str] = ()) -> Sitting:
    """A new sitting with its first question pending.

    ``seed`` decides every draw: give each test another, unguessable one. ``level`` is the learner's own guess
    and eases the start. ``seen`` are the questions of earlier tests (``asked``). Raises ``UnknownLanguage``.
    """
    start = middle(level) if level else 0.0
    return _with_next(Sitting(load(language).language, seed, start, tuple(seen)))


def asked(sitting: Sitting) -> tuple[str, ...]:
    """The ids of all questions answered so far, in their order."""
    return (*(response.item for response in sitting.responses), *sitting.tasks)


def next_question(sitting: Sitting) -> Question | None:
    """The question that waits for its answer, the same until it has one; None when all are answered."""
    sitting = _current(sitting)
    if sitting.pending is None:
        return None
    bank = load(sitting.language)
    number = len(sitting.responses) + len(sitting.tasks) + 1
    if sitting.pending in bank.items:
        return _choice_question(bank.items[sitting.pending], sitting, number)
    return _task_question(bank.tasks[sitting.pending], number)


def answer(sitting: Sitting, question: str, given: str) -> Sitting:
    """The sitting after an answer: a choice's id, or for a task the text or what identifies the recording.

    The same answer again changes nothing; raises ``QuestionNotAsked``, ``AlreadyAnswered`` or
    ``UnknownChoice``.
    """
    sitting = _current(sitting)
    if _answered(sitting, question, given):
        return sitting
    if question != sitting.pending:
        raise QuestionNotAsked
    item = load(sitting.language).items.get(question)
    if item is None:
        return _with_next(replace(sitting, tasks={**sitting.tasks, question: _digest(given)}))
    return _with_next(replace(sitting, responses=(*sitting.responses, _response(sitting, item, given))))


def estimate(sitting: Sitting) -> Estimate:
    """The overall ability by all choice items answered so far; what the learner claimed does not count."""
    plan = load(sitting.language).plan
    return posterior(evidence(sitting), 0.0, plan.prior_deviation)


def skill_estimate(sitting: Sitting, skill: Skill, centre: float = 0.0) -> Estimate:
    """The ability in one skill by its own items, with those of the other skills as a wide prior."""
    answers = list(zip(sitting.responses, evidence(sitting), strict=True))
    own = [answer for response, answer in answers if REPORTED_AS[response.area] == skill]
    others = [answer for response, answer in answers if REPORTED_AS[response.area] != skill]
    prior = posterior(others, centre, load(sitting.language).plan.prior_deviation)
    apart = SKILL_SCATTER * math.sqrt(2)  # two skills differ by more than each from their mean
    return posterior(own, prior.theta, math.hypot(prior.se, apart))


def evidence(sitting: Sitting) -> list[tuple[Curve, bool]]:
    """The answered choice items as response functions with right or wrong."""
    plan = load(sitting.language).plan
    return [
        (Curve(r.discrimination, r.difficulty, plan.guessing, plan.slips), r.right) for r in sitting.responses
    ]


def estimated_total(sitting: Sitting) -> int:
    """How many questions the whole test will have, by the precision gained so far."""
    plan = load(sitting.language).plan
    answered, tasks = len(sitting.responses), sum(plan.tasks.values())
    if _choices_done(sitting):
        return answered + tasks
    gained = estimate(sitting).se ** -2 - plan.prior_deviation**-2
    needed = plan.stop_error**-2 - plan.prior_deviation**-2
    expected = round(needed * answered / gained) if answered else plan.max_items
    return max(answered + 1, min(plan.max_items, max(plan.min_items, expected))) + tasks


def _current(sitting: Sitting) -> Sitting:
    """The sitting itself, or with another pending question if the bank no longer has that one."""
    bank = load(sitting.language)
    if sitting.pending is None or sitting.pending in bank.items or sitting.pending in bank.tasks:
        return sitting
    return _with_next(sitting)


def _with_next(sitting: Sitting) -> Sitting:
    pending = _next_task(sitting) if _choices_done(sitting) else _next_item(sitting)
    return replace(sitting, pending=pending)


def _choices_done(sitting: Sitting) -> bool:
    plan = load(sitting.language).plan
    answered = len(sitting.responses)
    if answered < plan.min_items:
        return False
    return answered >= plan.max_items or estimate(sitting).se <= plan.stop_error


def _next_item(sitting: Sitting) -> str:
    bank = load(sitting.language)
    area = selection.next_area(
        bank.plan, Counter(response.area for response in sitting.responses), sitting.seed
    )
    ability = skill_estimate(sitting, REPORTED_AS[area], sitting.start).theta
    return selection.next_item(bank, area, ability, asked(sitting), seen=sitting.seen, seed=sitting.seed).id


def _next_task(sitting: Sitting) -> str | None:
    bank = load(sitting.language)
    done = Counter(bank.tasks[task].skill for task in sitting.tasks if task in bank.tasks)
    skill = next((skill for skill, count in bank.plan.tasks.items() if done[skill] < count), None)
    if skill is None:
        return None
    left = [task for task in bank.tasks.values() if task.skill == skill and task.id not in sitting.tasks]
    return selection.next_task(
        left, estimate(sitting).theta, seen=sitting.seen, seed=sitting.seed, number=len(sitting.tasks)
    ).id


def _answered(sitting: Sitting, question: str, given: str) -> bool:
    """Whether exactly this has been answered before; raises ``AlreadyAnswered`` for another answer."""
    before = {response.item: response.choice for response in sitting.responses}
    before |= sitting.tasks
    if question not in before:
        return False
    if before[question] not in (given, _digest(given)):
        raise AlreadyAnswered
    return True


def _digest(given: str) -> str:
    return sha256(given.encode()).hexdigest()


def _shown(sitting: Sitting, item: Item) -> dict[str, str]:
    """The choices by their id, in the order in which this sitting shows them."""
    return dict(zip(CHOICE_IDS, selection.shuffled(item.choices, sitting.seed, item.id), strict=False))


def _response(sitting: Sitting, item: Item, given: str) -> Response:
    shown = _shown(sitting, item)
    if given not in shown:
        raise UnknownChoice
    right = shown[given] == item.answer
    return Response(item.id, item.area, item.discrimination, item.difficulty, given, right)


def _choice_question(item: Item, sitting: Sitting, number: int) -> Question:
    bank = load(sitting.language)
    return Question(
        id=item.id,
        number=number,
        skill=REPORTED_AS[item.area],
        kind="choice",
        prompt=item.prompt,
        max_seconds=bank.plan.seconds[item.area],
        passage=item.passage,
        audio=f"/audio/level-test/{bank.language}/{item.id}.mp3" if item.script else None,
        choices=tuple(_shown(sitting, item).items()),
    )


def _task_question(task: Task, number: int) -> Question:
    return Question(
        id=task.id,
        number=number,
        skill=task.skill,
        kind="speech" if task.skill == "speaking" else "text",
        prompt=task.prompt,
        max_seconds=task.max_seconds,
        min_words=task.min_words,
    )
