"""A person's live connections and what they amount to: online, away, or offline since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["online", "away", "offline"]
MAX_CONNECTIONS = 100
"""Of one person; the oldest is forgotten first."""
MAX_DEVICE = 200


@dataclass(slots=True)
class Connection:
    """One live connection: the connections object that holds it, and what its device says of itself."""

    shard: str
    device: str
    since: int
    status: Literal["online", "away"] = "online"


@dataclass(slots=True)
class Presence:
    """One person. ``last_seen`` (milliseconds) is when the last connection ended, or was known to live."""

    user_id: str = ""
    last_seen: int | None = None
    connections: dict[str, Connection] = field(default_factory=dict[str, Connection])

    @property
    def status(self) -> Status:
        """Online if any device is; away if all that are connected are."""
        if not self.connections:
            return "offline"
        found = {connection.status for connection in self.connections.values()}
        return "online" if "online" in found else "away"

    @property
    def shards(self) -> dict[str, list[str]]:
        """Connections objects, and the connections that each is believed to hold."""
        found: dict[str, list[str]] = {}
        for key, connection in self.connections.items():
            found.setdefault(connection.shard, []).append(key)
        return found

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
        return {"user_id": self.user_id, "last_seen": self.last_seen, "connections": kept}

    @classmethod
    def load(cls, kept: dict[str, Any]) -> Presence:
        """What ``dump`` wrote."""
        connections = {key: Connection(*values) for key, values in kept["connections"].items()}
        return cls(kept["user_id"], kept["last_seen"], connections)
