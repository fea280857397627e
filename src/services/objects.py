"""What a Durable Object gives to the state machine that lives in it."""

from __future__ import annotations

from typing import Any, Protocol

Row = dict[str, Any]


class ObjectStore(Protocol):
    """The object's own SQLite: synchronous, private, written by nobody else.

    What is written without waiting in between is durable together or not at all, before any reply leaves.
    """

    def rows(self, statement: str, *parameters: str | float | None) -> list[Row]:
        """Execute a statement; its rows."""
        ...


class Home(ObjectStore, Protocol):
    """The object itself."""

    def wake_at(self, at: int) -> None:
        """Ring the alarm then (milliseconds) instead of when it was set to ring."""
        ...

    async def forget(self) -> None:
        """Delete all that is stored, as if the object had never been."""
        ...
