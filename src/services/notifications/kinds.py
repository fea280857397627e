"""The kinds of notifications, and the setting that turns each off."""

from __future__ import annotations

from typing import Literal

Setting = Literal["messages", "matches", "sessions", "studies", "feedback"]

KINDS: dict[str, Setting | None] = {
    "chat_message": "messages",
    "match_request": "matches",
    "match_accepted": "matches",
    "session_invited": "sessions",
    "session_reminder": "sessions",
    "session_cancelled": "sessions",
    "study_request": "studies",
    "study_accepted": "studies",
    "study_notice": "studies",
    "study_event": "studies",
    "study_task": "studies",
    "feedback_ready": "feedback",
    "refresh_token_reused": None,
}
"""Kind → its setting; None for what concerns the account's safety and is always told."""
