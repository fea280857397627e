"""Device sessions: one per sign-in, each a family of refresh tokens of which one is current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.context import sql
from services.problems import InvalidToken

if TYPE_CHECKING:
    from services.accounts.principal import Principal
    from services.context import Context


async def check_fresh(context: Context, principal: Principal) -> None:
    """Raise ``InvalidToken`` when the device has been signed out or the person is suspended or gone."""
    alive = sql(
        "SELECT 1 FROM device_sessions s JOIN users u ON u.id = s.user_id"
        " WHERE s.id = ? AND s.user_id = ? AND s.revoked_at IS NULL AND s.expires_at > ?"
        "  AND u.suspended_at IS NULL AND u.deleted_at IS NULL",
        principal.session_id, principal.user_id, context.clock.now(),
    )  # fmt: skip
    if await context.db.first(alive) is None:
        raise InvalidToken
