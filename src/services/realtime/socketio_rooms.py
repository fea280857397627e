"""A room as a Socket.IO client hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.realtime import closing
from services.realtime.feeds import Listener
from services.realtime.peers import SharedFrames

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from services.realtime.feeds import Event
    from services.realtime.journal import Reached
    from services.realtime.socketio import SocketIoClient


def event_frame(name: str, text: str, offset: str | None = None) -> str:
    """An event of the main namespace, whose one argument is JSON already, as an Engine.IO frame.

    ``offset`` goes last: the client remembers it for a recovery, and hands it to listeners.
    """
    return f'42["{name}",{text}]' if offset is None else f'42["{name}",{text},"{offset}"]'


class RoomListener(Listener):
    """A room that a client joined. ``place`` is where it entered, once it has."""

    __slots__ = ("client", "place")

    def __init__(
        self, client: SocketIoClient, room_id: str, user_id: str, place: Reached | None = None
    ) -> None:
        super().__init__(room_id, user_id)
        self.client = client
        self.place = place

    @property
    def group(self) -> Hashable:
        """The frames are the same for everyone, with offsets and without."""
        return self.client.session.offsets

    def render(self, events: Sequence[Event]) -> SharedFrames:
        """One frame for each event; what is not stored has no offset, for it is not missed."""
        session, room_id = self.client.session, self.room_id
        if not session.offsets:
            return SharedFrames(event_frame(f"chat:{kind}", text) for _, kind, text in events)
        offset = session.recovery.journal.offset
        return SharedFrames(
            event_frame(f"chat:{kind}", text, offset(room_id, number) if number else None)
            for number, kind, text in events
        )

    def write(self, frames: SharedFrames) -> None:
        """Send them."""
        self.client.peer.pass_on(frames)

    def ended(self) -> None:
        """The person is not in the room any more."""
        self.client.rooms.pop(self.room_id, None)
        self.client.keep()

    def lapsed(self) -> None:
        """Make the client resume."""
        self.client.close(closing.TRY_AGAIN_LATER, "resume")
