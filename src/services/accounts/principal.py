"""Who acts, wherever they came in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A person on a device, as the access token says."""

    user_id: str
    session_id: str
    roles: frozenset[str]
