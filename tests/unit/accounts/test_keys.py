"""The operator's file of secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ops import keys
from services.accounts.keys import published_keys
from services.accounts.tokens import issue_access_token, read_access_token
from services.problems import InvalidToken
from services.sealing import Sealer
from tests.unit.support import reconfigured

if TYPE_CHECKING:
    from pathlib import Path

    from services.context import Context


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    keys.make_missing(path)
    return path


def deployed(context: Context, file: Path) -> Context:
    """The context after its deployment got the secrets of the file."""
    return reconfigured(context, **keys.read(file))


def test_is_made_once_and_readable_by_its_owner_only(file: Path) -> None:
    before = keys.read(file)
    assert keys.make_missing(file) == []
    assert keys.read(file) == before
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_missing_is_made_and_the_rest_kept(file: Path) -> None:
    kept = {"LOOKUP_KEY": keys.read(file)["LOOKUP_KEY"], "MAIL_API_KEY": "from the provider"}
    keys.write(file, kept)
    assert set(keys.make_missing(file)) == set(keys.MAKERS) - {"LOOKUP_KEY"}
    assert kept.items() <= keys.read(file).items()


def test_rotating_the_signing_key_refuses_no_token_in_either_direction(context: Context, file: Path) -> None:
    before = deployed(context, file)
    old = issue_access_token(before, "user", "session", [])
    kid = keys.rotate_signing(file)
    after = deployed(context, file)
    new = issue_access_token(after, "user", "session", [])
    assert json.loads(published_keys(after))["keys"][0]["kid"] == kid
    for isolate in (before, after):
        assert read_access_token(isolate, old)
        assert read_access_token(isolate, new)


def test_the_key_before_the_last_is_forgotten(context: Context, file: Path) -> None:
    old = issue_access_token(deployed(context, file), "user", "session", [])
    keys.rotate_signing(file)
    keys.rotate_signing(file)
    assert len(json.loads(keys.read(file)["JWT_PRIVATE_KEYS"])) == 3
    with pytest.raises(InvalidToken):
        read_access_token(deployed(context, file), old)


async def test_rotating_column_keys_keeps_the_old_to_open_with(context: Context, file: Path) -> None:
    before = deployed(context, file)
    sealed = await Sealer(before.config).seal(before, "text", "p")
    kid = keys.rotate_columns(file)
    after = deployed(context, file)
    assert Sealer(after.config).current == kid
    assert await Sealer(after.config).open(after, sealed, "p") == "text"
    assert keys.drop_old_columns(file) == [sealed.split(".")[1]]
    assert list(json.loads(keys.read(file)["COLUMN_KEYS"])["keys"]) == [kid]
