"""What cron does for accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.accounts.resealing import reseal_columns
from services.accounts.sessions import purge_expired
from services.mail import deliver_outbox, purge_outbox

if TYPE_CHECKING:
    from services.context import Context

PAGES = 5
"""Pages of columns that one run seals again, so that no run takes long."""


async def keep_up(context: Context) -> None:
    """Forget what has expired, seal some columns again, deliver late mail; to be called every few minutes."""
    await purge_expired(context)
    await purge_outbox(context)
    for _ in range(PAGES):
        if await reseal_columns(context):
            break
    await deliver_outbox(context)
