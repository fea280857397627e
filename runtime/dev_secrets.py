"""Secrets for development, made at the first start and kept in the state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import keys

if TYPE_CHECKING:
    from pathlib import Path


def load(state: Path) -> dict[str, str]:
    """Return name → text of every development secret, making those that are missing."""
    file = state / "secrets.json"
    keys.make_missing(file)
    return keys.read(file)
