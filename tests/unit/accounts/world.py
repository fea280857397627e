"""What a person can do with an account, over the ports of ``tests.unit.support``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from services.accounts import recovery, registration, sessions
from services.accounts.models import LoginBody, RegisterBody, ResetBody
from services.accounts.tokens import read_access_token
from services.context import Context, sql
from services.mail import Mail, read_outbox

if TYPE_CHECKING:
    from services.accounts.principal import Principal
    from services.accounts.sessions import Opened

EMAIL = "mina@example.org"
PASSWORD = "korrekt-pferd"


class World:
    """An environment and the people who use it."""

    def __init__(self, context: Context) -> None:
        self.context = context

    async def register(self, email: str = EMAIL, password: str = PASSWORD, **changes: Any) -> Opened:
        body = RegisterBody.model_validate(
            {
                "email": email,
                "password": password,
                "displayName": "Mina",
                "agreements": {"terms": True, "privacy": True},
                **changes,
            }
        )
        opened = await registration.register(self.context, body, self.context.random.id(), "Firefox on Linux")
        await self.context.db.batch(opened.statements)
        return opened

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Opened:
        body = LoginBody.model_validate({"email": email, "password": password})
        return await registration.sign_in(self.context, body, "Safari on iPhone")

    async def refresh(self, opened: Opened) -> Opened:
        return await sessions.refresh(self.context, opened.reply.refresh_token)

    def principal(self, opened: Opened) -> Principal:
        return read_access_token(self.context, opened.reply.access_token)

    async def verify_email(self) -> None:
        await recovery.verify_email(self.context, await self.mailed_token("Confirm"))

    async def reset_password(self, token: str, password: str) -> None:
        await recovery.reset_password(self.context, ResetBody(token=token, password=password))

    async def mails(self) -> list[Mail]:
        await self.context.defer.finish()
        return [waiting.mail for waiting in await read_outbox(self.context)]

    async def mailed_token(self, subject: str) -> str:
        """The token in the newest mail with such a subject."""
        text = next(mail.text for mail in await self.mails() if mail.subject.startswith(subject))
        return re.search(r"#token=([\w-]+)", text)[1]

    async def row(self, table: str, **where: Any) -> dict[str, Any]:
        (name, value), *_ = where.items()
        row = await self.context.db.first(sql(f"SELECT * FROM {table} WHERE {name} = ?", value))
        assert row is not None, f"no {table} where {name} = {value}"
        return row

    async def suspend(self, opened: Opened) -> None:
        await self.context.db.run(sql("UPDATE users SET suspended_at = 1 WHERE id = ?", opened.reply.user.id))
