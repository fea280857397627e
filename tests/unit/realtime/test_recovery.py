"""A client that was cut off anywhere gets exactly what it has not had, or is told to begin anew."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.realtime.journal import KEPT, REACHED, TRIM, Offset, Reached
from services.realtime.recovery import Recovery, State
from tests.unit.chat.world import LocalHome
from tests.unit.support import SetClock, make_context

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from services.context import Context

ROOMS = ("algebra", "biology", "chemistry")
CUT_OFF = "pid"


def later(work: Awaitable[None]) -> None:
    """Positions are stored when the test says so."""
    work.close()  # type: ignore[attr-defined]


@dataclass
class Sent:
    """One event as it was sent, and when."""

    room: str
    event: int
    offset: str
    at: int


@dataclass
class Shard:
    """One object, and a client in all rooms: what it was sent."""

    context: Context = field(default_factory=lambda: replace(make_context(), defer=later))
    home: LocalHome = field(default_factory=LocalHome)
    sent: list[Sent] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROOMS, 10))

    def __post_init__(self) -> None:
        self.recovery = self._begin()
        self.entered = self.recovery.journal.mark()
        self.entry = dict(self.last)
        self.welcome = self.recovery.journal.offset("", 0)

    def _begin(self) -> Recovery:
        return Recovery("socketio:2", self.context, self.home, self.home.wake_at)

    @property
    def clock(self) -> SetClock:
        assert isinstance(self.context.clock, SetClock)
        return self.context.clock

    def batch(self, room: str, size: int) -> None:
        journal = self.recovery.journal
        first, self.last[room] = self.last[room] + 1, self.last[room] + size
        journal.passing(room, self.last[room])
        for event in range(first, self.last[room] + 1):
            self.sent.append(Sent(room, event, journal.offset(room, event), self.clock.now()))
        journal.passed()

    def evict(self, _: Any = None) -> None:
        self.recovery.journal.flush()
        self.clock.advance(seconds=10)
        self.recovery = self._begin()

    def crash(self) -> None:
        self.clock.advance(seconds=1)
        self.recovery = self._begin()

    def wait(self, seconds: int) -> None:
        self.recovery.journal.flush()
        self.clock.advance(seconds=seconds)
        self.recovery.trim(list(ROOMS))

    def state(self) -> State:
        rooms = {room: Reached(self.entered, self.entry[room]) for room in ROOMS}
        return State(CUT_OFF, "sid", "mina", rooms)

    def come_back(self, offset: str) -> dict[str, int] | None:
        parsed = Offset.parse(offset)
        assert parsed
        claim = self.recovery.give_up("mina", CUT_OFF, parsed)
        return claim and claim.rooms

    def had(self, count: int) -> dict[str, int]:
        """The last event of each room among the first that were sent."""
        return self.entry | {each.room: each.event for each in self.sent[:count]}


step = st.one_of(
    st.tuples(st.just("batch"), st.sampled_from(ROOMS), st.integers(1, 3)),
    st.tuples(st.just("evict"), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 150)),
)


@given(st.lists(step, max_size=25), st.integers(0, 60), st.integers(0, KEPT // 1000 - 1))
def test_what_is_replayed_is_what_was_not_had(steps: list[Any], cut: int, away: int) -> None:
    shard = Shard()
    for name, *arguments in steps:
        getattr(shard, name)(*arguments)
    cut = min(cut, len(shard.sent))
    offset = shard.sent[cut - 1].offset if cut else shard.welcome
    cut_off_at = shard.clock.now()
    shard.recovery.park(shard.state())
    shard.batch(ROOMS[0], 1)
    shard.wait(away)
    rooms = shard.come_back(offset)
    missed_long_ago = any(each.at < cut_off_at - KEPT for each in shard.sent[cut:])
    assert rooms in ([shard.had(cut), None] if missed_long_ago else [shard.had(cut)])


def test_the_session_is_there_once_and_for_two_minutes() -> None:
    shard = Shard()
    shard.batch("algebra", 1)
    for wait, found in ((119, True), (120, False)):
        shard.recovery.park(shard.state())
        shard.wait(wait)
        assert (shard.come_back(shard.sent[-1].offset) is not None) is found
        assert shard.come_back(shard.sent[-1].offset) is None
    assert shard.home.rows("SELECT * FROM parked") == []


def test_whoever_entered_a_room_after_the_last_event_begins_anew() -> None:
    shard = Shard()
    shard.batch("algebra", 1)
    state = shard.state()
    state.rooms["chemistry"] = Reached(shard.recovery.journal.mark(), 10)
    shard.recovery.park(state)
    assert shard.come_back(shard.sent[-1].offset) is None


def test_what_a_crash_made_uncertain_is_not_recovered() -> None:
    shard = Shard()
    shard.recovery.journal.flush()
    shard.batch("algebra", 1)
    shard.crash()
    shard.recovery.park(shard.state())
    assert shard.come_back(shard.sent[-1].offset) is None


def test_positions_that_nobody_needs_are_forgotten() -> None:
    shard = Shard()
    for _ in range(100):
        shard.batch("algebra", 2)
        shard.wait(31)
    (kept,) = shard.home.rows("SELECT count(*) AS n FROM passed")
    assert kept["n"] <= 2 * KEPT // 31_000 + 2
    shard.clock.advance(seconds=2 * KEPT // 1000)
    shard.recovery.trim([])
    assert len(shard.home.rows("SELECT * FROM passed")) == 1, "it tells where the object's life ended"


@pytest.mark.parametrize("query", [REACHED, TRIM])
def test_no_query_reads_all_positions(query: str) -> None:
    plan = Shard().home.plan(query, *("[]", 1) if query == REACHED else (1, "[]"))
    whole = [line for line in plan.splitlines() if line.startswith("SCAN") and "VIRTUAL TABLE" not in line]
    assert whole == [], plan
