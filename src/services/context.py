"""What the edge hands to the services: storage, time, randomness, cryptography, the outside world.

Services are plain Python and know the platform only through these protocols, so that they run and are
tested on CPython. ``edge`` implements them over Workers bindings and WebCrypto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence

Value = str | int | float | bytes | None
Row = dict[str, Any]


class Statement(NamedTuple):
    """One parameterised SQL statement; at most 100 parameters (a D1 limit)."""

    sql: str
    params: tuple[Value, ...] = ()


def sql(text: str, *params: Value) -> Statement:
    """A statement with its parameters: ``sql("SELECT 1 WHERE ? = ?", a, b)``."""
    return Statement(text, params)


class Database(Protocol):
    """D1. Each call is one round trip: use ``batch`` for what belongs together (it is one transaction)."""

    async def all(self, statement: Statement) -> list[Row]:
        """Every row of the result."""
        ...

    async def first(self, statement: Statement) -> Row | None:
        """The first row, or None."""
        ...

    async def run(self, statement: Statement) -> int:
        """Execute a write; the number of rows changed."""
        ...

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Execute all in one transaction and one round trip; the rows of each. All or nothing.

        Writes that must tell their outcome use ``RETURNING``. A violated constraint raises
        ``ConstraintError`` and changes nothing.
        """
        ...

    def replica(self) -> Database:
        """The same database for reads that may be some seconds old, from the nearest replica."""
        ...


class ConstraintError(Exception):
    """A UNIQUE, CHECK, NOT NULL or FOREIGN KEY constraint refused the write; ``str()`` names the columns."""


class KeyValue(Protocol):
    """KV: published snapshots that may be stale for a minute. Never a source of truth."""

    async def get(self, key: str) -> str | None: ...
    async def put(self, key: str, value: str, *, ttl: int | None = None) -> None: ...
    async def delete(self, key: str) -> None: ...


Piece = bytes | bytearray | memoryview
Body = bytes | tuple[Piece, ...]
"""What is stored: in one, or in pieces that follow each other."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the bucket. ``size`` is that of the whole; ``body`` may be a part of it.

    ``stream`` stands instead of ``body`` in what ``Bucket.open`` gives: bytes that Python never holds.
    """

    body: bytes
    size: int
    etag: str
    content_type: str
    metadata: Mapping[str, str]
    stream: Any = None


