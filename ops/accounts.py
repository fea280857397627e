"""Roles and key ids, looked up and set in the database of a deployment."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.accounts import emails
from services.context import MissingSecret
from services.sealing import Sealer

if TYPE_CHECKING:
    from ops.wrangler import Target

ROLES = ("moderator", "admin")
_ID = re.compile(r"[0-9a-z]{26}")
_KEYS_IN_USE = ";".join(
    f"SELECT substr({column}, 4, instr(substr({column}, 4), '.') - 1) AS kid, count(*) AS sealed"  # noqa: S608
    f" FROM {table} WHERE {column} IS NOT NULL GROUP BY kid"
    for table, column in (
        ("users", "email_sealed"),
        ("users", "birth_date_sealed"),
        ("users", "phone_sealed"),
        ("identities", "subject_sealed"),
        ("outbox_mail", "body_sealed"),
        ("idempotency_keys", "reply_sealed"),
    )
)


class NoSuchPerson(Exception):  # noqa: N818 - it says what is wrong
    """There is no account with this address or id."""


@dataclass(frozen=True)
class Secrets:
    """The operator's secrets as services read them."""

    values: dict[str, str]

    def get(self, name: str, default: str = "") -> str:
        """The value or the default."""
        return self.values.get(name, default)

    def secret(self, name: str) -> str:
        """The value; raises ``MissingSecret``."""
        if name not in self.values:
            raise MissingSecret(f"the file of secrets holds no {name}")
        return self.values[name]


def find_person(target: Target, secrets: Secrets, who: str) -> str:
    """The id of an account by its id or e-mail address; raises ``NoSuchPerson``, ``BadEmail``."""
    if _ID.fullmatch(who):
        rows = target.query("SELECT id FROM users WHERE id = ? AND deleted_at IS NULL", who)
    else:
        lookup = Sealer(secrets).lookup(emails.normalise(who), emails.PURPOSE)
        rows = target.query("SELECT id FROM users WHERE email_lookup = ? AND deleted_at IS NULL", lookup)
    if not rows:
        raise NoSuchPerson(who)
    return rows[0]["id"]


def grant(target: Target, user_id: str, role: str) -> None:
    """Give a role; it shows in the person's next access token."""
    now = int(time.time() * 1000)
    target.query("INSERT OR IGNORE INTO user_roles VALUES (?, ?, ?)", user_id, role, now)


def revoke(target: Target, user_id: str, role: str) -> None:
    """Take a role, at once: the routes that demand it hold access tokens against the database."""
    target.query("DELETE FROM user_roles WHERE user_id = ? AND role = ?", user_id, role)


def keys_in_use(target: Target) -> dict[str, int]:
    """How many sealed values each column key has."""
    rows = target.query(_KEYS_IN_USE)
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["kid"]] += row["sealed"]
    return dict(sorted(counts.items()))
