"""What passes between the platform and the kernel: a request that came, a reply that goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Header = tuple[str, str]


class BodyReader(Protocol):
    """The request's body, not read yet."""

    async def read(self, limit: int) -> bytes:
        """All of it; raises ``PayloadTooLarge`` as soon as more than ``limit`` bytes have come."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case; ``query`` is the raw string after ``?``."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    client_ip: str
    origin: str
    """Scheme and authority that the client used, ``https://api.example.org``."""
    id: str
    body: BodyReader
    platform: Any = None
    """The platform's own request, for whoever passes it on to a Durable Object."""


@dataclass(slots=True)
class Reply:
    """One HTTP answer.

    ``body`` is text, bytes or nothing. ``stream`` stands instead of it: a stream of the platform, which is
    passed on untouched, or an async generator of text, which is sent as it is made.

    ``upgrade`` is the platform's answer to a WebSocket handshake: it goes out as it is.
    """

    status: int = 200
    body: str | bytes | None = None
    headers: list[Header] = field(default_factory=list[Header])
    stream: Any = None
    upgrade: Any = None
