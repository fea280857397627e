"""The codes that our sockets are closed with, beside those of RFC 6455. Clients may rely on them."""

from __future__ import annotations

from typing import Final

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
TOO_BIG: Final = 1009
TRY_AGAIN_LATER: Final = 1013
"""Something went wrong on our side: connect again and resume."""
UNAUTHORIZED: Final = 4401
"""No credentials came in time, or they were not good."""
SIGNED_OUT: Final = 4403
"""The device was signed out, or the account deleted: sign in again."""
TIMED_OUT: Final = 4408
"""No sign of life came in the agreed time."""
SUPERSEDED: Final = 4409
"""The client came back on another connection and goes on there."""
TOO_SLOW: Final = 4413
"""More was waiting to be read than may wait: connect again and resume."""
TOKEN_EXPIRED: Final = 4419
"""The access token expired and was not renewed: refresh it and connect again."""

NEVER_SENT: Final = frozenset((1005, 1006, 1015))
"""Codes that say how a connection ended and must not be sent (RFC 6455, 7.4.1)."""
MAX_REASON: Final = 123
"""Octets (RFC 6455, 5.5)."""


def answer_to(code: int) -> int:
    """The code that completes a close handshake which the client began with ``code``."""
    own = 4000 <= code < 5000  # noqa: PLR2004 - RFC 6455, 7.4.2: private use
    return code if own or code == NORMAL else NORMAL


def reason(text: str) -> str:
    """A reason short enough for a close frame."""
    return text.encode()[:MAX_REASON].decode(errors="ignore")
