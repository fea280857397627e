"""Each listener hears each event once, in order, and nothing after it had to go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from services.realtime.feeds import Event, Feed, Listener

if TYPE_CHECKING:
    from collections.abc import Sequence


class Ear(Listener):
    """Remembers what it heard."""

    def __init__(self, user_id: str = "someone") -> None:
        super().__init__("room", user_id)
        self.heard: list[int] = []
        self.over = ""

    @property
    def group(self) -> str:
        return "ears"

    def render(self, events: Sequence[Event]) -> list[int]:
        return [event.number for event in events]

    def write(self, frames: list[int]) -> None:
        self.heard += frames

    def ended(self) -> None:
        self.over = "ended"

    def lapsed(self) -> None:
        self.over = "lapsed"


def events(*numbers: int) -> list[Event]:
    return [Event(number, "message", "{}") for number in numbers]


def listening(feed: Feed, cursor: int = 0, user_id: str = "someone") -> Ear:
    ear = Ear(user_id)
    feed.add(ear)
    feed.ready(ear, cursor)
    return ear


def test_batches_that_come_again_are_heard_once() -> None:
    feed = Feed()
    ear = listening(feed)
    for batch in (events(1, 2), events(1, 2), events(2, 3)):
        feed.deliver(batch)
    assert ear.heard == [1, 2, 3]


@given(st.lists(st.integers(1, 20), max_size=8), st.integers(0, 20), st.integers(0, 8))
def test_a_replay_is_followed_by_what_it_did_not_hold(ends: list[int], cursor: int, ready_after: int) -> None:
    feed, early, late = Feed(), Ear(), Ear()
    feed.add(early)
    feed.ready(early, 0)
    feed.add(late)
    reached = 0
    for position, end in enumerate(sorted(ends)):
        if position == ready_after:
            feed.ready(late, cursor)
        feed.deliver(events(*range(reached + 1, end + 1)))
        reached = max(reached, end)
    feed.ready(late, cursor)
    assert early.heard == list(range(1, reached + 1))
    if len(ends) <= ready_after:
        assert late.heard == list(range(cursor + 1, reached + 1))
    assert late.heard == sorted(set(late.heard))
    assert all(number > cursor for number in late.heard)


def test_whoever_is_put_out_hears_that_last() -> None:
    feed = Feed()
    stays, goes = listening(feed), listening(feed, user_id="bob")
    removal = Event(2, "member", json.dumps({"userId": "bob", "action": "removed"}))
    feed.deliver([*events(1), removal, *events(3)])
    assert (stays.heard, goes.heard, goes.over) == ([1, 2, 3], [1, 2], "ended")
    feed.deliver([Event(4, "closed", "{}"), *events(5)])
    assert (stays.heard, stays.over, len(feed)) == ([1, 2, 3, 4], "ended", 0)


def test_who_has_the_room_open_follows_who_comes_and_goes() -> None:
    feed = Feed()
    assert feed.people == frozenset()
    phone = listening(feed, user_id="mina")
    assert feed.people == {"mina"}
    listening(feed, user_id="mina")
    jun = Ear("jun")
    feed.restore(jun)
    assert feed.people == {"mina", "jun"}
    feed.remove(phone)
    assert feed.people == {"mina", "jun"}, "the other device is still there"
    feed.end("jun".__eq__)
    assert feed.people == {"mina"}


def test_a_gap_makes_listeners_resume() -> None:
    feed = Feed()
    ear = listening(feed)
    feed.deliver(events(1))
    feed.deliver(events(5))
    assert (ear.heard, ear.over) == ([1], "lapsed")


def test_the_others_are_told_who_types() -> None:
    feed = Feed()
    bob, ada = listening(feed, user_id="bob"), listening(feed, user_id="ada")
    feed.deliver(events(1))
    feed.tell(Event(0, "typing", "{}"), but="bob")
    assert (bob.heard, ada.heard) == ([1], [1, 0])
