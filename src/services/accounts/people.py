"""A person's row as the account services read it, and as the person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.accounts import emails
from services.accounts.models import User
from services.accounts.problems import AccountSuspended
from services.context import sql
from services.sealing import Sealer

if TYPE_CHECKING:
    from services.context import Context, Row, Statement


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account. ``roles`` holds ``user`` and what was granted."""

    id: str
    email_sealed: str | None
    email_lookup: str | None
    email_verified: bool
    password_hash: str | None
    display_name: str
    locale: str
    suspended: bool
    created_at: int
    roles: tuple[str, ...] = ("user",)

    @classmethod
    def of(cls, row: Row) -> Person:
        """From a row of the view ``people``."""
        granted: list[str] = row["roles"].split(",") if row["roles"] else []
        return cls(
            id=row["user_id"],
            email_sealed=row["email_sealed"],
            email_lookup=row["email_lookup"],
            email_verified=row["email_verified_at"] is not None,
            password_hash=row["password_hash"],
            display_name=row["display_name"],
            locale=row["locale"],
            suspended=row["suspended_at"] is not None,
            created_at=row["joined_at"],
            roles=("user", *sorted(granted)),
        )

    async def email(self, context: Context) -> str | None:
        """The address in clear."""
        if self.email_sealed is None:
            return None
        return await Sealer(context.config).open(context, self.email_sealed, emails.PURPOSE)

    async def view(self, context: Context) -> User:
        """What the person is shown of the account."""
        return User(
            id=self.id,
            email=await self.email(context),
            display_name=self.display_name,
            roles=list(self.roles),
            created_at=self.created_at,
        )

    def check_may_sign_in(self) -> None:
        """Raise ``AccountSuspended`` if a moderator has locked the account."""
        if self.suspended:
            raise AccountSuspended


def by_email(context: Context, email: str) -> Statement:
    """The query for the person with a normalised address."""
    lookup = Sealer(context.config).lookup(email, emails.PURPOSE)
    return sql("SELECT * FROM people WHERE email_lookup = ?", lookup)


def by_id(user_id: str) -> Statement:
    """The query for the person with an id."""
    return sql("SELECT * FROM people WHERE user_id = ?", user_id)


async def find(context: Context, query: Statement) -> Person | None:
    """The person whom a query finds."""
    row = await context.db.first(query)
    return Person.of(row) if row else None
