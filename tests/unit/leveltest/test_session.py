"""A test in its object while what is around it fails: nothing that was answered may be lost or hang."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from services.context import sql
from services.leveltest import session
from services.leveltest.attempt import LIFETIME, digest_of
from tests.unit.chat.world import World
from tests.unit.users.people import someone

if TYPE_CHECKING:
    from services.context import Context

TEST = "some-test"


@dataclass
class Memory:
    """``Cell`` in memory."""

    text: str | None = None
    alarm_at: int | None = None

    def read(self) -> str | None:
        return self.text

    def write(self, text: str, alarm_at: int) -> None:
        self.text, self.alarm_at = text, alarm_at

    def clear(self) -> None:
        self.text = self.alarm_at = None


class Sitting:
    """A learner at a test, and what is around them."""

    def __init__(self, context: Context, learner: str) -> None:
        self.context = context
        self.learner = learner
        self.cell = Memory()
        self.run = session.TestRun(self.cell, context)

    async def begin(self) -> dict[str, Any]:
        begun = await self.run.start(test_id=TEST, user_id=self.learner, language="en", level=None, seen=[])
        await self.context.db.run(
            sql(
                "INSERT INTO level_tests (id, user_id, language, status, started_at)"
                " VALUES (?, ?, 'en', 'running', ?)",
                TEST, self.learner, begun["expiresAt"] - LIFETIME,
            )
        )  # fmt: skip
        return begun["question"]

    async def skip_all(self) -> None:
        """Hand in nothing, until there are no more questions."""
        question = await self.begin()
        while question:
            reply = await self.run.answer(
                user_id=self.learner,
                question_id=question["id"],
                digest=digest_of("skipped"),
                arrived=self.context.clock.now(),
            )
            question = reply["next"]

    async def listed(self) -> dict[str, Any]:
        row = await self.context.db.first(sql("SELECT * FROM level_tests WHERE id = ?", TEST))
        assert row
        return row

    def break_database(self) -> None:
        self.context.db.connection.execute("ALTER TABLE level_tests RENAME TO away")

    def mend_database(self) -> None:
        self.context.db.connection.execute("ALTER TABLE away RENAME TO level_tests")

    async def ring(self) -> None:
        """Let the time come for which the alarm is set."""
        assert self.cell.alarm_at is not None
        self.context.clock.milliseconds = max(self.context.clock.now(), self.cell.alarm_at)
        await self.run.alarm()


@pytest.fixture
async def sitting() -> Sitting:
    context = World().context
    return Sitting(context, await someone(context))


async def test_a_finished_test_is_reported_once_the_database_is_back(sitting):
    await sitting.skip_all()
    sitting.break_database()
    began = sitting.context.clock.now()
    for _ in range(20):  # far more often than the platform repeats an alarm
        await sitting.ring()
    assert sitting.context.clock.now() - began > session.LONGEST_WAIT
    assert (await sitting.run.result(user_id=sitting.learner))["overallLevel"]
    sitting.mend_database()
    await sitting.ring()
    assert (await sitting.listed())["status"] == "complete"


async def test_an_unfinished_test_is_abandoned_once_the_database_is_back(sitting):
    await sitting.begin()
    sitting.break_database()
    await sitting.ring()
    sitting.mend_database()
    await sitting.ring()
    assert (await sitting.listed())["status"] == "abandoned"


async def test_what_keeps_failing_is_tried_ever_more_seldom(sitting):
    await sitting.skip_all()
    sitting.break_database()
    waits = []
    for _ in range(12):
        await sitting.ring()
        waits.append(sitting.cell.alarm_at - sitting.context.clock.now())
    assert waits == sorted(waits)
    assert waits[-1] == session.LONGEST_WAIT


async def test_a_test_that_is_erased_while_it_is_settled_does_not_come_back(sitting):
    """Whichever step of the scoring the erasure falls into."""
    for steps in range(12):
        await sitting.skip_all()
        scoring = asyncio.ensure_future(sitting.run.alarm())
        for _ in range(steps):
            await asyncio.sleep(0)
        await sitting.run.erase(user_id=sitting.learner)
        await scoring
        assert sitting.cell.read() is None
        await sitting.context.db.run(sql("DELETE FROM level_tests"))
