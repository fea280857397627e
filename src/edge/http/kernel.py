"""One request in, one answer out: match, limit, identify, authorise, validate, handle, dress."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.http import headers, idempotency
from edge.http.access import authorise, identify
from edge.http.limits import RequestLimiter
from edge.http.matching import Router, allow
from edge.http.messages import Header, Reply, Request
from edge.http.problem import problem_reply
from edge.http.routes import Call, Route
from edge.http.validation import parse_body, read_query, read_raw_body
from services.context import ConstraintError, Context, MissingSecret
from services.models import Model
from services.problems import Conflict, InvalidToken, Problem, Unavailable
from services.schema import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edge.http.limits import Limits
    from services.accounts.principal import Principal

LATENCY_BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
"""Upper bounds of the latency histogram in milliseconds."""


class NotConfigured(Unavailable):
    """The operator has not given this deployment what the request needs."""

    code = "not_configured"
    title = "This deployment is not fully configured."


@dataclass(slots=True)
class _Exchange:
    """One request while it is being answered."""

    request: Request
    context: Context
    route: Route | None = None
    headers: list[Header] = field(default_factory=list[Header])


class Kernel:
    """All routes of the Worker, with the limits and origins of its environment."""

    def __init__(
        self, routes: Iterable[Route], *, limits: Limits, origins: frozenset[str], development: bool
    ) -> None:
        declared = tuple(routes)
        unknown = {route.limit for route in declared if route.limit} - limits.policies.keys()
        if unknown:
            raise ValueError(f"routes name rate limits that do not exist: {sorted(unknown)}")
        self.router = Router(declared)
        self.limits = limits
        self.origins = origins
        self.development = development
        self._schema_fits = False

    async def answer(self, request: Request, context: Context) -> Reply:
        """Answer a request; never raises, whatever came in or went wrong."""
        exchange = _Exchange(request, context)
        started = context.clock.now()
        try:
            reply = await self._serve(exchange)
        except Problem as problem:
            reply = problem_reply(problem, request.id)
        except Exception as error:  # noqa: BLE001 - the last resort: anything else would be a bare 500
            reply = problem_reply(_unexpected(error, context), request.id)
        self._dress(exchange, reply)
        self._account(exchange, reply, context.clock.now() - started)
        return reply

    async def _serve(self, exchange: _Exchange) -> Reply:
        request = exchange.request
        if request.method == "OPTIONS":
            return self._options(request)
        route, path = self.router.match(request.method, request.path)
        exchange.route = route
        if not self._schema_fits:
            await check_schema(exchange.context)
            self._schema_fits = True
        principal = await self._admit(exchange, route)
        limiter = RequestLimiter(self.limits, exchange.context)
        call = Call(request, exchange.context, route, principal, exchange.headers, limiter=limiter)
        return await _handle(call, path)

    def _options(self, request: Request) -> Reply:
        declared, _ = self.router.resolve(request.path)
        methods = allow(declared)
        if headers.is_preflight(request.method, request.headers):
            return Reply(204, None, headers.preflight(methods))
        return Reply(204, None, [("allow", methods)])

    async def _admit(self, exchange: _Exchange, route: Route) -> Principal | None:
        """Identify, limit, authorise; a bad token counts against its address."""
        request, context = exchange.request, exchange.context
        refused: InvalidToken | None = None
        principal = None
        try:
            principal = identify(context, request, route)
        except InvalidToken as problem:
            refused = problem
        if route.limit:
            subject = (
                f"user:{principal.user_id}"
                if principal
                else f"ip:{headers.limited_address(request.client_ip)}"
            )
            exchange.headers += await self.limits.take(context, route.limit, subject)
        if refused:
            raise refused
        await authorise(context, route, principal)
        return principal

    def _dress(self, exchange: _Exchange, reply: Reply) -> None:
        """Add what every answer carries; what the handler has set itself wins."""
        given = {name for name, _ in reply.headers}
        reply.headers += exchange.headers
        reply.headers.append(("x-request-id", exchange.request.id))
        reply.headers += headers.SECURITY
        for header in (headers.CONTENT_POLICY, headers.NOT_STORED):
            if header[0] not in given:
                reply.headers.append(header)
        reply.headers += headers.cors(exchange.request.headers.get("origin"), self.origins)
        if exchange.request.method == "HEAD":
            reply.body = None
            reply.stream = None

    def _account(self, exchange: _Exchange, reply: Reply, elapsed: int) -> None:
        name = exchange.route.path if exchange.route else "unmatched"
        context = exchange.context
        context.metrics.observe(
            "studymate_request_duration_milliseconds", elapsed, LATENCY_BUCKETS, route=name
        )
        context.metrics.count(
            "studymate_requests_total", route=name, method=exchange.request.method, status=str(reply.status)
        )
        context.log.info(
            "request", method=exchange.request.method, route=name, status=reply.status, milliseconds=elapsed
        )
        if self.development:
            reply.headers.append(("server-timing", f"app;dur={elapsed}"))


async def _handle(call: Call, path: Mapping[str, str]) -> Reply:
    route = call.route
    arguments: dict[str, object] = dict(path)
    if route.query is not None:
        arguments["query"] = read_query(call.request, route.query)
    raw = b""
    if route.body is not None:
        raw = await read_raw_body(call.request, route)
        arguments["body"] = parse_body(route, raw)
    if not route.idempotent:
        return _reply(route, await route.handler(call, **arguments))
    return await _handle_once(call, arguments, raw)


async def _handle_once(call: Call, arguments: dict[str, object], raw: bytes) -> Reply:
    """As ``_handle``, under the request's ``Idempotency-Key`` if it has one."""
    subject = call.principal.user_id if call.principal else "anyone"
    reserved = await idempotency.reserve(
        call.context, call.request, operation=f"{call.request.method} {call.request.path}", subject=subject, body=raw
    )  # fmt: skip
    if isinstance(reserved, Reply):
        return reserved
    call.idempotency = reserved
    try:
        return _reply(call.route, await call.route.handler(call, **arguments))
    except Exception:
        if reserved:
            await reserved.release()
        raise


def _reply(route: Route, result: object) -> Reply:
    if isinstance(result, Reply):
        return result
    if isinstance(result, Model):
        return Reply(route.status, result.model_dump_json(), [("content-type", "application/json")])
    return Reply(204)


def _unexpected(error: Exception, context: Context) -> Problem:
    """What a caller is told of a failure that nobody foresaw; the log gets the rest."""
    if isinstance(error, MissingSecret):
        context.log.error("not_configured", reason=str(error))
        return NotConfigured()
    if isinstance(error, ConstraintError):
        context.log.warning("constraint", reason=str(error))
        return Conflict()
    context.log.error("unexpected", error=type(error).__name__, traceback=traceback.format_exc())
    return Problem()
