"""The parts put together, once per isolate, at the first event."""

from __future__ import annotations

import asyncio
import gc
import json
from dataclasses import dataclass
from functools import lru_cache

from edge.http.kernel import Kernel
from edge.http.limits import Limits
from edge.loop import streamline
from edge.platform import node_crypto
from edge.worker import Platform
from handlers.table import ROUTES
from services.ratelimit import parse_policies


@dataclass(frozen=True, slots=True)
class Application:
    """The bindings and the routes over them."""

    platform: Platform
    kernel: Kernel


GARBAGE_THRESHOLD = 20_000
"""Container objects between two collections; each scans what requests have left, not what was imported."""


@lru_cache(maxsize=1)
def application() -> Application:
    """The isolate's application."""
    _leave_the_imported_alone()
    node_crypto()
    streamline(asyncio.get_event_loop())
    platform = Platform()
    config = platform.config
    kernel = Kernel(
        ROUTES,
        limits=Limits(parse_policies(json.loads(config.get("RATE_LIMITS", "{}")))),
        origins=frozenset(config.get("CORS_ORIGINS").split()),
        development=config.get("ENVIRONMENT") == "dev",
    )
    return Application(platform, kernel)


def _leave_the_imported_alone() -> None:
    """Keep the collector from scanning 50 000 imported objects that live as long as the isolate.

    With the default settings that scanning was a third of a request's CPU time.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
