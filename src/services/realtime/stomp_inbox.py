"""The new messages of all of a person's rooms, on one STOMP destination.

A client that subscribes to it listens to each room as if it had subscribed to that, so a message costs nothing
more than one for the room's own listeners; but it does not count as having the rooms open.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from services.problems import NotFound
from services.realtime.stomp_rooms import AcknowledgedRoomListener, RoomListener

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from services.realtime.feeds import Event
    from services.realtime.stomp import StompClient

INBOX: Final = "/user/queue/messages"
MAX_ROOMS: Final = 100
"""Rooms, the latest active, that one inbox hears."""


class InboxListener(RoomListener):
    """One of a person's rooms, as the subscription to the messages of all of them hears it."""

    __slots__ = ()

    background: ClassVar[bool] = True

    @property
    def group(self) -> Hashable:
        """As of a room, on another destination."""
        return (super().group, "inbox")

    def meant(self, events: Sequence[Event]) -> list[Event]:
        """What is new: changes of messages are the room's own business."""
        return [event for event in events if event.type == "message"]

    def ended(self) -> None:
        """Listen to the other rooms."""
        self.client.inbox.rooms.pop(self.room_id, None)
        self.client.keep()


class AcknowledgedInboxListener(InboxListener, AcknowledgedRoomListener):
    """The same for a client that acknowledges."""

    __slots__ = ()


class Inbox:
    """The rooms that one client hears on its subscription to ``INBOX``, if it has one."""

    def __init__(self, client: StompClient) -> None:
        self._client = client
        self.rooms: dict[str, InboxListener] = {}

    async def open(self) -> None:
        """Hear all rooms from now on. What fails closes it and is raised."""
        self.close()
        client = self._client
        assert client.identity  # noqa: S101 - nobody else subscribes
        rooms = await client.gateway.rooms_of(client.identity.user_id, MAX_ROOMS)
        ends = await asyncio.gather(*map(self.follow, rooms), return_exceptions=True)
        for failed in (end for end in ends if isinstance(end, Exception)):
            self.close()
            client.queues.pop(INBOX, None)
            raise failed

    def close(self) -> None:
        """Hear nothing more."""
        for listener in self.rooms.values():
            self._client.gateway.stop(listener)
        self.rooms.clear()

    async def follow(self, room_id: str, after: int | None = None) -> None:
        """Hear one more room, from an event on or from now on; nothing if there is no subscription."""
        client = self._client
        if INBOX not in client.queues or room_id in self.rooms or len(self.rooms) >= MAX_ROOMS:
            return
        listener = self.rooms[room_id] = self._listener(room_id)
        try:
            await client.gateway.listen(listener, last_event=after)
        except Exception as error:
            self.rooms.pop(room_id, None)
            if not isinstance(error, NotFound):  # otherwise the person left it meanwhile
                raise
        client.keep()

    def load(self, rooms: Iterable[str]) -> None:
        """Go on after an eviction."""
        for room_id in rooms:
            listener = self.rooms[room_id] = self._listener(room_id)
            self._client.gateway.restore(listener)

    def _listener(self, room_id: str) -> InboxListener:
        client = self._client
        assert client.identity  # noqa: S101 - nobody else subscribes
        subscription = client.connection.subscriptions[client.queues[INBOX]]
        kind = InboxListener if subscription.ack == "auto" else AcknowledgedInboxListener
        return kind(client, subscription, room_id, client.identity.user_id)
