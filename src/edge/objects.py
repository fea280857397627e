"""Durable Objects: how they are called, and the base of those that we write.

A call is one JSON text each way. A ``Problem`` raised inside an object is raised again at its caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import js
from pydantic_core import from_json, to_json
from pyodide.ffi import JsException, jsnull
from workers import DurableObject

from edge.crossing import to_python
from services import problems
from services.problems import FieldError, Problem, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.context import Context


class ObjectUnavailable(Unavailable):
    """A Durable Object is overloaded, was reset, or cannot be reached."""

    code = "object_unavailable"
    title = "This part of the service is not answering; try again."


class RemoteStub:
    """A Durable Object from outside."""

    __slots__ = ("_stub",)

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    async def call(self, method: str, **arguments: Any) -> Any:
        """Call one of its methods; the JSON result. Raises the ``Problem`` that the method raised."""
        try:
            answer = from_json(await self._stub.rpc(method, to_json(arguments).decode()))
        except JsException as error:
            if getattr(error, "retryable", False) or getattr(error, "overloaded", False):
                raise ObjectUnavailable(retry_after=1) from None
            raise
        if "problem" in answer:
            raise _remote_problem(answer["problem"])
        return answer["result"]


class RemoteObjects:
    """The Durable Object namespaces of the environment."""

    __slots__ = ("_by_name", "_env")

    def __init__(self, env: Any) -> None:
        self._env = env
        self._by_name: dict[str, Callable[[str], Any]] = {}

    def get(self, namespace: str, name: str) -> RemoteStub:
        """The object of that name. Stubs belong to the event that asked for them and are not kept."""
        return RemoteStub(self._stub(namespace, name))

    def _stub(self, namespace: str, name: str) -> Any:
        by_name = self._by_name.get(namespace)
        if by_name is None:
            by_name = self._by_name[namespace] = getattr(self._env, namespace).getByName
        return by_name(name)

    async def forward(self, namespace: str, name: str, request: Any, headers: Mapping[str, str]) -> Any:
        """Hand a platform request, with these headers set, on to an object; the platform's answer."""
        passed = js.Request.new(request)
        for header, value in headers.items():
            passed.headers.set(header, value)
        return await self._stub(namespace, name).fetch(passed)


class LiveObject(DurableObject):
    """Base of our Durable Objects. Methods named in ``exposed`` may be called from outside."""

    exposed: ClassVar[frozenset[str]] = frozenset()
    context: Context
    make_context: ClassVar[Any]
    """Set by the Worker's entry: makes the services' context from the environment."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.storage = ctx._ctx.storage  # noqa: SLF001 - the raw storage: its SQL cursor is synchronous
        self.context = type(self).make_context()
        self.served: Any = self
        """Whose methods are exposed."""

    async def rpc(self, method: str, arguments: str) -> str:
        """Call an exposed method with JSON arguments."""
        if method not in self.exposed:
            raise AttributeError(f"{type(self).__name__} has no method {method}")
        try:
            answer = {"result": await getattr(self.served, method)(**from_json(arguments))}
        except Problem as problem:
            answer = {"problem": _portable(problem)}
        return to_json(answer).decode()

    def wake_at(self, at: int) -> None:
        """Ring the alarm then (milliseconds) instead of when it was set to ring.

        Never for the present: one set for the very moment that is being handled would be deleted with it.
        """
        self.storage.setAlarm(max(at, self.context.clock.now() + 1))

    async def forget(self) -> None:
        """Delete all that is stored, as if the object had never been."""
        await self.storage.deleteAlarm()
        await self.storage.deleteAll()

    def rows(self, statement: str, *parameters: str | float | None) -> list[dict[str, Any]]:
        """Execute a statement on the object's own SQLite; the rows. Synchronous and durable before any reply."""
        bound = [jsnull if value is None else value for value in parameters]
        return to_python(self.storage.sql.exec(statement, *bound).toArray())


def _portable(problem: Problem) -> dict[str, Any]:
    return {
        "status": problem.status,
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "errors": [[error.path, error.message] for error in problem.errors],
        "retryAfter": problem.retry_after,
    }


def _remote_problem(told: dict[str, Any]) -> Problem:
    """The class that was raised, as far as callers can tell: same status, code and sentence."""
    base = _BASES.get(told["status"], Problem)
    kind = type(base.__name__, (base,), {key: told[key] for key in ("status", "code", "title")})
    errors = tuple(FieldError(path, message) for path, message in told["errors"])
    return kind(told["detail"], errors=errors, retry_after=told["retryAfter"])


_BASES: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        problems.BadRequest, problems.Unauthorized, problems.Forbidden, problems.NotFound, problems.Conflict,
        problems.PayloadTooLarge, problems.UnsupportedMediaType, problems.Unprocessable, problems.TooManyRequests,
        problems.Unavailable,
    )
}  # fmt: skip
