"""``UserPresence``: one person's live connections."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

from edge.objects import LiveObject
from services.problems import Unavailable
from services.realtime.presence import Presence

NAMESPACE = "CONNECTIONS"
CHECK_EVERY = 900_000
"""Milliseconds between two looks whether the connections are still there: each wakes the object."""
PUBLISHED_FOR = 2_000
"""Seconds that a published presence counts; it is renewed while the person is connected."""


class UserPresence(LiveObject):
    """Knows where a person is connected, reaches them there, and publishes whether they are."""

    exposed = frozenset({"connected", "disconnected", "status", "presence", "direct", "open_rooms", "close"})

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._known: Presence | None = None
        self._published: str | None = None

    async def connected(self, *, user_id: str, connection_id: str, shard: str, device: str) -> None:
        """A connection of this person was opened."""
        known = await self._load()
        known.user_id = user_id
        known.connect(connection_id, shard=shard, device=device, now=self.context.clock.now())
        self._changed(known)

    async def disconnected(self, *, connection_id: str) -> None:
        """A connection is over."""
        known = await self._load()
        known.disconnect([connection_id], self.context.clock.now())
        self._changed(known)

    async def status(self, *, connection_id: str, status: Literal["online", "away"]) -> None:
        """What the person wants to be seen as on that device."""
        known = await self._load()
        known.set_status(connection_id, status, self.context.clock.now())
        self._changed(known)

    async def presence(self) -> dict[str, Any]:
        """``{status, lastSeen}``; last seen in milliseconds, or None."""
        known = await self._load()
        return {"status": known.status, "lastSeen": known.last_seen}

    async def direct(self, *, destination: str, payload: str) -> int:
        """Send something to all connections of the person; how many took it."""
        return sum(await self._everywhere("direct", destination=destination, payload=payload))

    async def open_rooms(self) -> list[str]:
        """The rooms that are open on any device."""
        return sorted({room for rooms in await self._everywhere("open_rooms") for room in rooms})

    async def close(self, *, code: int, reason: str, session_ids: list[str]) -> int:
        """End the connections of these devices; how many."""
        return sum(await self._everywhere("close_user", code=code, reason=reason, session_ids=session_ids))

    async def alarm(self, *_: Any) -> None:
        """Ask the connections objects what is still there: one that died could not say goodbye."""
        known = await self._load()
        answers = await asyncio.gather(*(self._alive(shard, ids) for shard, ids in known.shards.items()))
        gone = [key for keys in answers for key in keys]
        known.disconnect(gone, self.context.clock.now())
        self._published = None
        self._changed(known)

    async def _alive(self, shard: str, ids: list[str]) -> list[str]:
        """Those of the connections that are gone."""
        try:
            alive = await self.context.objects.get(NAMESPACE, shard).call("alive", ids=ids)
        except Unavailable:
            return []
        return [key for key in ids if key not in alive]

    async def _everywhere(self, method: str, **arguments: Any) -> list[Any]:
        known = await self._load()
        objects = self.context.objects
        calls = [
            objects.get(NAMESPACE, shard).call(method, user_id=known.user_id, **arguments)
            for shard in known.shards
        ]
        return await asyncio.gather(*calls)

    async def _load(self) -> Presence:
        if self._known is None:
            stored = await self.storage.get("presence")
            self._known = self._known or (
                Presence.load(json.loads(stored)) if isinstance(stored, str) else Presence()
            )
        return self._known

    def _changed(self, known: Presence) -> None:
        self.storage.put("presence", json.dumps(known.dump()))
        if known.connections:
            self.wake_at(self.context.clock.now() + CHECK_EVERY)
        self.context.defer(self._publish(known))

    async def _publish(self, known: Presence) -> None:
        """Let KV say so, when it changed: readers of KV live with a minute's delay."""
        status = known.status
        if status == self._published:
            return
        self._published = status
        value = json.dumps({"status": status, "lastSeen": known.last_seen})
        ttl = PUBLISHED_FOR if known.connections else None
        await self.context.kv.put(f"user:online:{known.user_id}", value, ttl=ttl)
