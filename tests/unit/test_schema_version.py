"""Code and database refuse each other when they do not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.context import sql
from services.schema import SCHEMA_VERSION, SchemaMismatch, check_schema
from tests.unit.support import make_context

MIGRATIONS = Path(__file__).parents[2] / "migrations"


async def test_the_migrations_lead_to_the_version_of_the_code():
    await check_schema(make_context())


def test_the_version_is_the_number_of_the_last_migration():
    last = max(MIGRATIONS.glob("*.sql")).name
    assert int(re.match(r"\d+", last)[0]) == SCHEMA_VERSION


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (f"UPDATE schema_version SET version = {SCHEMA_VERSION - 1}", "make migrate"),
        (
            f"UPDATE schema_version SET version = 99, compatible_from = {SCHEMA_VERSION + 1}",
            "deploy the newer",
        ),
        ("DROP TABLE schema_version", "at version 0"),
    ],
)
async def test_what_does_not_fit_is_refused_and_the_log_says_what_to_do(change, told):
    context = make_context()
    await context.db.run(sql(change))
    with pytest.raises(SchemaMismatch):
        await check_schema(context)
    ((event, fields),) = context.log.events
    assert event == "schema_mismatch"
    assert told in fields["reason"]


async def test_newer_compatible_databases_are_taken():
    context = make_context()
    await context.db.run(sql("UPDATE schema_version SET version = 99"))
    await check_schema(context)
