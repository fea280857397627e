"""``schema.sql`` is where the migrations lead."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

from tests.unit.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def built(files: Iterable[Path]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    for file in files:
        database.executescript(file.read_text("utf-8"))
    return database


def parts(statement: str) -> Counter[str]:
    """What a CREATE statement defines, in no order: ALTER TABLE adds columns behind the constraints."""
    plain = re.sub(r"--[^\n]*", "", statement)
    return Counter(" ".join(part.split()) for part in re.split(r"[(),]", plain))


def described(database: sqlite3.Connection) -> dict[str, tuple[Counter[str], list[tuple[object, ...]]]]:
    """Name → what it is made of, and its columns in their order."""
    found = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {
        name: (parts(statement), database.execute("SELECT * FROM pragma_table_info(?)", [name]).fetchall())
        for name, statement in found
    }


def test_the_migrations_lead_to_the_schema() -> None:
    migrated = built(sorted((ROOT / "migrations").glob("*.sql")))
    whole = built([ROOT / "schema.sql"])
    ours, theirs = described(whole), described(migrated)
    assert ours.keys() == theirs.keys()
    for name, definition in ours.items():
        names = [column[1] for column in definition[1]]
        expected = [column[1] for column in theirs[name][1]]
        assert names == expected, name
        assert definition == theirs[name], name
    version = "SELECT version, compatible_from FROM schema_version"
    assert whole.execute(version).fetchall() == migrated.execute(version).fetchall()
    for database in (whole, migrated):
        database.close()
