"""The ports of ``services.context`` on CPython: sqlite3 with our migrations, ``cryptography``, a set clock.

They keep the ports' promises with real storage and real cryptography, so what is tested over them is the code
itself. Objects with counters (``crypto.derivations``) let tests measure work instead of time.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from services.context import (
    Body,
    ConstraintError,
    Context,
    HttpReply,
    MissingSecret,
    Row,
    Statement,
    StoredObject,
    UpstreamError,
)
from tests.unit.support_crypto import PyCryptography, column_keys, signing_keys, vapid_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
NOON = 1_763_640_000_000
"""2025-11-20T12:00:00Z: when tests begin."""
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


class Sqlite:
    """``Database`` over an in-memory SQLite with the project's schema."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.executed: dict[str, Statement] = {}
        """The last of each statement, for tests of their plans."""
        for migration in sorted((ROOT / "migrations").glob("*.sql")):
            self.connection.executescript(migration.read_text("utf-8"))

    async def all(self, statement: Statement) -> list[Row]:
        (rows,) = await self.batch([statement])
        return rows

    async def first(self, statement: Statement) -> Row | None:
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def run(self, statement: Statement) -> int:
        before = self.connection.total_changes
        await self.batch([statement])
        return self.connection.total_changes - before

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        await asyncio.sleep(0)  # others may run, as during a round trip
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            results = [self._execute(statement) for statement in statements]
        except sqlite3.IntegrityError as error:
            self.connection.execute("ROLLBACK")
            raise ConstraintError(str(error)) from None
        except sqlite3.Error:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return results

    def replica(self) -> Sqlite:
        return self

    def plan(self, statement: Statement) -> str:
        """SQLite's query plan, one line per step."""
        rows = self.connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.params)
        return "\n".join(row["detail"] for row in rows)

    def _execute(self, statement: Statement) -> list[Row]:
        assert len(statement.params) <= 100, "D1 takes at most 100 parameters"
        self.executed[statement.sql] = statement
        return [dict(row) for row in self.connection.execute(statement.sql, statement.params).fetchall()]


class MemoryKeyValue:
    """``KeyValue`` in a dict; a time to live is not simulated."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.values.get(key)

    async def put(self, key: str, value: str, *, ttl: int | None = None) -> None:
        self.values[key] = value

    async def delete(self, key: str) -> None:
        self.values.pop(key, None)


class MemoryBucket:
    """``Bucket`` in a dict."""

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {}

    async def put(
        self, key: str, body: Body, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        body = body if isinstance(body, bytes) else b"".join(body)
        etag = f"{len(self.objects):032x}"
        self.objects[key] = StoredObject(body, len(body), etag, content_type, metadata or {})
        return etag

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> StoredObject | None:
        found = self.objects.get(key)
        end = None if length is None else offset + length
        return found and replace(found, body=found.body[offset:end])

    async def open(self, key: str, *, offset: int = 0, length: int | None = None) -> StoredObject | None:
        found = await self.get(key, offset=offset, length=length)
        return found and replace(found, body=b"", stream=found.body)

    async def head(self, key: str) -> StoredObject | None:
        return await self.get(key, length=0)

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    async def list(self, prefix: str, *, cursor: str | None = None) -> tuple[list[str], str | None]:
        return sorted(key for key in self.objects if key.startswith(prefix)), None


class NoAssets:
    """``Assets`` of a deployment without any."""

    async def get(self, path: str) -> None:
        return None


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.milliseconds = NOON

    def now(self) -> int:
        return self.milliseconds

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        self.milliseconds += round(1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days))))

    def is_time_zone(self, name: str) -> bool:
        return name in _zones()

    def utc_offset(self, time_zone: str, at: int) -> int:
        offset = datetime.fromtimestamp(at / 1000, ZoneInfo(time_zone)).utcoffset()
        return round(offset.total_seconds() * 1000) if offset else 0


@cache
def _zones() -> set[str]:
    return available_timezones()


class SystemRandom:
    """The system's entropy; ids sort by creation even within a millisecond."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self._count = 0

    def bytes(self, length: int) -> bytes:
        return os.urandom(length)

    def token(self, length: int = 32) -> str:
        return base64.urlsafe_b64encode(os.urandom(length)).decode().rstrip("=")

    def id(self) -> str:
        self._count += 1
        entropy = self._count << 56 | int.from_bytes(os.urandom(7), "big")
        value = self._clock.now() << 80 | entropy
        return "".join(BASE32[value >> shift & 31] for shift in range(125, -1, -5))


