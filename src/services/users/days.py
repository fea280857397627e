"""A person's learning by the days of their own calendar."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from services.context import sql
from services.problems import InvalidToken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.context import Clock, Context

DAY = 86_400_000
LONGEST = 10 * 366 * DAY
"""How far back statistics look, in milliseconds."""

READ_DAYS = (
    "SELECT (a.at + (s.value ->> 2)) / 86400000 AS number, sum(a.seconds) AS seconds,"
    " sum(a.kind = 'session') AS sessions, count(a.data ->> 'partnerId') AS interactions,"
    " sum(a.kind = 'level_test') AS tests"
    " FROM json_each(?2) s CROSS JOIN activity a"
    " ON a.user_id = ?1 AND a.at >= (s.value ->> 0) AND a.at < (s.value ->> 1)"
    " GROUP BY number ORDER BY number"
)
READ_SPAN = (
    "SELECT time_zone, (SELECT min(at) FROM activity WHERE user_id = ?1) AS first"
    " FROM users WHERE id = ?1 AND deleted_at IS NULL"
)

_PROBE = 14 * DAY
"""Offsets do not change twice in a fortnight."""
_EPOCH = date(1970, 1, 1).toordinal()


class Day(NamedTuple):
    """A day on which something was learned. ``number`` counts local days since 1970-01-01."""

    number: int
    seconds: int
    sessions: int
    interactions: int
    tests: int


class Days(NamedTuple):
    """The days with activity in order, and the number of the day that it is now."""

    days: Sequence[Day]
    today: int


class _Span(NamedTuple):
    """From ``start`` until before ``end`` local time is ``offset`` ahead of UTC; all in milliseconds."""

    start: int
    end: int
    offset: int


async def read_days(context: Context, user_id: str) -> Days:
    """The person's days in their time zone, daylight saving included. Raises ``InvalidToken``."""
    row = await context.db.first(sql(READ_SPAN, user_id))
    if row is None:
        raise InvalidToken("This account is gone.")
    now, zone = context.clock.now(), row["time_zone"]
    today = (now + context.clock.utc_offset(zone, now)) // DAY
    if row["first"] is None:
        return Days((), today)
    spans = list(_spans(context.clock, zone, max(row["first"], now - LONGEST), now + 1))
    rows = await context.db.all(sql(READ_DAYS, user_id, json.dumps(spans)))
    return Days([Day(**row) for row in rows], today)


def iso_date(number: int) -> str:
    """The date of a day's number: ``2026-11-20``."""
    return date.fromordinal(_EPOCH + number).isoformat()


def streak(days: Days) -> int:
    """How many days in a row until today; a day that is not over does not break it."""
    expected = days.today
    if days.days and days.days[-1].number == expected - 1:
        expected -= 1
    length = 0
    for day in reversed(days.days):
        if day.number != expected - length:
            break
        length += 1
    return length


def _spans(clock: Clock, zone: str, start: int, end: int) -> Iterator[_Span]:
    """The time from ``start`` to ``end``, cut where the zone's offset changes."""
    begun, offset, at = start, clock.utc_offset(zone, start), start
    while at < end:
        probe = min(at + _PROBE, end)
        if clock.utc_offset(zone, probe) != offset:
            change = _change(clock, zone, at, probe)
            yield _Span(begun, change, offset)
            begun, offset = change, clock.utc_offset(zone, change)
        at = probe
    yield _Span(begun, end, offset)


def _change(clock: Clock, zone: str, before: int, after: int) -> int:
    """The first millisecond after ``before`` with another offset, of which there is one until ``after``."""
    offset = clock.utc_offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if clock.utc_offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after
