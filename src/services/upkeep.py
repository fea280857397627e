"""What is done every few minutes: forget what has expired, finish what was interrupted, deliver what is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.accounts.upkeep import keep_up
from services.context import sql
from services.users.erasure import finish_erasures

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from services.context import Context


async def run_upkeep(context: Context) -> None:
    """Do all of it. What fails is logged and tried again by the next run; it keeps nothing else from running."""
    jobs: dict[str, Awaitable[object]] = {
        "accounts": keep_up(context),
        "erasures": finish_erasures(context),
        "idempotency": _forget_idempotency_keys(context),
    }
    for name, job in jobs.items():
        try:
            await job
        except Exception as error:  # noqa: BLE001 - whatever it is, the next job must run
            context.log.error("upkeep_failed", job=name, error=type(error).__name__, reason=str(error))


async def _forget_idempotency_keys(context: Context) -> None:
    await context.db.run(sql("DELETE FROM idempotency_keys WHERE expires_at <= ?", context.clock.now()))
