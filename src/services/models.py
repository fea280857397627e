"""What every request and reply model shares: camelCase on the wire, snake_case in code."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Base of all wire models. Unknown fields are ignored, so that an older server takes a newer client.

    Validators are built at first use: building them all would be most of the Worker's start-up time.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # what does not validate may be personal, and failures are logged
    )


def iso(milliseconds: int) -> str:
    """Milliseconds since the epoch as ISO 8601 UTC with ``Z``: ``2026-11-20T09:00:00.000Z``."""
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)  # noqa: UP017 - 3.11 alias
    return f"{moment.isoformat()[:19]}.{milliseconds % 1000:03d}Z"


Timestamp = Annotated[
    int,
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""Milliseconds since the epoch in code and in the database; ISO 8601 UTC on the wire. For replies only."""

Item = TypeVar("Item")


class Page(Model, Generic[Item]):
    """One page of a list; ``next_cursor`` is null on the last."""

    items: list[Item]
    next_cursor: str | None = None