class Bucket(Protocol):
    """R2: bytes."""

    async def put(
        self, key: str, body: Body, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        """Store; the object's etag (without quotes)."""
        ...

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> StoredObject | None: ...
    async def open(self, key: str, *, offset: int = 0, length: int | None = None) -> StoredObject | None:
        """As ``get`` with a platform stream, to be passed on as an answer."""
        ...

    async def head(self, key: str) -> StoredObject | None:
        """As ``get`` with an empty body."""
        ...

    async def delete(self, keys: Sequence[str]) -> None: ...
    async def list(self, prefix: str, *, cursor: str | None = None) -> tuple[list[str], str | None]:
        """Up to 1 000 keys and the cursor of the next page."""
        ...


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file as the platform serves it: 200 or 304, its headers in lower case, its bytes as a stream."""

    status: int
    headers: Mapping[str, str]
    stream: Any


class Assets(Protocol):
    """The static files that were deployed with the Worker."""

    async def get(self, path: str, *, etag: str | None = None, byte_range: str | None = None) -> Asset | None:
        """The file at an absolute path, or None. ``etag`` is the caller's If-None-Match, ``byte_range`` Range."""
        ...


class Clock(Protocol):
    """Time. On the edge it stands still while a request computes."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def is_time_zone(self, name: str) -> bool:
        """Whether the platform knows this IANA time zone."""
        ...

    def utc_offset(self, time_zone: str, at: int) -> int:
        """Milliseconds to add to UTC for the local time of that zone at that moment (DST included)."""
        ...


class Random(Protocol):
    """Entropy, from the platform's secure source."""

    def bytes(self, length: int) -> bytes: ...
    def token(self, length: int = 32) -> str:
        """``length`` random bytes as URL-safe base64 without padding."""
        ...

    def id(self) -> str:
        """A new opaque id, 26 characters, that sorts by creation time (a ULID in lower case)."""
        ...


class Crypto(Protocol):
    """What the platform computes natively; ``hashlib`` and ``hmac`` with SHA-2 are plain Python's."""

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int, rounds: int) -> bytes:
        """PBKDF2-HMAC-SHA256 in rounds of at most 100 000 iterations (the platform's cap); 32 bytes, or none.

        Each round takes ``salt`` followed by the former's output as its salt.
        """
        ...

    async def aes_gcm_encrypt(self, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """AES-GCM with a key of 16 or 32 bytes: ciphertext followed by its 16-byte tag."""
        ...

    async def aes_gcm_decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """The plaintext; raises ``ValueError`` when the tag does not match."""
        ...

    async def ecdh_p256(self, peer: bytes) -> tuple[bytes, bytes]:
        """Agree with the owner of a public key, an uncompressed point of P-256, by a key pair made for this.

        Our public key, likewise, and the shared secret: 32 bytes. Raises ``ValueError`` if ``peer`` is no point.
        """
        ...

    async def es256_sign(self, private_jwk: Mapping[str, str], message: bytes) -> bytes:
        """ECDSA over P-256 with SHA-256; 64 bytes, r then s."""
        ...

    def rs256_sign(self, private_pem: str, message: bytes) -> bytes: ...
    def rs256_verify(self, public_pem: str, message: bytes, signature: bytes) -> bool: ...
    def public_jwk(self, private_pem: str) -> Mapping[str, str]:
        """The public half as a JWK: ``kty``, ``n``, ``e``."""
        ...

    def public_pem(self, jwk: Mapping[str, str]) -> str:
        """A public RSA JWK (``kty``, ``n``, ``e``) as PEM (SPKI)."""
        ...


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What an upstream answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpStream:
    """What an upstream answers, while it comes. ``chunks`` raises ``UpstreamError``; close it when you stop."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncGenerator[bytes]


class UpstreamError(Exception):
    """An upstream did not answer: refused, broke off, exceeded its deadline or its size."""


class Http(Protocol):
    """The world outside, never without a deadline and a bound."""

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the edge enforces it with an AbortSignal
        max_bytes: int = 1_000_000,
    ) -> HttpReply: ...

    async def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - the edge enforces it with an AbortSignal
        max_bytes: int = 1_000_000,
    ) -> HttpStream:
        """As ``fetch``, returning when the answer begins; time and size bound all of it."""
        ...


class Inference(Protocol):
    """Models that the platform runs (Workers AI)."""

    async def run(
        self,
        model: str,
        inputs: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the edge enforces it
        max_bytes: int = 1_000_000,
    ) -> HttpReply:
        """Run a model on inputs given as JSON; its answer as an HTTP reply, whatever the status.

        Raises ``UpstreamError`` if there is none within ``timeout`` seconds and ``max_bytes``.
        """
        ...

    async def open(
        self,
        model: str,
        inputs: str,
        *,
        timeout: float,  # noqa: ASYNC109 - the edge enforces it
        max_bytes: int = 1_000_000,
    ) -> HttpStream:
        """As ``run``, returning when the answer begins; time and size bound all of it."""
        ...


class Log(Protocol):
    """Structured logging: an event name and fields that hold no personal data."""

    def info(self, event: str, **fields: Any) -> None: ...
    def warning(self, event: str, **fields: Any) -> None: ...
    def error(self, event: str, **fields: Any) -> None: ...


class Metrics(Protocol):
    """Counters and histograms for ``/metrics``."""

    def count(self, name: str, **labels: str) -> None: ...
    def observe(self, name: str, value: float, buckets: tuple[int, ...], **labels: str) -> None: ...
    def render(self) -> str:
        """All of it in Prometheus' text format."""
        ...


class Config(Protocol):
    """Vars and secrets of the environment, by their name in wrangler.toml."""

    def get(self, name: str, default: str = "") -> str: ...
    def secret(self, name: str) -> str:
        """A secret that must be there; a missing one raises ``MissingSecret`` that says how to make it."""
        ...


class MissingSecret(Exception):  # noqa: N818 - it names what is missing
    """A secret is not configured; the sentence says which and how an operator makes it."""


class Defer(Protocol):
    """Work that goes on after the answer (``waitUntil``); its failure is logged, never seen by the caller."""

    def __call__(self, work: Awaitable[None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """All of it. One per isolate and environment, plus what belongs to one request."""

    db: Database
    kv: KeyValue
    media: Bucket
    assets: Assets
    clock: Clock
    random: Random
    crypto: Crypto
    http: Http
    log: Log
    metrics: Metrics
    config: Config
    defer: Defer
    objects: Objects
    ai: Inference | None = None
    """The models of the platform; None where the environment has no such binding."""


class Stub(Protocol):
    """A Durable Object from outside. Arguments and results cross as JSON text, once each way."""

    async def call(self, method: str, **arguments: Any) -> Any:
        """Call an RPC method with JSON-able keyword arguments; its JSON result.

        A ``Problem`` raised there is raised here.
        """
        ...


class Objects(Protocol):
    """The Durable Object namespaces of the environment, by binding name."""

    def get(self, namespace: str, name: str) -> Stub: ...
