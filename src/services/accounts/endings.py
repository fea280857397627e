"""What ends with a device session: its access tokens, and the live connections of that device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.accounts.tokens import refuse_sessions
from services.realtime import closing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.context import Context

PRESENCE = "USER_PRESENCE"


def end_sessions(context: Context, user_id: str, session_ids: Iterable[str]) -> None:
    """Let a person's device sessions, which have been revoked, do nothing more.

    Connections are closed behind the answer; one that cannot be reached ends when its token expires.
    """
    ended = list(session_ids)
    refuse_sessions(ended)
    if ended:
        context.defer(_close(context, user_id, ended))


async def _close(context: Context, user_id: str, session_ids: list[str]) -> None:
    presence = context.objects.get(PRESENCE, user_id)
    await presence.call("close", code=closing.SIGNED_OUT, reason="signed_out", session_ids=session_ids)
