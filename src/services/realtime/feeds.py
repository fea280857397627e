"""Who in this object listens to which room, and what each of them has had.

A room sends numbered batches, each possibly more than once. A listener that has just come gets what it missed
first: until that is written its live events are held, and those that the replay held are not repeated.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

ABOUT_MESSAGES = frozenset(("message", "edited", "deleted"))
"""Events whose text is a message as it is now."""
MAX_HELD = 2_000
"""Events that wait for the end of a listener's replay."""


class Event(NamedTuple):
    """One change of a room; ``text`` is the JSON that clients get. What is not stored has number 0."""

    number: int
    type: str
    text: str


class Listener(ABC):
    """One client's subscription to one room.

    Listeners of the same ``group`` take the same frames: these are rendered once and written to each.
    """

    __slots__ = ("cursor", "held", "room_id", "user_id")

    background: ClassVar[bool] = False
    """Whether the person need not have the room before their eyes."""

    def __init__(self, room_id: str, user_id: str) -> None:
        self.room_id = room_id
        self.user_id = user_id
        self.cursor = 0
        self.held: list[Event] | None = []

    @property
    @abstractmethod
    def group(self) -> Hashable:
        """What decides about the frames."""

    @abstractmethod
    def render(self, events: Sequence[Event]) -> Any:
        """Frames of events for any listener of the group."""

    @abstractmethod
    def write(self, frames: Any) -> None:
        """Send what ``render`` made."""

    @abstractmethod
    def ended(self) -> None:
        """Take note that the person is not in the room any more."""

    @abstractmethod
    def lapsed(self) -> None:
        """Take note that events were missed: only resuming can mend it."""


class Feed:
    """One room's listeners in this object."""

    __slots__ = ("_behind", "_live", "_people", "seen")

    def __init__(self, seen: int = 0) -> None:
        self.seen = seen
        """The last event that came from the room; 0 if none came since this memory began."""
        self._live: dict[Hashable, dict[Listener, None]] = {}
        self._behind: dict[Listener, None] = {}  # in their replay, or ahead of ``seen`` because of it
        self._people: frozenset[str] | None = None

    def __len__(self) -> int:
        return len(self._behind) + sum(map(len, self._live.values()))

    def __iter__(self) -> Iterator[Listener]:
        yield from self._behind
        for members in self._live.values():
            yield from members

    @property
    def people(self) -> frozenset[str]:
        """Who has the room open."""
        if self._people is None:
            self._people = frozenset(each.user_id for each in self if not each.background)
        return self._people

    def add(self, listener: Listener) -> None:
        """Hold events for a listener until ``ready``."""
        self._people = None
        self._behind[listener] = None

    def restore(self, listener: Listener) -> None:
        """Take back a listener from before an eviction: it had all that the room believes us to have."""
        self._people = listener.held = None
        self._promote(listener)

    def ready(self, listener: Listener, cursor: int) -> None:
        """Let a listener have what was held, from event ``cursor`` on, which its replay ended with."""
        if listener not in self._behind:
            return
        held, listener.held, listener.cursor = listener.held or [], None, cursor
        self._catch_up(listener, held)

    def remove(self, listener: Listener) -> None:
        """Send it nothing more."""
        self._people = None
        self._behind.pop(listener, None)
        members = self._live.get(listener.group, {})
        if members.pop(listener, self) is None and not members:
            del self._live[listener.group]

    def deliver(self, events: Sequence[Event]) -> None:
        """Pass on what was not passed on yet, and let go whom it puts out of the room."""
        fresh = [event for event in events if event.number > self.seen]
        if not fresh:
            return
        if self.seen and fresh[0].number > self.seen + 1:
            self._lapse()
        for part, leaves in _parts(fresh):
            self.seen = part[-1].number
            self._pass(part)
            if leaves:
                self.end(leaves)

    def tell(self, event: Event, *, but: str) -> None:
        """Pass on what has no number and is not stored to everyone but one person."""
        for members in self._live.values():
            frames = None
            for listener in members:
                if listener.user_id != but:
                    frames = frames or listener.render([event])
                    listener.write(frames)

    def end(self, leaves: Callable[[str], bool]) -> None:
        """Let go of the listeners of those who are not in the room any more."""
        for listener in [each for each in self if leaves(each.user_id)]:
            self.remove(listener)
            listener.ended()

    def _pass(self, events: Sequence[Event]) -> None:
        for members in self._live.values():
            frames = next(iter(members)).render(events)
            for listener in members:
                listener.write(frames)
        for listener in list(self._behind):
            if listener.held is None:
                self._catch_up(listener, events)
            elif len(listener.held) + len(events) > MAX_HELD:
                self.remove(listener)
                listener.lapsed()
            else:
                listener.held += events

    def _catch_up(self, listener: Listener, events: Iterable[Event]) -> None:
        later = [event for event in events if event.number > listener.cursor]
        if later:
            listener.write(listener.render(later))
            listener.cursor = later[-1].number
        if self.seen >= listener.cursor:
            del self._behind[listener]
            self._promote(listener)

    def _promote(self, listener: Listener) -> None:
        self._live.setdefault(listener.group, {})[listener] = None

    def _lapse(self) -> None:
        for listener in [each for each in self if each.held is None]:
            self.remove(listener)
            listener.lapsed()


def _parts(events: Sequence[Event]) -> Iterator[tuple[Sequence[Event], Callable[[str], bool] | None]]:
    """Cut a batch behind each event that puts somebody out, for whom it is the last one."""
    begin = 0
    for end, event in enumerate(events, 1):
        leaves = _leaves(event)
        if leaves:
            yield events[begin:end], leaves
            begin = end
    if begin < len(events):
        yield events[begin:], None


def _leaves(event: Event) -> Callable[[str], bool] | None:
    if event.type == "closed":
        return lambda _: True
    if event.type != "member":
        return None
    change = json.loads(event.text)
    return change["userId"].__eq__ if change["action"] in {"left", "removed"} else None
