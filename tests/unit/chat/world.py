"""Rooms on CPython: their storage in sqlite3, calls between objects as JSON, shards that a test listens at."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from services.chat.hub import Hub
from services.chat.rooms import list_rooms
from services.context import sql
from services.notifications.notifier import Notifier
from services.paging import PageQuery
from services.problems import Unavailable
from services.realtime.liveness import LiveRooms
from tests.unit.support import make_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.context import Context


class LocalHome:
    """One object: its SQLite and its alarm."""

    def __init__(self) -> None:
        self.alarm: int | None = None
        self.clear()

    def clear(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.row_factory = sqlite3.Row

    def rows(self, statement: str, *parameters: str | float | None) -> list[dict[str, Any]]:
        return [dict(row) for row in self.connection.execute(statement, parameters).fetchall()]

    def wake_at(self, at: int) -> None:
        self.alarm = at

    async def forget(self) -> None:
        self.connection.close()
        self.clear()
        self.alarm = None

    def plan(self, statement: str, *parameters: str | float | None) -> str:
        return "\n".join(row["detail"] for row in self.rows(f"EXPLAIN QUERY PLAN {statement}", *parameters))


@dataclass
class Shard:
    """A connections object from the room's side: what it was sent. It may be told to fail."""

    batches: list[str] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    sockets: int = 1
    failing: int = 0
    """So many of the next deliveries fail before they arrive."""
    forgetful: int = 0
    """So many of the next deliveries arrive and their answer is lost."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a delivery has arrived and is not answered yet."""
    people: list[str] = field(default_factory=list)
    """Who listens here."""

    async def call(self, method: str, **arguments: Any) -> Any:
        if method == "listeners":
            return self.people
        if method == "typing":
            self.typing.append(arguments["payload"])
            return self.sockets
        if self.failing:
            self.failing -= 1
            raise Unavailable
        sockets = self.sockets
        self.batches.append(arguments["events"])
        self.reached.set()
        await asyncio.sleep(0)
        if self.forgetful:
            self.forgetful -= 1
            raise Unavailable
        return sockets

    @property
    def events(self) -> list[list[Any]]:
        """What came, each event once."""
        found = {event[0]: event for batch in self.batches for event in json.loads(batch)}
        return list(found.values())


@dataclass
class Presence:
    """A person's presence from outside: what was sent to them."""

    direct: list[dict[str, Any]] = field(default_factory=list)
    failing: int = 0
    """So many of the next calls fail."""
    called: Callable[[], Awaitable[None]] | None = None
    """Done before the next call is answered."""

    async def call(self, method: str, **arguments: Any) -> Any:
        if self.called:
            called, self.called = self.called, None
            await called()
        if self.failing:
            self.failing -= 1
            raise Unavailable
        if method == "direct":
            self.direct.append(json.loads(arguments["payload"]))
        return 1


class Local:
    """An object of ours, called as over the wire."""

    def __init__(self, target: Any) -> None:
        self.target = target

    async def call(self, method: str, **arguments: Any) -> Any:
        assert method in self.target.exposed
        answer = await getattr(self.target, method)(**json.loads(json.dumps(arguments)))
        return json.loads(json.dumps(answer))


class Deferred:
    """Work that goes on beside the test; a failure is not the caller's."""

    def __init__(self) -> None:
        self.work: list[asyncio.Future[None]] = []

    def __call__(self, work: Awaitable[None]) -> None:
        self.work.append(asyncio.ensure_future(work))

    async def finish(self) -> None:
        while self.work:
            await asyncio.gather(self.work.pop(0), return_exceptions=True)


class World:
    """Objects by namespace and name, made when they are first called."""

    def __init__(self) -> None:
        self.context: Context = replace(make_context(), objects=self, defer=Deferred())
        self.homes: defaultdict[tuple[str, str], LocalHome] = defaultdict(LocalHome)
        self.shards: defaultdict[str, Shard] = defaultdict(Shard)
        self.presences: defaultdict[str, Presence] = defaultdict(Presence)
        self._objects: dict[tuple[str, str], Any] = {}
        self.live = LiveRooms(self.context)
        """What an object through which people are connected notes."""

    def get(self, namespace: str, name: str) -> Any:
        if namespace == "CONNECTIONS":
            return self.shards[name]
        if namespace == "USER_PRESENCE":
            return self.presences[name]
        return Local(self.object(namespace, name))

    def object(self, namespace: str, name: str) -> Any:
        """The state machine behind a name."""
        key = (namespace, name)
        if key not in self._objects:
            kind: Callable[..., Any] = {"CHAT_HUB": Hub, "NOTIFIER": Notifier}[namespace]
            self._objects[key] = kind(self.homes[key], self.context)
        return self._objects[key]

    def hub(self, room_id: str) -> Hub:
        return self.object("CHAT_HUB", room_id)

    def crash(self) -> None:
        """Forget everything but what is stored."""
        self._objects.clear()

    async def settle(self) -> None:
        """Let deferred work end."""
        await self.context.defer.finish()

    async def ring(self, *, seconds: float = 0) -> None:
        """Let time pass, then ring all alarms that are due until none is."""
        self.context.clock.advance(seconds=seconds)
        now = self.context.clock.now()
        while due := [
            key for key, home in self.homes.items() if home.alarm is not None and home.alarm <= now
        ]:
            for key in due:
                self.homes[key].alarm = None
                await self.object(*key).alarm()
        await self.settle()

    async def person(self, name: str) -> str:
        """Somebody with an account; their id is made of the name."""
        insert = "INSERT INTO users (id, display_name, created_at, updated_at) VALUES (?, ?, 1, 1)"
        await self.context.db.run(sql(insert, name.lower(), name))
        return name.lower()

    async def unread(self, user_id: str) -> dict[str, int]:
        """Room → unread messages as the list of rooms says."""
        page = await list_rooms(self.context, user_id, PageQuery())
        return {room.id: room.unread_count for room in page.items}


ROOM = "r" * 26


async def group(world: World, *names: str) -> Hub:
    """A room of these people, the first one its owner."""
    people = {await world.person(name): name for name in names}
    hub = world.hub(ROOM)
    await hub.create(room_id=ROOM, kind="group", name="Books", owner=names[0].lower(), people=people)
    await world.settle()
    return hub


async def greeted() -> World:
    """A room in which Mina has said hello to Jun."""
    world = World()
    hub = await group(world, "Mina", "Jun")
    await hub.send(user_id="mina", client_message_id="1", body="Hello", projected=True)
    return world
