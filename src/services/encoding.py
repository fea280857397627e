"""URL-safe base64 without padding (RFC 4648, section 5; RFC 7515, section 2)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def b64url(raw: bytes) -> str:
    """Bytes as text for URLs, headers and tokens."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """The bytes again; raises ``ValueError``."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
