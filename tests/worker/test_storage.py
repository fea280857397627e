"""What Durable Objects leave behind, as the platform's own files tell: storage costs, and is personal data."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = "v3/do/studymate-{kind}"


def stored(state: Path, kind: str) -> set[str]:
    """The ids of the objects of a class that store something."""
    files = (state / OBJECTS.format(kind=kind)).glob("*.sqlite")
    return {
        file.stem for file in files if file.stem != "metadata" and _rows(file, "SELECT * FROM sqlite_master")
    }


def woken(state: Path, kind: str) -> set[str]:
    """The ids of the objects of a class whose alarm is set."""
    file = state / OBJECTS.format(kind=kind) / "metadata.sqlite"
    return {row[0] for row in _rows(file, "SELECT actor_id FROM _cf_ALARM")}


def _rows(file: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def test_every_rate_limit_is_forgotten_some_day(town, runtime):
    person = town.register()
    assert person.http.get("/api/v1/users/profile").status_code == 200
    limiters = stored(runtime.state, "RateLimiter")
    assert limiters
    assert limiters <= woken(runtime.state, "RateLimiter")


def test_asking_for_tests_that_do_not_exist_stores_nothing(town, runtime):
    person = town.register()
    before = stored(runtime.state, "TestSession")
    for test_id in ("no-such-test", "another"):
        assert person.http.get(f"/api/v1/level-test/{test_id}").status_code == 404
    assert stored(runtime.state, "TestSession") == before
