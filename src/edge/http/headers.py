"""Headers that every answer carries, and the rules of cross-origin requests."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.http.messages import Header

SECURITY: tuple[Header, ...] = (
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
)
CONTENT_POLICY: Header = ("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
NOT_STORED: Header = ("cache-control", "no-store")

_ALLOWED_HEADERS = (
    "authorization, content-type, idempotency-key, if-match, if-none-match, range, x-csrf-token, x-request-id"
)
_EXPOSED_HEADERS = (
    "etag, location, ratelimit, ratelimit-policy, retry-after, server-timing, www-authenticate, x-request-id"
)
_PREFLIGHT_SECONDS = "7200"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def acceptable_request_id(given: str | None) -> str | None:
    """The caller's request id if it is harmless in a log line."""
    return given if given and _REQUEST_ID.fullmatch(given) else None


def cors(origin: str | None, allowed: frozenset[str]) -> list[Header]:
    """The headers for a request from ``origin`` (Fetch standard, section 3.2).

    Credentials are allowed, hence the origin is named and never ``*``; caches are told that it varies.
    """
    if origin is None or origin not in allowed:
        return [("vary", "Origin")]
    return [
        ("vary", "Origin"),
        ("access-control-allow-origin", origin),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", _EXPOSED_HEADERS),
    ]


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether this is a CORS preflight, which no handler sees."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(methods: str) -> list[Header]:
    """What a preflight is answered with, beside ``cors``."""
    return [
        ("access-control-allow-methods", methods),
        ("access-control-allow-headers", _ALLOWED_HEADERS),
        ("access-control-max-age", _PREFLIGHT_SECONDS),
    ]


def cookies(header: str | None) -> dict[str, str]:
    """The cookies of a request (RFC 6265, section 5.4); of a repeated name the first counts."""
    found: dict[str, str] = {}
    for pair in (header or "").split(";"):
        name, separator, value = pair.strip().partition("=")
        if separator:
            found.setdefault(name, value)
    return found


def limited_address(address: str) -> str:
    """What an address counts as for rate limits: IPv6 by its /64, which is what one subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
