"""A person's copy of everything that is kept about them (GDPR, articles 15 and 20)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from services.context import sql
from services.models import Model, Timestamp, iso
from services.problems import InvalidToken
from services.sealing import Sealer
from services.users.personal_data import HOLDINGS

if TYPE_CHECKING:
    from services.context import Context, Row

_SEALED = "_sealed"
_JSON = frozenset(("settings", "agreements", "data"))


class Export(Model):
    """All that is kept about the caller: for each kind of record its rows."""

    exported_at: Timestamp
    data: dict[str, list[dict[str, Any]]]


async def export(context: Context, user_id: str) -> Export:
    """Read it all in one transaction. Raises ``InvalidToken`` when the account is gone."""
    exported = [(holding, holding.export) for holding in HOLDINGS if holding.export]
    guard = sql("SELECT 1 FROM users WHERE id = ? AND deleted_at IS NULL", user_id)
    found, *tables = await context.db.batch([guard, *(sql(query, user_id) for _, query in exported)])
    if not found:
        raise InvalidToken("This account is gone.")
    data = {
        holding.name: [await _readable(context, holding.table, row) for row in rows]
        for (holding, _), rows in zip(exported, tables, strict=True)
    }
    return Export(exported_at=context.clock.now(), data=data)


async def _readable(context: Context, table: str, row: Row) -> dict[str, Any]:
    """A row with its sealed columns opened, its JSON unpacked, its times and names as on the wire."""
    shown: dict[str, Any] = {}
    for column, value in row.items():
        name = column.removesuffix(_SEALED)
        if value is None:
            shown[to_camel(name)] = None
        elif name != column:
            shown[to_camel(name)] = await Sealer(context.config).open(context, value, f"{table}.{name}")
        elif column in _JSON:
            shown[to_camel(name)] = json.loads(value)
        elif column == "at" or column.endswith("_at"):
            shown[to_camel(name)] = iso(value)
        else:
            shown[to_camel(name)] = value
    return shown
