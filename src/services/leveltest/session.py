"""The running test behind its Durable Object: one stored value, one write a step, an alarm for what is left.

The object holds the attempt; the row in ``level_tests`` is what the learner's list shows, and gets the
report.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from services import activity
from services.context import sql
from services.leveltest import attempt as attempts
from services.leveltest import engine
from services.leveltest.attempt import Attempt, Production, TestNotFinished
from services.leveltest.models import AskedQuestion, TestResult, TestStarted, TestState
from services.leveltest.report import write_report
from services.problems import NotFound
from services.users.profile import read_locale

if TYPE_CHECKING:
    from services.context import Context
    from services.leveltest.models import SkillResult
    from services.leveltest.scale import Level

KEPT = 7 * attempts.LIFETIME
"""Milliseconds for which a finished attempt stays in its object, for retries of the last answers."""

SHORTEST_WAIT, LONGEST_WAIT = 10_000, 3_600_000
"""Milliseconds between two tries to settle a test."""


class Cell(Protocol):
    """The object's storage: one text, and the time of its alarm. Both are durable before any reply leaves."""

    def read(self) -> str | None:
        """What was written last."""
        ...

    def write(self, text: str, alarm_at: int) -> None:
        """Keep a text and be woken at that time (milliseconds)."""
        ...

    def clear(self) -> None:
        """Forget both."""
        ...


