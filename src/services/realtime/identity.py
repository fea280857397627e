"""Who is at the other end of a connection, and until when that is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from services.accounts import one_time
from services.accounts.sessions import check_fresh
from services.accounts.tokens import LIFETIME, verify_access_token

if TYPE_CHECKING:
    from services.context import Context


class Identity(NamedTuple):
    """A person on a device; the connection is closed at ``expires_at`` (milliseconds) unless renewed."""

    user_id: str
    session_id: str
    expires_at: int

    def dump(self) -> str:
        """As text, for ``load``."""
        return json.dumps(self)

    @classmethod
    def load(cls, text: str) -> Identity:
        """What ``dump`` wrote."""
        return cls(*json.loads(text))


async def identify(context: Context, token: str) -> Identity:
    """Who an access token speaks for, if the device is still signed in. Raises ``InvalidToken``."""
    principal, expires_at = verify_access_token(context, token)
    await check_fresh(context, principal)
    return Identity(principal.user_id, principal.session_id, expires_at)


async def redeem(context: Context, ticket: str) -> Identity:
    """Who presents a ticket; spends it. Raises ``InvalidToken``."""
    principal = await one_time.redeem_ticket(context, ticket)
    await check_fresh(context, principal)
    return Identity(principal.user_id, principal.session_id, context.clock.now() + LIFETIME * 1000)
