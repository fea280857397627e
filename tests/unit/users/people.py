"""People for tests: registered through the accounts service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.accounts.models import Agreements, RegisterBody
from services.accounts.registration import register

if TYPE_CHECKING:
    from services.context import Context

PASSWORD = "correct horse battery"


async def someone(context: Context, name: str = "Mina", *, time_zone: str = "UTC") -> str:
    """Register a person called ``name``; their id."""
    user_id = context.random.id()
    body = RegisterBody(
        email=f"{name.lower()}.{user_id}@example.org",
        password=PASSWORD,
        display_name=name,
        time_zone=time_zone,
        agreements=Agreements(terms=True, privacy=True),
    )
    opened = await register(context, body, user_id, "Firefox on Linux")
    await context.db.batch(opened.statements)
    return user_id
