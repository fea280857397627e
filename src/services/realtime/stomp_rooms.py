"""Rooms as STOMP clients hear them: on destinations of their own, or all together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from protocols.stomp import PreparedMessage
from services.realtime import closing
from services.realtime.feeds import ABOUT_MESSAGES, Listener

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from protocols.stomp import Subscription
    from services.realtime.feeds import Event
    from services.realtime.stomp import StompClient

JSON: Final = {"content-type": "application/json"}


class RoomListener(Listener):
    """A subscription to a room: to its messages as they are, or to everything else that happens in it."""

    __slots__ = ("client", "destination", "id", "messages")

    def __init__(self, client: StompClient, subscription: Subscription, room_id: str, user_id: str) -> None:
        super().__init__(room_id, user_id)
        self.client = client
        self.id = subscription.id
        self.destination = subscription.destination
        self.messages = not subscription.destination.endswith("/events")

    @property
    def group(self) -> Hashable:
        """Frames differ by version, subscription id and what carries them."""
        return (self.client.connection.version, self.id, self.messages, self.client.peer.framing)

    def render(self, events: Sequence[Event]) -> Any:
        """All events in one WebSocket message, STOMP being a stream of frames; None if none is meant."""
        version = self.client.connection.version or "1.2"
        name = self.id if self.client.connection.subscriptions[self.id].named else None
        frames = [
            self.prepare(event).render(name, self.name(event), version=version)
            for event in self.meant(events)
        ]
        return self.client.peer.frame("".join(frames)) if frames else None

    def write(self, frames: Any) -> None:
        """Send them."""
        if frames is not None:
            self.client.peer.pass_on(frames)

    def meant(self, events: Sequence[Event]) -> list[Event]:
        """The events that belong to the destination."""
        return [event for event in events if (event.type in ABOUT_MESSAGES) == self.messages]

    def prepare(self, event: Event) -> PreparedMessage[str]:
        """An event as a MESSAGE."""
        headers = JSON | {"event": event.type, "event-id": str(event.number)}
        return PreparedMessage(self.destination, event.text, headers)

    def name(self, event: Event) -> str:
        """The event's message-id."""
        return f"{self.room_id}-{event.number}"

    def ended(self) -> None:
        """Stay subscribed and hear nothing more; it is remembered over an eviction."""
        self.client.listeners.pop(self.id, None)
        self.client.keep()

    def lapsed(self) -> None:
        """Make the client resume."""
        self.client.close(closing.TRY_AGAIN_LATER, "resume")


class AcknowledgedRoomListener(RoomListener):
    """A subscription to a room whose messages the client acknowledges: its frames are its own."""

    __slots__ = ()

    @property
    def group(self) -> Hashable:
        """Nobody else takes the same frames."""
        return (self.client.id, self.id)

    def render(self, events: Sequence[Event]) -> Any:
        """Rendered when they are sent."""
        return events

    def write(self, frames: Any) -> None:
        """Send as many as the client's window lets through; the rest follows its ACKs."""
        for event in self.meant(frames):
            self.client.post(self.id, self.name(event), self.prepare(event))
        self.client.keep()
