"""A Worker in JavaScript can be served with the same bindings, for comparison."""

from pathlib import Path

import httpx

from runtime.server import Runtime


def test_a_script_answers_from_the_same_database(tmp_path, fixture_config):
    script = Path(__file__).parent / "peer.mjs"
    with Runtime(config=fixture_config, state=tmp_path, script=script) as server:
        assert httpx.get(server.url, timeout=60).json() == {"one": 1}


def test_the_size_of_the_interpreters_memory_can_be_asked_on_another_port(platform):
    assert 16 * 2**20 < platform.memory() < 64 * 2**20
