"""Whether the service works, and who may look inside."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Literal

from services.context import sql
from services.models import Model

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from services.context import Context

Status = Literal["up", "down"]


class Dependency(Model):
    """One thing that the service needs. ``latency`` is in milliseconds."""

    status: Status
    latency: int


class Health(Model):
    """The whole and its parts."""

    status: Status
    dependencies: dict[str, Dependency]


async def check_health(context: Context) -> Health:
    """Ask each dependency for something small; one that fails is down, and with it the whole."""
    checks: dict[str, Awaitable[object]] = {
        "database": context.db.first(sql("SELECT version FROM schema_version")),
        "keyValue": context.kv.get("health"),
        "media": context.media.head("health"),
        "objects": context.objects.get("RATE_LIMITER", "health").call("grant", wanted=0, quota=1, window=1),
    }
    found = {name: await _check(context, name, check) for name, check in checks.items()}
    up = all(dependency.status == "up" for dependency in found.values())
    return Health(status="up" if up else "down", dependencies=found)


async def _check(context: Context, name: str, check: Awaitable[object]) -> Dependency:
    started = context.clock.now()
    status: Status = "up"
    try:
        await check
    except Exception as error:  # noqa: BLE001 - whatever it is, the dependency is down
        context.log.error("dependency_down", dependency=name, error=type(error).__name__, reason=str(error))
        status = "down"
    return Dependency(status=status, latency=context.clock.now() - started)


def metrics_allowed(context: Context, authorization: str) -> bool:
    """Anyone in development; elsewhere whoever has the operator's token."""
    if context.config.get("ENVIRONMENT") == "dev":
        return True
    expected = f"Bearer {context.config.secret('OPERATOR_TOKEN')}"
    return hmac.compare_digest(authorization.encode(), expected.encode())
