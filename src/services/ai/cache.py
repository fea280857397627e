"""Answers that need not be paid for twice, kept in KV for a day.

What people write is not to be read from the store: the key is a keyed hash of the question and the value is
sealed, so that KV learns neither. Only answers that are the same for everyone who asks belong here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from services.sealing import CannotOpen, Sealer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from services.context import Context

TTL = 24 * 3600


async def cached(
    context: Context, purpose: str, question: Mapping[str, Any], make: Callable[[], Awaitable[str | None]]
) -> str | None:
    """The answer to a question, from the store or made now; what is None is not kept.

    The question must hold everything that the answer depends on, the provider's name included.
    """
    sealer = Sealer(context.config)
    sealed_as = f"ai.{purpose}"
    key = f"ai:{purpose}:{sealer.lookup(json.dumps(question, sort_keys=True), sealed_as)}"
    known = await _opened(context, sealer, await context.kv.get(key), sealed_as)
    context.metrics.count(
        "studymate_ai_cache_total", purpose=purpose, outcome="miss" if known is None else "hit"
    )
    if known is not None:
        return known
    made = await make()
    if made is not None:
        context.defer(context.kv.put(key, await sealer.seal(context, made, sealed_as), ttl=TTL))
    return made


async def _opened(context: Context, sealer: Sealer, sealed: str | None, purpose: str) -> str | None:
    if sealed is None:
        return None
    try:
        return await sealer.open(context, sealed, purpose)
    except CannotOpen:  # sealed under a key that has been retired since
        return None
