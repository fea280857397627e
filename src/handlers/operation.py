"""Health, metrics and the API's own description."""

from __future__ import annotations

from edge.http.messages import Reply
from edge.http.routes import PUBLIC, Call, Routes
from services.operation import Health, check_health, metrics_allowed
from services.problems import NotFound

routes = Routes("", "Operation")


@routes.get("/health", auth=PUBLIC, limit=None, aliases=("/actuator/health",))
async def health(call: Call) -> Reply:
    """Whether the service and each of its dependencies work: 200, or 503 with what is down."""
    found: Health = await check_health(call.context)
    return Reply(
        200 if found.status == "up" else 503, found.model_dump_json(), [("content-type", "application/json")]
    )


@routes.get("/metrics", auth=PUBLIC, limit=None, produces="text/plain")
async def metrics(call: Call) -> Reply:
    """Counters and histograms of this isolate, for Prometheus. Outside development with the operator's token."""
    if not metrics_allowed(call.context, call.request.headers.get("authorization", "")):
        raise NotFound
    return Reply(200, call.context.metrics.render(), [("content-type", "text/plain; version=0.0.4")])