class TestRun:
    """One test. Arguments and results are JSON-able; every call names the learner, who must be its owner."""

    exposed = frozenset({"start", "state", "question", "known", "answer", "excuse", "result", "erase"})

    def __init__(self, cell: Cell, context: Context) -> None:
        self._cell = cell
        self._context = context

    async def start(
        self, *, test_id: str, user_id: str, language: str, level: Level | None, seen: list[str]
    ) -> dict[str, Any]:
        """Begin, or give what a retry of the same start gave."""
        stored = self._load()
        if stored is None:
            stored = attempts.begin(
                test_id=test_id, user_id=user_id, language=language, level=level,
                seed=self._context.random.token(16), seen=tuple(seen), now=self._context.clock.now(),
            )  # fmt: skip
            self._save(stored)
        self._check(stored, user_id)
        shown, _ = attempts.question(stored, 1)
        return _wire(TestStarted(test_id=test_id, expires_at=stored.expires_at, question=shown))

    async def state(self, *, user_id: str) -> dict[str, Any]:
        """The test as it stands."""
        stored = self._owned(user_id)
        state = TestState(
            test_id=stored.test_id, language=stored.language, status=stored.status,
            expires_at=stored.expires_at, question=stored.current, progress=stored.progress,
        )  # fmt: skip
        return _wire(state)

    async def question(self, *, user_id: str, number: int) -> dict[str, Any]:
        """A question by its number."""
        shown, answered = attempts.question(self._owned(user_id), number)
        return _wire(AskedQuestion(question=shown, answered=answered))

    async def known(self, *, user_id: str, question_id: str, digest: str) -> dict[str, Any]:
        """Before something costly is done with an answer: its kind, and the reply if it came before.

        Raises what ``answer`` would raise.
        """
        stored = self._owned(user_id)
        reply = attempts.known_reply(stored, question_id, digest)
        step = next(step for step in stored.steps if step.question["id"] == question_id)
        return {"kind": step.question["kind"], "prompt": step.question["prompt"], "reply": reply,
                "language": stored.language}  # fmt: skip

    async def answer(
        self,
        *,
        user_id: str,
        question_id: str,
        digest: str,
        arrived: int,
        choice: str | None = None,
        production: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Accept an answer: a choice's id, a production, or neither for a skipped question; the reply.

        ``extra`` is part of the reply, now and at every repetition.
        """
        stored = self._owned(user_id)
        given = Production(**production) if production else choice
        moved = attempts.accept(
            stored, question_id=question_id, digest=digest, given=given, arrived=arrived,
            now=self._context.clock.now(),
        )  # fmt: skip
        if moved is not stored:
            moved = _with_extra(moved, question_id, extra or {})
            self._save(moved)
        reply = attempts.known_reply(moved, question_id, digest)
        assert reply is not None  # noqa: S101 - it has just been accepted
        return reply

    async def excuse(self, *, user_id: str, question_id: str, arrived: int) -> None:
        """Give the pending question its time again, after our failure to understand an answer to it."""
        stored = self._owned(user_id)
        now = self._context.clock.now()
        moved = attempts.excused(stored, question_id=question_id, arrived=arrived, now=now)
        if moved is not stored:
            self._save(moved)

    async def result(self, *, user_id: str) -> dict[str, Any]:
        """The report, or that it is being written. Raises ``TestNotFinished``."""
        stored = self._owned(user_id)
        if stored.status in ("running", "abandoned"):
            raise TestNotFinished
        if stored.report is None:
            return _wire(TestResult(test_id=stored.test_id, status="scoring"))
        return stored.report

    async def erase(self, *, user_id: str) -> None:
        """Forget everything: the account is gone."""
        stored = self._load()
        if stored and stored.user_id == user_id:
            self._cell.clear()

    async def alarm(self) -> None:
        """Write the report, abandon what was not finished, forget what is long over.

        The platform repeats an alarm that fails a few times within minutes and then never again, and a database
        may be away for longer: so a failure is logged and the alarm set anew.
        """
        stored = self._load()
        if stored is None:
            return
        try:
            await self._settle(stored)
        except Exception as error:  # noqa: BLE001 - whatever failed, the test must not stay as it is
            self._context.log.error("level_test_unsettled", test=stored.test_id, error=type(error).__name__)
            self._try_again()

    async def _settle(self, stored: Attempt) -> None:
        now = self._context.clock.now()
        if stored.status == "scoring":
            await self._finish(stored)
        elif stored.status == "running" and now >= stored.expires_at:
            abandoned = replace(stored, status="abandoned")
            await self._project(abandoned, ended=now)
            self._save_unless_erased(abandoned)
        elif stored.status in ("complete", "abandoned"):
            self._cell.clear()
        else:
            self._save(stored)

    def _try_again(self) -> None:
        """Be woken once more, after as long as the last question has been waiting for this."""
        text = self._cell.read()
        if text is None:
            return
        now = self._context.clock.now()
        waited = now - Attempt.restore(json.loads(text)).steps[-1].asked_at
        self._cell.write(text, now + min(max(waited, SHORTEST_WAIT), LONGEST_WAIT))

    async def _finish(self, stored: Attempt) -> None:
        """Judge, keep the report, tell the learner's list. The alarm repeats what a crash interrupted."""
        if stored.report is None:
            locale = await read_locale(self._context, stored.user_id)
            report = await write_report(self._context, stored, locale)
            if self._cell.read() is None:
                return
            stored = replace(stored, report=_wire(report))
            self._cell.write(json.dumps(stored.dump()), self._context.clock.now())
        await self._project(stored, ended=self._context.clock.now())
        self._save_unless_erased(replace(stored, status="complete"))

    async def _project(self, stored: Attempt, *, ended: int) -> None:
        """The list's row, the learner's statistics and the notification, all at once and only once."""
        report = TestResult.model_validate(stored.report) if stored.report else None
        status = "complete" if report else "abandoned"
        statements = [
            sql(
                "UPDATE level_tests SET status = ?, overall_level = ?, report = ?, asked = ?, ended_at = ?"
                " WHERE id = ? AND ended_at IS NULL",
                status, report and report.overall_level, report and json.dumps(stored.report),
                json.dumps(engine.asked(stored.sitting)), ended, stored.test_id,
            )
        ]  # fmt: skip
        if report:
            statements += self._news(stored, report.skills)
        await self._context.db.batch(statements)

    def _news(self, stored: Attempt, skills: dict[Any, SkillResult]) -> list[Any]:
        scores = {skill: result.score for skill, result in skills.items()}
        seconds = attempts.seconds_spent(stored, self._context.clock.now())
        event = (stored.test_id, stored.started_at)
        data = {"testId": stored.test_id, "skills": scores}
        return [
            activity.record(self._context, stored.user_id, "level_test", seconds, data, event=event),
            sql(
                "INSERT OR IGNORE INTO notifications (user_id, id, kind, data, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                stored.user_id, stored.test_id, "level_test_complete",
                json.dumps({"testId": stored.test_id}), self._context.clock.now(),
            ),
        ]  # fmt: skip

    def _owned(self, user_id: str) -> Attempt:
        stored = self._load()
        if stored is None:
            raise NotFound
        return self._check(stored, user_id)

    def _check(self, stored: Attempt, user_id: str) -> Attempt:
        if stored.user_id != user_id:
            raise NotFound
        if stored.status == "running" and self._context.clock.now() >= stored.expires_at:
            return replace(stored, status="abandoned")
        return stored

    def _load(self) -> Attempt | None:
        text = self._cell.read()
        return Attempt.restore(json.loads(text)) if text else None

    def _save(self, stored: Attempt) -> None:
        """Keep the attempt, and be woken for what comes next: at once to score it, later to end or forget."""
        now = self._context.clock.now()
        wake = {"running": stored.expires_at, "scoring": now}.get(stored.status, now + KEPT)
        self._cell.write(json.dumps(stored.dump()), wake)

    def _save_unless_erased(self, stored: Attempt) -> None:
        """Keep what an alarm has made of the attempt; the account may be gone since it began."""
        if self._cell.read() is not None:
            self._save(stored)


def _with_extra(stored: Attempt, question_id: str, extra: dict[str, Any]) -> Attempt:
    if not extra:
        return stored
    steps = tuple(
        replace(step, reply={**(step.reply or {}), **extra}) if step.question["id"] == question_id else step
        for step in stored.steps
    )
    return replace(stored, steps=steps)


def _wire(model: Any) -> dict[str, Any]:
    """As JSON-able data from which the model can be made again."""
    return model.model_dump(by_alias=True)
