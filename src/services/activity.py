"""What happened in a person's learning: one event each, written by the domain where it happened.

Statistics, badges and the history time line are computed from these events alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from services.context import sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.context import Context, Statement

Kind = Literal["session", "chat", "level_test", "lesson", "study", "match"]
"""``session``: a language session that ended; ``chat``: a spell of conversation; ``level_test``: one taken to
its end; ``lesson``: one practised; ``study``: a study group's meeting; ``match``: a partner found."""

Skill = Literal["speaking", "listening", "reading", "writing"]


def record(
    context: Context,
    user_id: str,
    kind: Kind,
    seconds: int = 0,
    data: Mapping[str, Any] | None = None,
    *,
    event: tuple[str, int] | None = None,
) -> Statement:
    """The statement that records an event; it belongs into the batch of what it tells of.

    ``seconds`` is the time spent learning. In ``data``, ``partnerId`` names the other person and ``skills``
    maps each ``Skill`` that was measured to its score, 0 to 100; the rest is for the time line. Who may write
    the same event twice gives its id and time (milliseconds) as ``event``: it is recorded once.
    """
    event_id, at = event or (context.random.id(), context.clock.now())
    return sql(
        "INSERT OR IGNORE INTO activity (user_id, id, kind, seconds, data, at) VALUES (?, ?, ?, ?, ?, ?)",
        user_id, event_id, kind, seconds, json.dumps(data or {}), at,
    )  # fmt: skip
