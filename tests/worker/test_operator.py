"""The operator's commands against a running local deployment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jwt

from tests.worker.people import PASSWORD

if TYPE_CHECKING:
    from runtime.server import Runtime
    from tests.worker.people import Town

ROOT = Path(__file__).parents[2]


def operate(runtime: Runtime, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops", "--state", str(runtime.state), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def roles(town: Town, email: str) -> list[str]:
    answer = town.visitor().post("/api/v1/auth/login", json={"email": email, "password": PASSWORD}).json()
    claims = jwt.decode(answer["accessToken"], options={"verify_signature": False})
    assert claims["roles"] == sorted(answer["user"]["roles"])
    return answer["user"]["roles"]


def test_the_first_admin_is_made_by_address_and_unmade_by_id(runtime: Runtime, town: Town) -> None:
    person = town.register()
    granted = operate(runtime, "grant", "admin", person.email.upper())
    assert granted.returncode == 0, granted.stderr
    assert roles(town, person.email) == ["user", "admin"]
    assert operate(runtime, "revoke", "admin", person.id).returncode == 0
    assert roles(town, person.email) == ["user"]


def test_nobody_else_can_be_made_one(runtime: Runtime) -> None:
    for who in ("nobody@example.org", "' OR 1=1 --"):
        refused = operate(runtime, "grant", "admin", who)
        assert refused.returncode == 1
        assert refused.stderr


def test_shows_which_keys_are_in_use(runtime: Runtime, town: Town) -> None:
    town.register()
    shown = operate(runtime, "keys", "status")
    assert shown.returncode == 0, shown.stderr
    ((kid, count),) = [line.split("\t") for line in shown.stdout.splitlines()]
    assert kid
    assert int(count) > 0
