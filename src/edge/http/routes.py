"""Declared routes: the one source of routing, validation, authorisation, limits and OpenAPI.

A handler is a coroutine function. Its parameters say what it needs:

``call``
    the ``Call``: caller, context, request (always first);
``body``
    annotated with a ``Model``: the validated JSON body; with ``bytes``: the raw body within ``max_body``;
``query``
    annotated with a ``Model``: the validated query string;
any other name
    the path parameter of that name.

It returns a ``Model`` (sent as JSON), a ``Reply``, or None (204). Its docstring is the API's documentation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, get_type_hints

if TYPE_CHECKING:
    from edge.http.messages import Header, Request
    from services.accounts.principal import Principal
    from services.context import Context, Statement
    from services.models import Model
    from services.problems import Problem

JSON_BODY_LIMIT = 64 * 1024
"""Bytes that a JSON body may have unless the route says otherwise."""

PUBLIC = "public"
"""Anyone; ``call.user`` is still set when valid credentials came along."""
SOCKET = "socket"
"""Anyone; the handler finds out who it is, by the rules of sockets rather than those of requests."""
USER = "user"
"""A signed-in person, known by the access token alone."""
FRESH = "fresh"
"""A signed-in person whose device session is looked up: for what must not outlive a sign-out."""
MODERATOR = "moderator"
ADMIN = "admin"

Handler = Callable[..., Awaitable[Any]]
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Call:
    """One request on its way through a handler."""

    request: Request
    context: Context
    route: Route
    principal: Principal | None = None
    headers: list[Header] = field(default_factory=list["Header"])
    """Headers that the handler adds to its answer, such as cookies."""
    idempotency: Idempotency | None = None
    limiter: Limiter | None = None

    async def limit(self, policy: str, subject: str) -> None:
        """Count one event against a policy for a subject of the handler's choice, an account, say.

        Raises ``TooManyRequests`` when it is used up.
        """
        if self.limiter:
            await self.limiter.take(policy, subject)

    @property
    def user(self) -> Principal:
        """The caller; only on routes that demand one."""
        assert self.principal is not None  # noqa: S101 - the kernel refused the request otherwise
        return self.principal

    async def commit(self, statements: Sequence[Statement], reply: Model) -> Model:
        """Write all statements in one transaction, together with the answer for a retry.

        So a crash leaves both or neither. Returns ``reply``.
        """
        record = [await self.idempotency.completion(self.route.status, reply)] if self.idempotency else []
        await self.context.db.batch([*statements, *record])
        return reply

    def new_id(self) -> str:
        """The id of what this call creates: the same one again for a retry with the same key."""
        return self.idempotency.derived_id if self.idempotency else self.context.random.id()


class Limiter(Protocol):
    """Counts events; see ``edge.http.limits``."""

    async def take(self, policy: str, subject: str) -> Any:
        """One event more; raises ``TooManyRequests``."""
        ...


class Idempotency:
    """The bookkeeping of one ``Idempotency-Key``; see ``edge.http.idempotency``."""

    derived_id: str

    async def completion(self, status: int, reply: Model) -> Statement:
        """The statement that stores the answer."""
        raise NotImplementedError


@dataclass(frozen=True)
class Route:
    """One declared route.

    ``path`` has parameters in braces: ``/users/{user_id}``; a last one written ``{name...}`` takes the rest
    of the path, slashes included.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    auth: str = USER
    status: int = 200
    limit: str | None = "api"
    """The rate limit policy (see ``edge.http.limits``); None for what is never limited."""
    idempotent: bool = False
    max_body: int = JSON_BODY_LIMIT
    accepts: Sequence[str] = ("application/json",)
    """Media types of a raw body."""
    produces: str = "application/json"
    problems: Sequence[type[Problem]] = ()
    """Failures beyond those that every route of this shape has."""
    aliases: Sequence[str] = ()
    described: bool = True
    """False for the doors of protocols with descriptions of their own, which OpenAPI cannot express."""

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The handler's annotations, evaluated at the first request so that start-up need not."""
        return get_type_hints(self.handler)

    @property
    def body(self) -> Any:
        """The body's type: a ``Model``, ``bytes``, or None."""
        return self.hints.get("body")

    @property
    def query(self) -> type[Model] | None:
        """The model of the query string, if there is one."""
        return self.hints.get("query")

    @property
    def reply(self) -> Any:
        """What the handler returns: a ``Model``, ``Reply``, or ``NoneType``."""
        return self.hints.get("return")

    @property
    def name(self) -> str:
        """The operation's id."""
        return self.handler.__name__


class Routes:
    """The routes of one group, under a common prefix and tag."""

    def __init__(self, prefix: str, tag: str) -> None:
        self.prefix = prefix
        self.tag = tag
        self.declared: list[Route] = []

    def _declare(
        self, method: str, path: str, options: dict[str, Any]
    ) -> Callable[
        [Callable[Concatenate[Call, P], Awaitable[R]]], Callable[Concatenate[Call, P], Awaitable[R]]
    ]:
        def register(
            handler: Callable[Concatenate[Call, P], Awaitable[R]],
        ) -> Callable[Concatenate[Call, P], Awaitable[R]]:
            self.declared.append(
                Route(method=method, path=self.prefix + path, handler=handler, tag=self.tag, **options)
            )
            return handler

        return register

    def get(self, path: str, **options: Any) -> Any:
        """Declare a GET route (HEAD comes with it); options are the fields of ``Route``."""
        return self._declare("GET", path, options)

    def post(self, path: str, **options: Any) -> Any:
        """Declare a POST route."""
        return self._declare("POST", path, options)

    def put(self, path: str, **options: Any) -> Any:
        """Declare a PUT route."""
        return self._declare("PUT", path, options)

    def patch(self, path: str, **options: Any) -> Any:
        """Declare a PATCH route."""
        return self._declare("PATCH", path, options)

    def delete(self, path: str, **options: Any) -> Any:
        """Declare a DELETE route."""
        return self._declare("DELETE", path, options)
