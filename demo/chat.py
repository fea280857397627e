"""Two people chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from demo.accounts import Person


def show(url: str, http: httpx.Client, mina: Person, alex: Person) -> None:
    """Nothing yet."""
