"""What one object full of connections does for its clients, whatever their framing."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from services.chat.relations import rooms_of
from services.problems import Problem, Unavailable
from services.realtime import closing
from services.realtime.feeds import ABOUT_MESSAGES, Event, Feed
from services.realtime.identity import Identity, identify, redeem
from services.realtime.journal import own
from services.realtime.liveness import LiveRooms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Context
    from services.realtime.commands import SendMessage
    from services.realtime.directs import Direct
    from services.realtime.feeds import Listener
    from services.realtime.recovery import Recovery

HUBS = "CHAT_HUB"
PRESENCE = "USER_PRESENCE"
PRESENCE_QUEUE = "/user/queue/presence"
MAX_SENDERS = 1_000
"""Rooms whose stubs are kept."""

Charge = Callable[[Identity], Awaitable[Any]]


class Client(Protocol):
    """One connection of a person."""

    id: str
    identity: Identity | None

    def direct(self, destination: str, payload: str, number: int, /) -> bool:
        """Send something for the person themselves; whether the client listens to that destination.

        ``number`` counts what the person is told; 0 is for what is not repeated to those who missed it.
        """
        ...

    async def follow(self, room_id: str, after: int) -> None:
        """Take note that the person is in one more room, whose events after that one are news."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        ...


class Gateway:
    """The clients of one object and what they listen to. ``name`` is the object's.

    With ``recovery`` clients that were cut off can go on where they were. ``passed_on`` holds the last event of
    each room; it may outlive the object's memory.
    """

    def __init__(
        self,
        name: str,
        context: Context,
        charge: Charge,
        recovery: Recovery | None = None,
        passed_on: dict[str, int] | None = None,
    ) -> None:
        self.name = name
        self.context = context
        self.recovery = recovery
        self._charge = charge
        self._feeds: dict[str, Feed] = {}
        self._passed_on = {} if passed_on is None else passed_on
        self._senders: dict[str, Any] = {}
        self._live = LiveRooms(context)
        self._people: defaultdict[str, dict[str, Client]] = defaultdict(dict)

    # What clients ask for

    async def identify(self, token: str) -> Identity:
        """Who a token speaks for. Raises ``InvalidToken``."""
        return await identify(self.context, token)

    async def redeem(self, ticket: str) -> Identity:
        """Who presents a ticket; spends it. Raises ``InvalidToken``."""
        return await redeem(self.context, ticket)

    async def arrived(self, client: Client, device: str) -> int:
        """Note that a client has said who it is; the number of the last thing that the person was told."""
        user_id = self.take_back(client)
        return await self._presence(user_id).call(
            "connected", user_id=user_id, connection_id=client.id, shard=self.name, device=device
        )

    async def missed(self, user_id: str, after: int) -> list[Direct] | None:
        """What a person was told after that; None if it is not known in full any more."""
        return await self._presence(user_id).call("missed", after=after)

    def take_back(self, client: Client) -> str:
        """Know a client, new or from before an eviction; whose it is."""
        assert client.identity is not None  # noqa: S101 - it has been identified
        self._people[client.identity.user_id][client.id] = client
        return client.identity.user_id

    async def departed(self, client: Client) -> None:
        """Forget a client; the person is seen as away from this device."""
        if client.identity is None:
            return
        user_id = client.identity.user_id
        others = self._people.get(user_id, {})
        if others.pop(client.id, None) is None:
            return
        if not others:
            del self._people[user_id]
        await self._presence(user_id).call("disconnected", connection_id=client.id)

    async def set_status(self, client: Client, status: str) -> None:
        """Show the person as online or away on this device."""
        assert client.identity is not None  # noqa: S101 - only the identified get here
        await self._presence(client.identity.user_id).call("status", connection_id=client.id, status=status)

    async def listen(
        self, listener: Listener, *, last_seq: int | None = None, last_event: int | None = None
    ) -> dict[str, Any]:
        """Let a listener have what its person missed, then what happens. Raises ``RoomNotFound``.

        The room as it is: ``{room, seq, event, truncated}``.
        """
        feed = self._feed(listener.room_id)
        feed.add(listener)
        try:
            return await self._replay(feed, listener, last_seq, last_event)
        except Exception:
            self._forget(listener)
            raise

    async def _replay(
        self, feed: Feed, listener: Listener, last_seq: int | None, last_event: int | None
    ) -> dict[str, Any]:
        hub = self._hub(listener.room_id)
        user_id = listener.user_id
        about = page = await hub.call(
            "subscribe", user_id=user_id, shard=self.name, last_seq=last_seq, last_event=last_event,
            background=listener.background,
        )  # fmt: skip
        cursor: int = about["event"]
        known = last_seq
        while True:
            events = read_events(page["replay"])
            cursor = max(cursor, events[-1].number) if events else cursor
            known = _first_seq(events) if known is None else known
            if news := [event for event in events if not _told_already(event, known)]:
                listener.write(listener.render(news))
            if page["next"] is None:
                break
            page = await hub.call("replay", user_id=user_id, after=page["next"])
        feed.ready(listener, cursor)
        return {key: about[key] for key in ("room", "seq", "event", "truncated")}

    def reached(self, listener: Listener) -> int:
        """The last event that a listener which is ready has had."""
        return max(listener.cursor, self._feeds[listener.room_id].seen)

    async def rooms_of(self, user_id: str, limit: int) -> list[str]:
        """The rooms that a person is in, the latest active first."""
        return await rooms_of(self.context, user_id, limit)

    def restore(self, listener: Listener) -> None:
        """Take back a listener from before an eviction."""
        self._feed(listener.room_id).restore(listener)

    def stop(self, listener: Listener) -> None:
        """Send a listener nothing more; tell the room if it was the last one here."""
        if self._forget(listener):
            self.context.defer(self._leave(listener.room_id))

    def _forget(self, listener: Listener) -> bool:
        feed = self._feed(listener.room_id)
        feed.remove(listener)
        return self._let_go(listener.room_id, feed)

    def _feed(self, room_id: str) -> Feed:
        if room_id not in self._feeds:
            self._feeds[room_id] = Feed(self._passed_on.get(room_id, 0))
        return self._feeds[room_id]

    def _let_go(self, room_id: str, feed: Feed) -> bool:
        """Forget a feed that nobody listens to."""
        if len(feed):
            return False
        self._feeds.pop(room_id, None)
        self._passed_on.pop(room_id, None)
        return True

    async def _leave(self, room_id: str) -> None:
        if room_id not in self._feeds:
            await self._hub(room_id).call("unsubscribe", shard=self.name)

    async def charge(self, identity: Identity) -> None:
        """Count one message against the person's limit. Raises ``TooManyRequests``."""
        await self._charge(identity)

    async def send(self, user_id: str, room_id: str, message: SendMessage) -> str:
        """Send a message; it is durable when its JSON comes back."""
        feed = self._feeds.get(room_id)
        place = {"shard": self.name, "seen": feed.seen, "here": len(feed.people)} if feed else {}
        try:
            sent = await self._sender(room_id).call(
                "send",
                user_id=user_id,
                client_message_id=message.client_message_id,
                body=message.body,
                attachments=message.attachments,
                reply_to=message.reply_to,
                **place,
            )
        except Unavailable:
            self._senders.pop(room_id, None)  # a stub stays broken once its object failed
            raise
        self._live.note(room_id, said=True)
        if "events" in sent:  # behind the sender's acknowledgement
            asyncio.get_running_loop().call_soon(self.deliver, room_id, sent["events"])
        return sent["message"]

    async def typing(self, user_id: str, room_id: str) -> None:
        """Tell the others in the room that the person writes."""
        await self._hub(room_id).call("typing", user_id=user_id)

    async def read(self, user_id: str, room_id: str, seq: int) -> dict[str, int]:
        """Mark as read: ``{read_seq, unread_count}``."""
        read = await self._hub(room_id).call("read", user_id=user_id, seq=seq)
        self._live.note(room_id, said=False)
        return read

    # What is sent to clients

    def deliver(self, room_id: str, events: str) -> int:
        """Pass on a batch of a room; how many listen to it here."""
        feed = self._feeds.get(room_id)
        if feed is None:
            return 0
        listening = len(feed)
        batch = read_events(events)
        if self.recovery and batch and batch[-1].number > feed.seen:
            self.recovery.journal.passing(room_id, batch[-1].number)
            feed.deliver(batch)
            self.recovery.journal.passed()
        else:
            feed.deliver(batch)
        self._passed_on[room_id] = feed.seen
        self._let_go(room_id, feed)
        return listening

    def tell_typing(self, room_id: str, user_id: str, payload: str) -> int:
        """Pass on that somebody is writing."""
        feed = self._feeds.get(room_id)
        if feed is None:
            return 0
        feed.tell(Event(0, "typing", payload), but=user_id)
        return len(feed)

    def tell_presence(self, user_id: str, rooms: Sequence[str], hidden: Sequence[str], payload: str) -> int:
        """Tell those who have one of the rooms open, each once, how somebody is; how many clients listen."""
        feeds = [self._feeds[room_id] for room_id in rooms if room_id in self._feeds]
        people = frozenset[str]().union(*(feed.people for feed in feeds)) - {user_id, *hidden}
        return sum(self.direct(each, PRESENCE_QUEUE, payload) for each in people)

    def direct(self, user_id: str, destination: str, payload: str, number: int = 0) -> int:
        """Pass on something for one person; how many of their clients here listen to that."""
        clients = list(self._people.get(user_id, {}).values())
        if self.recovery and number:
            self.recovery.journal.passing(own(user_id), number)
        took = sum(client.direct(destination, payload, number) for client in clients)
        if self.recovery:
            self.recovery.journal.passed()
        return took

    async def follow(self, user_id: str, room_id: str, after: int) -> None:
        """Let a person's clients know that they are in one more room, where they missed nothing yet."""
        clients = list(self._people.get(user_id, {}).values())
        await asyncio.gather(*(client.follow(room_id, after) for client in clients))

    def listeners(self, room_id: str) -> list[str]:
        """The people who have a room open here."""
        feed = self._feeds.get(room_id)
        return sorted(feed.people) if feed else []

    def close_user(self, user_id: str, code: int, reason: str, session_ids: Sequence[str] | None) -> int:
        """End a person's connections, or those of some devices; how many."""
        clients = [
            client
            for client in self._people.get(user_id, {}).values()
            if session_ids is None or (client.identity and client.identity.session_id in session_ids)
        ]
        for client in clients:
            client.close(code, reason)
        return len(clients)

    def alive(self, ids: Sequence[str]) -> list[str]:
        """Which of these connections there are."""
        known = {connection for clients in self._people.values() for connection in clients}
        return [connection for connection in ids if connection in known]

    def expire(self, now: int) -> int | None:
        """Close what nobody renewed, forget what nobody can claim any more; when to look again."""
        if self.recovery:
            self.recovery.trim([*self._feeds, *map(own, self._people)])
        clients = [client for clients in self._people.values() for client in clients.values()]
        expiries = [(client.identity.expires_at, client) for client in clients if client.identity]
        for expires_at, client in expiries:
            if expires_at <= now:
                client.close(closing.TOKEN_EXPIRED, "token_expired")
        return min((expires_at for expires_at, _ in expiries if expires_at > now), default=None)

    def _hub(self, room_id: str) -> Any:
        return self.context.objects.get(HUBS, room_id)

    def _sender(self, room_id: str) -> Any:
        """The room's stub for messages, always the same: calls of one stub arrive in their order."""
        if room_id not in self._senders:
            while len(self._senders) >= MAX_SENDERS:
                del self._senders[next(iter(self._senders))]
            self._senders[room_id] = self._hub(room_id)
        return self._senders[room_id]

    def _presence(self, user_id: str) -> Any:
        return self.context.objects.get(PRESENCE, user_id)


def read_events(text: str) -> list[Event]:
    """A batch as rooms write it: ``[[number, type, text], …]``."""
    return [Event(*each) for each in json.loads(text)]


def _first_seq(events: Sequence[Event]) -> int | None:
    """The number before the first message of a replay."""
    text = next((event.text for event in events if event.type == "message"), None)
    return None if text is None else json.loads(text)["seq"] - 1


def _told_already(event: Event, known: int | None) -> bool:
    """Whether a change is of a message that the replay itself brings, as it is now."""
    changes = event.type in ABOUT_MESSAGES and event.type != "message"
    return changes and known is not None and json.loads(event.text)["seq"] > known


def failure(error: Exception, context: Context) -> Problem:
    """What a client is told of a failure that nobody foresaw; the log gets the rest."""
    if isinstance(error, Problem):
        return error
    context.log.error("unexpected", error=type(error).__name__, reason=str(error))
    return Problem()
