"""Where one person is connected: reaches them there, and tells others whether they are online.

The state is one JSON text in the object's SQLite. An object that was only asked stores nothing.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Literal

from services.models import iso
from services.problems import Unavailable
from services.realtime import closing
from services.realtime.admission import shards
from services.realtime.directs import Directs
from services.realtime.presence import Presence
from services.realtime.visibility import audience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Context
    from services.objects import Home
    from services.realtime.directs import Direct

NAMESPACE = "USER_PRESENCE"
CONNECTIONS = "CONNECTIONS"
FRAMINGS = ("stomp", "sockjs", "socketio")
CHECK_EVERY = 900_000
"""Milliseconds between two looks whether the connections are still there: each wakes the object."""
PUBLISHED_FOR = 2_000
"""Seconds that a published presence counts; it is renewed while the person is connected."""


class Whereabouts:
    """One person, in the object that is their home."""

    exposed = frozenset(
        ("connected", "disconnected", "status", "devices", "direct", "missed", "follow", "close", "forget")
    )

    def __init__(self, home: Home, context: Context) -> None:
        self._home = home
        self._context = context
        self._known = self._load()
        self._directs = Directs(home, context.clock)

    async def connected(self, *, user_id: str, connection_id: str, shard: str, device: str) -> int:
        """A connection of this person was opened; the number of the last thing that they were told."""
        self._known.user_id = user_id
        self._known.connect(connection_id, shard=shard, device=device, now=self._now())
        self._changed()
        return self._known.told

    async def disconnected(self, *, connection_id: str) -> None:
        """A connection is over."""
        if connection_id not in self._known.connections:
            return
        self._known.disconnect([connection_id], self._now())
        self._changed()

    async def status(self, *, connection_id: str, status: Literal["online", "away"]) -> None:
        """What the person wants to be seen as on that device."""
        if connection_id not in self._known.connections:
            return
        self._known.set_status(connection_id, status, self._now())
        self._changed()

    async def devices(self) -> dict[str, Any]:
        """The person as they see themselves: ``{status, last_seen, devices: [{device, status, since}]}``."""
        known = self._known
        devices = [
            {"device": each.device, "status": each.status, "since": each.since}
            for each in known.connections.values()
        ]
        return {"status": known.status, "last_seen": known.last_seen, "devices": devices}

    async def direct(self, *, destination: str, payload: str) -> int:
        """Send something to all connections of the person; how many took it."""
        known = self._known
        if not known.reachable(self._now()):
            return 0
        known.told += 1
        self._directs.add(known.told, destination, payload)
        self._save()
        told = {"number": known.told, "destination": destination, "payload": payload}
        return sum(await self._everywhere("direct", **told))

    async def missed(self, *, after: int) -> list[Direct] | None:
        """What the person was told after that; None if it is not known in full any more."""
        return self._directs.after(after, self._known.told)

    async def follow(self, *, room_id: str, after: int) -> None:
        """Let the person's connections know that they are in one more room."""
        await self._everywhere("follow", room_id=room_id, after=after)

    async def close(self, *, code: int, reason: str, session_ids: Sequence[str] | None = None) -> int:
        """End the connections of these devices, or all; how many."""
        return sum(await self._everywhere("close_user", code=code, reason=reason, session_ids=session_ids))

    async def forget(self) -> None:
        """Disconnect the person and forget them: the account is gone."""
        await self.close(code=closing.SIGNED_OUT, reason="signed_out")
        await self._home.forget()
        self._known = Presence()

    async def alarm(self) -> None:
        """Tell of a change that is due. Ask what is still there: connections that died said no goodbye."""
        known = self._known
        answers = await asyncio.gather(*(self._gone(shard, ids) for shard, ids in known.shards.items()))
        known.disconnect([key for keys in answers for key in keys], self._now())
        if known.connections:
            self._context.defer(self._publish())
        self._changed()

    async def _gone(self, shard: str, ids: list[str]) -> list[str]:
        """Those of the connections that are not there any more."""
        try:
            alive = await self._context.objects.get(CONNECTIONS, shard).call("alive", ids=ids)
        except Unavailable:
            return []
        return [key for key in ids if key not in alive]

    async def _everywhere(self, method: str, **arguments: Any) -> list[Any]:
        objects, user_id = self._context.objects, self._known.user_id
        calls = [
            objects.get(CONNECTIONS, shard).call(method, user_id=user_id, **arguments)
            for shard in self._known.shards
        ]
        return await asyncio.gather(*calls)

    def _changed(self) -> None:
        """Store the state; tell others now, or have the alarm do it when it is due."""
        known, now = self._known, self._now()
        due = known.due
        if due is not None and due <= now:
            known.published, known.published_at, due = known.status, now, None
            self._context.defer(self._announce())
        self._save()
        times = [at for at in (due, now + CHECK_EVERY if known.connections else None) if at is not None]
        if times:
            self._home.wake_at(min(times))

    async def _announce(self) -> None:
        """Publish, and tell those who have a room with the person open and may know."""
        known = self._known
        told = {"userId": known.user_id, "status": known.published, "lastSeen": _iso(known.last_seen)}
        await self._publish()
        may = await audience(self._context, known.user_id)
        if not may.rooms:
            return
        objects = self._context.objects
        about = {"user_id": known.user_id, "rooms": may.rooms, "hidden": may.hidden}
        calls = [
            objects.get(CONNECTIONS, f"{framing}:{number}").call(
                "presence", payload=json.dumps(told), **about
            )
            for framing in FRAMINGS
            for number in range(shards(self._context.config))
        ]
        await asyncio.gather(*calls, return_exceptions=True)

    async def _publish(self) -> None:
        """Let KV say so: readers of KV live with a minute's delay."""
        known = self._known
        value = json.dumps({"status": known.published, "lastSeen": known.last_seen})
        ttl = PUBLISHED_FOR if known.connections else None
        await self._context.kv.put(key(known.user_id), value, ttl=ttl)

    def _load(self) -> Presence:
        home = self._home
        if not home.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'person'"):
            return Presence()
        return Presence.load(json.loads(home.rows("SELECT state FROM person")[0]["state"]))

    def _save(self) -> None:
        self._home.rows("CREATE TABLE IF NOT EXISTS person (one INTEGER PRIMARY KEY, state TEXT NOT NULL)")
        self._home.rows("INSERT OR REPLACE INTO person VALUES (1, ?)", json.dumps(self._known.dump()))

    def _now(self) -> int:
        return self._context.clock.now()


def key(user_id: str) -> str:
    """Where a person's presence is published in KV."""
    return f"user:online:{user_id}"


async def forget_presence(context: Context, user_id: str) -> None:
    """Forget where a deleted person was, and that they were."""
    await context.objects.get(NAMESPACE, user_id).call("forget")
    await context.kv.delete(key(user_id))


def _iso(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else iso(milliseconds)
