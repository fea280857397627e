"""D1 behind ``services.context.Database``.

Rows cross from JavaScript once, as one JSON text: several times faster than a proxy per cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import JsException, jsnull, to_js

from edge.crossing import to_python
from services.context import ConstraintError, Row, Statement
from services.problems import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.context import Metrics

MAX_PREPARED = 512
_OVERLOADED = (
    "overloaded",
    "D1_ERROR: Network",
    "storage caused object to be reset",
    "is currently",
    "timed out",
)


class DatabaseUnavailable(Unavailable):
    """D1 did not answer or is overloaded."""

    code = "database_unavailable"
    title = "The database is not answering; try again."


class D1:
    """A D1 database. Prepared statements are kept: most requests send one of a few dozen."""

    __slots__ = ("_binding", "_metrics", "_prepared")

    def __init__(self, binding: Any, metrics: Metrics, prepared: dict[str, Any] | None = None) -> None:
        self._binding = binding
        self._metrics = metrics
        self._prepared = {} if prepared is None else prepared

    def replica(self) -> D1:
        """The same database for reads that may be some seconds old, from the nearest replica."""
        return D1(self._binding.withSession("first-unconstrained"), self._metrics)

    async def all(self, statement: Statement) -> list[Row]:
        """Every row of the result."""
        return (await self._send(self._bound(statement).all()))["results"]

    async def first(self, statement: Statement) -> Row | None:
        """The first row, or None."""
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def run(self, statement: Statement) -> int:
        """Execute a write; the number of rows changed."""
        return (await self._send(self._bound(statement).run()))["meta"]["changes"]

    async def batch(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Execute all in one transaction and one round trip; the rows of each."""
        bound = js.Array.new()
        for statement in statements:
            bound.push(self._bound(statement))
        return [result["results"] for result in await self._send(self._binding.batch(bound))]

    def _bound(self, statement: Statement) -> Any:
        prepared = self._prepared.get(statement.sql)
        if prepared is None:
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.clear()
            prepared = self._prepared[statement.sql] = self._binding.prepare(statement.sql)
        return prepared.bind(*map(_parameter, statement.params)) if statement.params else prepared

    async def _send(self, promise: Any) -> Any:
        self._metrics.count("studymate_d1_calls_total")
        try:
            return to_python(await promise)
        except JsException as error:
            raise _translated(str(error)) from None


def _parameter(value: Any) -> Any:
    if value is None:
        return jsnull
    if isinstance(value, bytes):
        return to_js(value)
    return int(value) if isinstance(value, bool) else value


def _translated(message: str) -> Exception:
    if "constraint failed" in message:
        return ConstraintError(message)
    if any(sign in message for sign in _OVERLOADED):
        return DatabaseUnavailable(retry_after=1)
    return RuntimeError(message)
