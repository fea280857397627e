"""What was acknowledged is still there after everything was killed."""

import shutil
import subprocess

import httpx
import pytest

from runtime import bootstrap
from runtime.server import Runtime


@pytest.fixture
def server(tmp_path, fixture_config):
    with Runtime(config=fixture_config, state=tmp_path) as started:
        yield started


def test_an_acknowledged_write_survives_sigkill_of_every_process(server):
    for text in ("first", "second"):
        assert httpx.post(f"{server.url}/store", content=text, timeout=60).status_code == 200
        server.kill()
        server.start()
        assert httpx.get(f"{server.url}/stored", timeout=60).json() == [text] * 4


def test_migrations_are_recorded_as_wrangler_does(server, fixture_config):
    server.stop()
    wrangler = bootstrap.NODE_MODULES / "wrangler" / "bin" / "wrangler.js"
    command = [bootstrap.node(), wrangler, "d1", "migrations", "list", "DB", "--local"]
    listed = subprocess.run(
        [*command, "--config", fixture_config, "--persist-to", server.state],
        env=bootstrap.tool_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "No migrations to apply" in listed.stdout


def test_a_new_migration_is_applied_at_the_next_start(tmp_path, fixture_config):
    project = tmp_path / "project"
    shutil.copytree(fixture_config.parent, project)
    with Runtime(config=project / "wrangler.toml", state=tmp_path / "state") as server:
        assert server.log[:2] == ["applied migration 0001_first.sql", "applied migration 0002_more.sql"]
        server.stop()
        (project / "migrations" / "0003_late.sql").write_text("CREATE TABLE late (id INTEGER);")
        server.start()
        assert "applied migration 0003_late.sql" in server.log


def test_a_migration_that_fails_changes_nothing_and_is_named(tmp_path, fixture_config):
    project = tmp_path / "project"
    shutil.copytree(fixture_config.parent, project)
    bad = "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);"
    (project / "migrations" / "0003_bad.sql").write_text(bad)
    server = Runtime(config=project / "wrangler.toml", state=tmp_path / "state")
    with pytest.raises(
        RuntimeError, match=r"0003_bad\.sql failed and changed nothing: .*no such table: nowhere"
    ):
        server.start()
    (project / "migrations" / "0003_bad.sql").write_text("CREATE TABLE half (id INTEGER);")
    with server:
        assert "applied migration 0003_bad.sql" in server.log
