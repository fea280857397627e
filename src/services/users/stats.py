"""Statistics, badges and the history time line, from what was recorded in ``activity``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from services.activity import Kind
from services.context import sql
from services.models import Model, Page, Timestamp
from services.paging import LAST_NUMBER, PageQuery, decode_cursor, split
from services.users.days import Days, iso_date, read_days, streak

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.context import Context

SHOWN_DAYS = 30

READ_SKILLS = (
    "SELECT s.key AS skill, s.value AS score, max(a.at) AS at"
    " FROM activity a, json_each(a.data, '$.skills') s WHERE a.user_id = ? GROUP BY s.key"
)
READ_HISTORY = (
    "SELECT id, kind, seconds, data, at FROM activity"
    " WHERE user_id = ?1 AND (at, id) < (?2, ?3) ORDER BY at DESC, id DESC LIMIT ?4"
)
_LATEST = (LAST_NUMBER, "")


class LanguageProgress(Model):
    """The latest measured score of each skill, 0 to 100; null where none was measured."""

    speaking: float | None = None
    listening: float | None = None
    reading: float | None = None
    writing: float | None = None


class StudyDay(Model):
    """A day of the person's calendar and the minutes they learned."""

    date: str
    minutes: int


class Stats(Model):
    """A person's learning. Days are those of their time zone, times are minutes.

    ``dailyStudyTime`` is that of today; a streak lasts as long as no whole day passes without learning.
    """

    daily_study_time: int
    total_study_time: int
    sessions_completed: int
    language_progress: LanguageProgress
    partner_interactions: int
    streak_days: int
    days: list[StudyDay]
    """The days of the last thirty on which something was learned."""


Metric = Literal["sessions", "minutes", "interactions", "tests", "streak"]


class Rule(NamedTuple):
    """A badge is earned on the day on which ``metric`` reaches ``target``."""

    code: str
    title: str
    metric: Metric
    target: int


RULES = (
    Rule("first_session", "First session", "sessions", 1),
    Rule("sessions_10", "10 sessions", "sessions", 10),
    Rule("sessions_100", "100 sessions", "sessions", 100),
    Rule("hours_10", "10 hours of learning", "minutes", 10 * 60),
    Rule("hours_100", "100 hours of learning", "minutes", 100 * 60),
    Rule("streak_7", "7 days in a row", "streak", 7),
    Rule("streak_30", "30 days in a row", "streak", 30),
    Rule("streak_365", "A year without a break", "streak", 365),
    Rule("interactions_10", "10 exchanges with partners", "interactions", 10),
    Rule("interactions_100", "100 exchanges with partners", "interactions", 100),
    Rule("first_level_test", "First level test", "tests", 1),
)


class Badge(Model):
    """A badge and how far it is: earned on a day of the person's calendar, or not yet (null)."""

    code: str
    title: str
    target: int
    progress: int
    earned_on: str | None


class Achievements(Model):
    """All badges."""

    items: list[Badge]


class HistoryItem(Model):
    """Something that happened."""

    id: str
    kind: Kind
    seconds: int
    data: dict[str, Any]
    at: Timestamp


async def read_stats(context: Context, user_id: str) -> Stats:
    """The person's statistics at this moment. Raises ``InvalidToken`` when the account is gone."""
    days = await read_days(context, user_id)
    skills = await context.db.all(sql(READ_SKILLS, user_id))
    seconds = {day.number: day.seconds for day in days.days}
    shown = [number for number in seconds if number > days.today - SHOWN_DAYS]
    return Stats(
        daily_study_time=seconds.get(days.today, 0) // 60,
        total_study_time=sum(seconds.values()) // 60,
        sessions_completed=sum(day.sessions for day in days.days),
        language_progress=LanguageProgress.model_validate({row["skill"]: row["score"] for row in skills}),
        partner_interactions=sum(day.interactions for day in days.days),
        streak_days=streak(days),
        days=[StudyDay(date=iso_date(number), minutes=seconds[number] // 60) for number in shown],
    )


async def read_achievements(context: Context, user_id: str) -> Achievements:
    """Every badge, earned or on the way. Raises ``InvalidToken`` when the account is gone."""
    courses = _courses(await read_days(context, user_id))
    return Achievements(items=[_badge(rule, courses[rule.metric]) for rule in RULES])


async def read_history(context: Context, user_id: str, query: PageQuery) -> Page[HistoryItem]:
    """What happened, the latest first."""
    at, last = decode_cursor(query.cursor, int, str) if query.cursor else _LATEST
    rows = await context.db.all(sql(READ_HISTORY, user_id, at, last, query.limit + 1))
    page, cursor = split(rows, query.limit, lambda row: (row["at"], row["id"]))
    items = [HistoryItem.model_validate({**row, "data": json.loads(row["data"])}) for row in page]
    return Page[HistoryItem](items=items, next_cursor=cursor)


Course = list[tuple[int, int]]
"""(day, value) of a metric that never falls."""


def _courses(days: Days) -> dict[Metric, Course]:
    """How each metric grew; of streaks the longest so far."""
    return {
        "sessions": _sums((day.number, day.sessions) for day in days.days),
        "minutes": [(day, total // 60) for day, total in _sums((d.number, d.seconds) for d in days.days)],
        "interactions": _sums((day.number, day.interactions) for day in days.days),
        "tests": _sums((day.number, day.tests) for day in days.days),
        "streak": _longest(day.number for day in days.days),
    }


def _sums(steps: Iterable[tuple[int, int]]) -> Course:
    course: Course = []
    total = 0
    for day, step in steps:
        total += step
        course.append((day, total))
    return course


def _longest(numbers: Iterable[int]) -> Course:
    course: Course = []
    before, length, longest = -2, 0, 0
    for number in numbers:
        length = length + 1 if number == before + 1 else 1
        longest = max(longest, length)
        course.append((number, longest))
        before = number
    return course


def _badge(rule: Rule, course: Course) -> Badge:
    earned = next((day for day, value in course if value >= rule.target), None)
    progress = min(rule.target, course[-1][1]) if course else 0
    return Badge(
        code=rule.code,
        title=rule.title,
        target=rule.target,
        progress=progress,
        earned_on=None if earned is None else iso_date(earned),
    )
