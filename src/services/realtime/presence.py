"""A person's live connections and what they amount to: online, away, or offline since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from services.realtime.journal import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["online", "away", "offline"]
MAX_CONNECTIONS = 100
"""Of one person; the oldest is forgotten first."""
MAX_DEVICE = 200
GRACE = 5_000
"""Milliseconds for which nobody is told that the last connection ended: most come back at once."""
PAUSE = 1_000
"""Milliseconds between two publications: KV takes one write a second for a key."""


@dataclass(slots=True)
class Connection:
    """One live connection: the connections object that holds it, and what its device says of itself."""

    shard: str
    device: str
    since: int
    status: Literal["online", "away"] = "online"


@dataclass(slots=True)
class Presence:
    """One person. ``last_seen`` (milliseconds) is when the last connection ended, or was known to live.

    ``published`` is what others were told last, at ``published_at``; ``told`` counts what the person was told.
    """

    user_id: str = ""
    last_seen: int | None = None
    published: Status = "offline"
    published_at: int = 0
    told: int = 0
    connections: dict[str, Connection] = field(default_factory=dict[str, Connection])

    @property
    def status(self) -> Status:
        """Online if any device is; away if all that are connected are."""
        if not self.connections:
            return "offline"
        found = {connection.status for connection in self.connections.values()}
        return "online" if "online" in found else "away"

    @property
    def due(self) -> int | None:
        """When others have to be told of a change; None if they know how it is."""
        if self.status == self.published:
            return None
        grace = (self.last_seen or 0) + GRACE if self.status == "offline" else 0
        return max(self.published_at + PAUSE, grace)

    @property
    def shards(self) -> dict[str, list[str]]:
        """Connections objects, and the connections that each is believed to hold."""
        found: dict[str, list[str]] = {}
        for key, connection in self.connections.items():
            found.setdefault(connection.shard, []).append(key)
        return found

    def reachable(self, now: int) -> bool:
        """Whether a connection is there, or may come back as if it had been."""
        return bool(self.connections) or now - (self.last_seen or 0) < KEPT

    def connect(self, key: str, *, shard: str, device: str, now: int) -> None:
        """Add a connection."""
        while len(self.connections) >= MAX_CONNECTIONS:
            del self.connections[next(iter(self.connections))]
        self.connections[key] = Connection(shard, device[:MAX_DEVICE], now)
        self.last_seen = now

    def disconnect(self, keys: Iterable[str], now: int) -> None:
        """Remove connections."""
        for key in keys:
            if self.connections.pop(key, None):
                self.last_seen = now

    def set_status(self, key: str, status: Literal["online", "away"], now: int) -> None:
        """Take note of what a device says."""
        if key in self.connections:
            self.connections[key].status = status
            self.last_seen = now

    def dump(self) -> dict[str, Any]:
        """State for ``load``."""
        kept = {key: [c.shard, c.device, c.since, c.status] for key, c in self.connections.items()}
        return {
            "user_id": self.user_id,
            "last_seen": self.last_seen,
            "published": self.published,
            "published_at": self.published_at,
            "told": self.told,
            "connections": kept,
        }

    @classmethod
    def load(cls, kept: dict[str, Any]) -> Presence:
        """What ``dump`` wrote."""
        known = cls(kept["user_id"], kept["last_seen"], kept["published"], kept["published_at"], kept["told"])
        known.connections = {key: Connection(*values) for key, values in kept["connections"].items()}
        return known
