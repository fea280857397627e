"""Cookies of browsers, and the proof that a request with them came from our own pages.

The proof is a keyed hash of the device session. Pages read it from a cookie that scripts may see and send it
in ``X-CSRF-Token``; another site can make a browser send the cookies but neither read nor compute the hash.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from services.sealing import Sealer

if TYPE_CHECKING:
    from services.context import Context

ACCESS_COOKIE = "__Host-studymate-access"
REFRESH_COOKIE = "__Host-studymate-refresh"
CSRF_COOKIE = "studymate-csrf"


def csrf_token(context: Context, session_id: str) -> str:
    """The token that belongs to a device session; the same for its whole life."""
    return Sealer(context.config).lookup(session_id, "csrf")


def check_csrf(context: Context, session_id: str, presented: str) -> bool:
    """Whether the presented token belongs to the session, in constant time."""
    return hmac.compare_digest(csrf_token(context, session_id).encode(), presented.encode())


def cookie(name: str, value: str, *, max_age: int, script: bool = False) -> tuple[str, str]:
    """A ``Set-Cookie`` header (RFC 6265): this host only, TLS only; ``script`` lets pages read it."""
    hidden = "" if script else "; HttpOnly"
    return ("set-cookie", f"{name}={value}; Path=/; Max-Age={max_age}; Secure; SameSite=Lax{hidden}")
