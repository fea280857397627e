"""Pages of a list by keyset: a cursor says after which row to go on, so inserts move nothing."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import Field

from services.models import Model
from services.problems import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Key = tuple[str | int, ...]
Row = TypeVar("Row")

MAX_CURSOR = 512
LAST_NUMBER = 2**52
"""The largest number of a key: D1 takes JavaScript's numbers, and larger ones would cross as big integers."""


class InvalidCursor(BadRequest):
    """The cursor is none that this list handed out."""

    code = "invalid_cursor"
    title = "The cursor is not one that this list handed out."


class PageQuery(Model):
    """Which part of a list: at most ``limit`` items, after ``cursor``."""

    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = None


def encode_cursor(key: Key) -> str:
    """The cursor of the row with this key. It is opaque, not secret: clients were sent what is in it."""
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[str | int]) -> Key:
    """The key in a cursor, its parts of exactly these types. Raises ``InvalidCursor``."""
    if len(cursor) > MAX_CURSOR:
        raise InvalidCursor
    try:
        key: Any = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise InvalidCursor from None
    if not isinstance(key, list):
        raise InvalidCursor
    parts = tuple(cast("list[Any]", key))
    if tuple(map(type, parts)) != kinds or not all(map(_storable, parts)):
        raise InvalidCursor
    return parts


def split(rows: Sequence[Row], limit: int, key: Callable[[Row], Key]) -> tuple[Sequence[Row], str | None]:
    """The page and the next cursor, from rows that were fetched with one more than ``limit``."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor(key(rows[limit - 1]))


def _storable(part: str | int) -> bool:
    """Whether the database can compare with it."""
    if isinstance(part, int):
        return abs(part) <= LAST_NUMBER
    return part.isprintable()
