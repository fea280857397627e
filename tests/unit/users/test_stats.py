"""Statistics, badges and history, by the calendar of the person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.activity import record
from services.context import sql
from services.paging import PageQuery
from services.problems import InvalidToken
from services.users.days import READ_DAYS, READ_SPAN, read_days
from services.users.stats import READ_HISTORY, READ_SKILLS, read_achievements, read_history, read_stats
from tests.unit.support import make_context
from tests.unit.users.people import someone

if TYPE_CHECKING:
    from services.context import Context

MINUTE = 60_000
SEOUL = "Asia/Seoul"


def local(zone: str, *moment: int) -> int:
    return round(datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


async def learn(
    context: Context, user_id: str, at: int, seconds: int = 60, kind: str = "lesson", **data: object
) -> None:
    event = (context.random.id(), at)
    await context.db.batch([record(context, user_id, kind, seconds, data, event=event)])


class TestStats:
    async def test_of_somebody_who_has_done_nothing(self, context: Context, mina: str) -> None:
        assert (await read_stats(context, mina)).model_dump() == {
            "dailyStudyTime": 0,
            "totalStudyTime": 0,
            "sessionsCompleted": 0,
            "languageProgress": {"speaking": None, "listening": None, "reading": None, "writing": None},
            "partnerInteractions": 0,
            "streakDays": 0,
            "days": [],
        }

    async def test_sum_up_what_was_recorded(self, context: Context) -> None:
        mina = await someone(context, time_zone=SEOUL)
        context.clock.milliseconds = local(SEOUL, 2026, 3, 10, 9)
        await learn(context, mina, local(SEOUL, 2026, 3, 9, 23, 59), 1800, "session", partnerId="jun")
        await learn(context, mina, local(SEOUL, 2026, 3, 10, 0, 0), 1200, "session", partnerId="jun")
        await learn(context, mina, local(SEOUL, 2026, 3, 10, 8), 95, "chat", partnerId="ana")
        await learn(
            context,
            mina,
            local(SEOUL, 2026, 3, 1, 8),
            0,
            "level_test",
            skills={"reading": 40, "writing": 55.5},
        )
        await learn(context, mina, local(SEOUL, 2026, 3, 2, 8), 0, "level_test", skills={"reading": 62})
        stats = await read_stats(context, mina)
        assert (stats.daily_study_time, stats.total_study_time) == (21, 51)
        assert (stats.sessions_completed, stats.partner_interactions, stats.streak_days) == (2, 3, 2)
        assert stats.language_progress.model_dump() == {
            "speaking": None,
            "listening": None,
            "reading": 62,
            "writing": 55.5,
        }
        assert [(day.date, day.minutes) for day in stats.days][-2:] == [
            ("2026-03-09", 30),
            ("2026-03-10", 21),
        ]

    async def test_are_nobody_elses(self, context: Context, mina: str, jun: str) -> None:
        await learn(context, jun, context.clock.now())
        assert (await read_stats(context, mina)).streak_days == 0

    async def test_of_nobody(self, context: Context) -> None:
        with pytest.raises(InvalidToken):
            await read_stats(context, "nobody")

    async def test_an_event_written_twice_counts_once(self, context: Context, mina: str) -> None:
        again = record(context, mina, "session", 600, event=("session-1", context.clock.now()))
        await context.db.batch([again, again])
        assert (await read_stats(context, mina)).sessions_completed == 1

    @pytest.mark.parametrize(("missing", "expected"), [((), 10), ((0,), 9), ((0, 1), 0), ((4,), 4)])
    async def test_a_streak_ends_with_a_whole_day_without_learning(
        self, context: Context, mina: str, missing: tuple[int, ...], expected: int
    ) -> None:
        for ago in range(10):
            if ago not in missing:
                await learn(context, mina, context.clock.now() - ago * 24 * 60 * MINUTE)
        assert (await read_stats(context, mina)).streak_days == expected

    async def test_a_streak_lives_through_both_changes_of_the_clock(self, context: Context) -> None:
        ana = await someone(context, time_zone="Europe/Lisbon")
        context.clock.milliseconds = local("Europe/Lisbon", 2026, 11, 1, 12)
        for ago in range(240):
            day = datetime(2026, 11, 1, tzinfo=ZoneInfo("Europe/Lisbon")) - timedelta(days=ago)
            late = day.replace(hour=23 if ago % 2 else 0, minute=30)
            await learn(context, ana, min(round(late.timestamp() * 1000), context.clock.now()))
        assert (await read_stats(context, ana)).streak_days == 240

    async def test_read_only_the_persons_events(self, context: Context, mina: str) -> None:
        for query in (
            sql(READ_DAYS, mina, "[[0, 1, 0]]"),
            sql(READ_SPAN, mina),
            sql(READ_SKILLS, mina),
            sql(READ_HISTORY, mina, 1, "", 20),
        ):
            plan = context.db.plan(query)
            assert "USING PRIMARY KEY (user_id=?" in plan
            assert not [line for line in plan.splitlines() if line.startswith(("SCAN a", "SCAN users"))]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(
        ["America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"]
    ),
    ages=st.lists(st.integers(0, 3 * 366 * 24 * 60), max_size=30),
)
async def test_days_are_those_of_the_wall_calendar(zone: str, ages: list[int]) -> None:
    context = _EMPTY
    await context.db.run(sql("DELETE FROM users"))
    await context.db.run(
        sql(
            "INSERT INTO users (id, display_name, time_zone, created_at, updated_at)"
            " VALUES ('mina', 'Mina', ?, 0, 0)",
            zone,
        )
    )
    moments = [context.clock.now() - age * MINUTE for age in ages]
    for at in moments:
        await learn(context, "mina", at)
    found = [day.number for day in (await read_days(context, "mina")).days]
    dates = {datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).date() for at in moments}
    assert found == sorted(day.toordinal() - datetime(1970, 1, 1).toordinal() for day in dates)  # noqa: DTZ001


_EMPTY = make_context()


class TestAchievements:
    async def test_are_earned_on_the_day_the_target_was_reached(self, context: Context, mina: str) -> None:
        start = context.clock.now()
        for day in range(12):
            if day != 9:
                await learn(context, mina, start + day * 24 * 60 * MINUTE, 3600, "session", partnerId="jun")
        context.clock.advance(days=12)
        badges = {badge.code: badge for badge in (await read_achievements(context, mina)).items}
        earned = {code: badge.earned_on for code, badge in badges.items() if badge.earned_on}
        assert earned == {
            "first_session": "2025-11-20",
            "streak_7": "2025-11-26",
            "sessions_10": "2025-11-30",
            "hours_10": "2025-11-30",
            "interactions_10": "2025-11-30",
        }
        assert (badges["sessions_100"].progress, badges["streak_30"].progress) == (11, 9)
        assert badges["streak_7"].progress == 7

    async def test_of_somebody_who_has_done_nothing(self, context: Context, mina: str) -> None:
        assert {badge.progress for badge in (await read_achievements(context, mina)).items} == {0}


class TestHistory:
    async def test_goes_back_page_by_page_while_more_happens(self, context: Context, mina: str) -> None:
        for number in range(5):
            context.clock.advance(seconds=number % 2)
            await learn(context, mina, context.clock.now(), number, partnerId="jun")
        first = await read_history(context, mina, PageQuery(limit=3))
        context.clock.advance(seconds=1)
        await learn(context, mina, context.clock.now(), 99)
        second = await read_history(context, mina, PageQuery(limit=3, cursor=first.next_cursor))
        assert second.next_cursor is None
        assert [item.seconds for page in (first, second) for item in page.items] == [4, 3, 2, 1, 0]
        assert first.items[0].data == {"partnerId": "jun"}