Answer = tuple[int, Any]


@dataclass
class Outside:
    """``Http`` towards services that a test plays: a URL's answer is a function of the request."""

    services: dict[str, Callable[..., Answer]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the port has it
        max_bytes: int = 1_000_000,
    ) -> HttpReply:
        self.requests.append((method, url, dict(headers or {}), body or b""))
        service = self.services.get(url.partition("?")[0])
        if service is None:
            raise UpstreamError(f"nothing listens at {url}")
        status, answer = service(method=method, url=url, headers=dict(headers or {}), body=body or b"")
        return HttpReply(status, {"content-type": "application/json"}, json.dumps(answer).encode())


class Counters:
    """Logs and metrics, counted by event and by labels."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.counts: Counter[tuple[str, ...]] = Counter()

    def info(self, event: str, **fields: Any) -> None:
        self.events.append((event, fields))

    warning = error = info

    def count(self, name: str, **labels: str) -> None:
        self.counts[name, *labels.values()] += 1

    def observe(self, name: str, value: float, buckets: tuple[int, ...], **labels: str) -> None:
        self.counts[name, *labels.values()] += 1

    def render(self) -> str:
        return "\n".join(f"{' '.join(key)} {value}" for key, value in self.counts.items())


class Settings:
    """``Config`` from a dict."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def secret(self, name: str) -> str:
        if name not in self.values:
            raise MissingSecret(f"{name} is not set")
        return self.values[name]


class Deferred:
    """Begins deferred work beside the test, which waits for it with ``finish``."""

    def __init__(self) -> None:
        self.work: list[Awaitable[None]] = []

    def __call__(self, work: Awaitable[None]) -> None:
        self.work.append(asyncio.ensure_future(work))

    async def finish(self) -> None:
        while self.work:
            await self.work.pop(0)


class Told:
    """``Objects`` that do nothing but remember what they were told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, dict[str, Any]]] = []

    def get(self, namespace: str, name: str) -> ToldOne:
        return ToldOne(self, namespace, name)


@dataclass
class ToldOne:
    """One of them."""

    objects: Told
    namespace: str
    name: str

    async def call(self, method: str, **arguments: Any) -> None:
        self.objects.calls.append((self.namespace, self.name, method, arguments))


def settings(**changes: str) -> Settings:
    """What an environment is configured with; one PBKDF2 round, as tests need no strength."""
    return Settings(
        {
            "ENVIRONMENT": "dev",
            "WEB_URL": "https://app.test",
            "TOKEN_ISSUER": "https://api.test",
            "TOKEN_AUDIENCE": "studymate",
            "PASSWORD_ROUNDS": "1",
            "JWT_PRIVATE_KEYS": signing_keys(1, 2),
            "COLUMN_KEYS": column_keys("k1"),
            "VAPID_KEY": vapid_key(),
            "PUSH_CONTACT": "mailto:operator@api.test",
            "PUSH_HOSTS": "push.test *.push.test",
            "LOOKUP_KEY": base64.b64encode(b"look-up".ljust(32, b"#")).decode(),
            **changes,
        }
    )


def make_context(**changes: str) -> Context:
    """A context with an empty database; ``changes`` are vars and secrets."""
    clock, counters = SetClock(), Counters()
    return Context(
        db=Sqlite(),
        kv=MemoryKeyValue(),
        media=MemoryBucket(),
        assets=NoAssets(),
        clock=clock,
        random=SystemRandom(clock),
        crypto=PyCryptography(),
        http=Outside(),
        log=counters,
        metrics=counters,
        config=settings(**changes),
        defer=Deferred(),
        objects=Told(),
    )


def reconfigured(context: Context, **changes: str) -> Context:
    """The same world after a deployment with other vars or secrets."""
    assert isinstance(context.config, Settings)
    return replace(context, config=Settings({**context.config.values, **changes}))
