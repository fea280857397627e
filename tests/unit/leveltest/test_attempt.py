"""``attempt.accept``: late, skipped, at the same time, the same again, and another answer."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from services.leveltest import attempt as attempts
from services.leveltest import engine
from services.leveltest.attempt import GRACE, Attempt, Production, digest_of
from services.leveltest.attempt import TestOver as Over
from services.leveltest.items import load
from services.problems import Conflict
from tests.unit.leveltest.test_session import Sitting, sitting

if TYPE_CHECKING:
    from services.leveltest.models import Question

__all__ = ["sitting"]

STARTED = 1_000_000
SAID = Production("writing", "Write.", "I like dogs because they are friendly.")


def begin() -> Attempt:
    return attempts.begin(
        test_id="test", user_id="mina", language="en", level=None, seed="seed", seen=(), now=STARTED
    )


def pending(attempt: Attempt) -> Question:
    question = attempt.current
    assert question
    return question


def accept(attempt: Attempt, given: Any, *, question: str = "", after: int = 1_000) -> Attempt:
    """The attempt after an answer that comes so many milliseconds after the question."""
    asked = attempt.steps[-1].asked_at
    told = given.text if isinstance(given, Production) else given or "skipped"
    return attempts.accept(
        attempt,
        question_id=question or pending(attempt).id,
        digest=digest_of(told),
        given=given,
        arrived=asked + after,
        now=asked + after,
    )


def choice(attempt: Attempt, *, right: bool) -> str:
    question = pending(attempt)
    item = load("en").items[question.id]
    return next(each.id for each in question.choices or [] if (each.text == item.answer) == right)


def at_tasks(attempt: Attempt) -> Attempt:
    while pending(attempt).kind == "choice":
        attempt = accept(attempt, choice(attempt, right=True))
    return attempt


def reply_to(attempt: Attempt, number: int) -> dict[str, Any]:
    reply = attempt.steps[number - 1].reply
    assert reply
    return reply


def test_an_answer_moves_the_test_on_and_is_counted_once():
    moved = accept(begin(), choice(begin(), right=True))
    assert moved.progress.answered == 1
    assert [response.right for response in moved.sitting.responses] == [True]
    assert reply_to(moved, 1)["next"]["id"] == pending(moved).id
    assert not reply_to(moved, 1)["late"]


def test_what_was_accepted_survives_being_stored():
    moved = accept(at_tasks(begin()), SAID)
    assert Attempt.restore(json.loads(json.dumps(moved.dump()))) == moved


@pytest.mark.parametrize(("after", "late"), [(0, False), (GRACE, False), (GRACE + 1, True)])
def test_a_late_choice_is_accepted_and_counts_as_wrong(after, late):
    first = begin()
    limit = pending(first).max_seconds * 1000
    moved = accept(first, choice(first, right=True), after=limit + after)
    assert reply_to(moved, 1)["late"] is late
    assert moved.sitting.responses[0].right is not late
    assert moved.progress.answered == 1


def test_a_late_text_is_accepted_and_not_judged():
    tasks = at_tasks(begin())
    limit = pending(tasks).max_seconds * 1000
    assert accept(tasks, SAID, after=limit + GRACE).productions
    late = accept(tasks, SAID, after=limit + GRACE + 1)
    assert late.productions == ()
    assert pending(late).id != pending(tasks).id


def test_what_counts_is_when_an_answer_arrived_not_when_it_was_understood():
    first = begin()
    moved = attempts.accept(
        first,
        question_id=pending(first).id,
        digest="d",
        given=choice(first, right=True),
        arrived=STARTED,
        now=STARTED + 3_600_000,
    )
    assert not reply_to(moved, 1)["late"]
    assert moved.steps[-1].asked_at == STARTED + 3_600_000


def test_a_skipped_choice_is_wrong_and_a_skipped_task_is_left_out():
    moved = accept(begin(), None)
    assert [response.right for response in moved.sitting.responses] == [False]
    tasks = at_tasks(begin())
    assert accept(tasks, None).productions == ()
    assert accept(tasks, SAID).productions == (replace(SAID, question_id=pending(tasks).id),)


def test_a_test_that_is_skipped_to_its_end_waits_to_be_scored():
    attempt = begin()
    while attempt.current:
        attempt = accept(attempt, None)
    assert attempt.status == "scoring"
    assert attempt.progress.answered == attempt.progress.estimated_total == len(attempt.steps)
    with pytest.raises(Over):
        accept(attempt, "a", question="en-nothing")


@pytest.mark.parametrize("steps_later", [0, 1, 5])
def test_the_same_answer_again_changes_nothing_however_late(steps_later):
    first = begin()
    question, given = pending(first).id, choice(first, right=True)
    moved = accept(first, given)
    reply = reply_to(moved, 1)
    for _ in range(steps_later):
        moved = accept(moved, None)
    again = accept(moved, given, question=question, after=10**9)
    assert again is moved
    assert attempts.known_reply(moved, question, digest_of(given)) == reply


@pytest.mark.parametrize("other", ["wrong", None])
def test_another_answer_is_409_and_the_first_one_stays(other):
    first = begin()
    question = pending(first).id
    moved = accept(first, choice(first, right=True))
    with pytest.raises(engine.AlreadyAnswered) as refused:
        accept(moved, other and choice(first, right=False), question=question)
    assert isinstance(refused.value, Conflict)
    assert (refused.value.status, refused.value.code) == (409, "already_answered")


def excuse(attempt: Attempt, question: str, after: int) -> Attempt:
    asked = attempt.steps[-1].asked_at
    return attempts.excused(attempt, question_id=question, arrived=asked + after, now=asked + 10**7)


def test_after_our_failure_a_question_gets_its_time_again_and_other_things_stay():
    tasks = at_tasks(begin())
    question, limit = pending(tasks).id, pending(tasks).max_seconds * 1000
    again = excuse(tasks, question, limit)
    assert again.steps[-1].asked_at == tasks.steps[-1].asked_at + 10**7
    assert replace(again, steps=tasks.steps) == tasks
    assert accept(again, SAID, after=limit).productions
    assert excuse(tasks, question, limit + GRACE + 1) is tasks  # it was late before
    assert excuse(tasks, tasks.steps[0].question["id"], 0) is tasks
    ended = replace(tasks, status="abandoned")
    assert excuse(ended, question, 0) is ended


@pytest.mark.parametrize("given", [5, SAID])
def test_an_answer_of_another_kind_is_refused(given):
    with pytest.raises(attempts.AnswerExpected):
        attempts.accept(
            begin(), question_id=pending(begin()).id, digest="d", given=given, arrived=STARTED, now=STARTED
        )


def test_a_recording_is_no_text():
    with pytest.raises(attempts.AnswerExpected):
        accept(at_tasks(begin()), replace(SAID, skill="speaking"))


async def concurrently(sitting: Sitting, *answers: str) -> list[Any]:
    question = await sitting.begin()
    return await asyncio.gather(
        *(
            sitting.run.answer(
                user_id=sitting.learner,
                question_id=question["id"],
                digest=digest_of(answer),
                arrived=sitting.context.clock.now(),
                choice=answer,
            )
            for answer in answers
        ),
        return_exceptions=True,
    )


async def test_the_same_answer_from_two_devices_at_once_is_accepted_once(sitting):
    first, second = await concurrently(sitting, "a", "a")
    assert first == second
    assert (await sitting.run.state(user_id=sitting.learner))["progress"]["answered"] == 1


async def test_of_two_answers_at_once_one_is_accepted_and_the_other_409(sitting):
    accepted, refused = await concurrently(sitting, "a", "b")
    assert accepted["accepted"]
    assert (refused.status, refused.code) == (409, "already_answered")
    assert (await sitting.run.state(user_id=sitting.learner))["progress"]["answered"] == 1
