"""What the doors tell the object that takes a connection, as headers of the request that they hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.context import Config

ADMITTED = "x-studymate-admitted"
"""The header in which the Worker says who it is, if it knows; it never comes from outside."""
BASE = "x-studymate-base"
"""The header that says which part of the path is the service's own URL; it comes from the Worker too."""


def shards(config: Config) -> int:
    """Over how many objects the connections of each framing are spread.

    A message costs its room a call for each object with listeners, so more of them make everything slower
    until one cannot hold the connections any more.
    """
    return int(config.get("CONNECTION_SHARDS", "1"))
