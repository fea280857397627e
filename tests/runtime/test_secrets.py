"""Development secrets and how one run may replace a value."""

import base64
import json
import stat

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from runtime import dev_secrets
from runtime.server import Runtime


def test_they_are_made_once_and_readable_by_their_owner_alone(tmp_path):
    made = dev_secrets.load(tmp_path)
    assert dev_secrets.load(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_secret_that_is_missing_is_added_without_touching_the_others(tmp_path):
    made = dev_secrets.load(tmp_path)
    kept = {name: text for name, text in made.items() if name != "LOOKUP_KEY"}
    (tmp_path / "secrets.json").write_text(json.dumps(kept))
    again = dev_secrets.load(tmp_path)
    assert {name: again[name] for name in kept} == kept
    assert again["LOOKUP_KEY"] != made["LOOKUP_KEY"]


def test_their_forms(tmp_path):
    made = dev_secrets.load(tmp_path)
    signing, _standby = json.loads(made["JWT_PRIVATE_KEYS"])
    assert load_pem_private_key(signing["pem"].encode(), password=None).key_size == 2048
    columns = json.loads(made["COLUMN_KEYS"])
    keys = [columns["keys"][columns["current"]], made["LOOKUP_KEY"], made["OPERATOR_TOKEN"]]
    assert [len(base64.b64decode(key)) for key in keys] == [32, 32, 32]


def test_a_run_may_replace_a_variable(tmp_path, fixture_config, monkeypatch):
    monkeypatch.setenv("STUDYMATE_VAR_GREETING", "good evening")
    with Runtime(config=fixture_config, state=tmp_path) as server:
        assert httpx.get(f"{server.url}/variable", timeout=60).json() == "good evening"
