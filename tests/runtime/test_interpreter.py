"""The interpreter that a Worker finds itself in."""

import pytest

REFUSED = {
    "uses_uuid": "Randomness",
    "uses_secrets": "Randomness",
    "uses_urandom": "Randomness",
    "uses_random": "random.random()",
    "uses_sleep": "A timer",
    "uses_timeout": "A timer",
    "uses_fetch": "I/O",
}


def test_it_is_the_platforms_python_with_its_environment(ask):
    seen = ask("interpreter")
    assert seen["version"] == "3.14.2"
    assert seen["environment"] == {"HOME": "/session", "PYTHONHASHSEED": "111"}


def test_hashes_do_not_depend_on_the_start(ask, platform):
    before = ask("interpreter")["hash"]
    platform.restart()
    assert ask("interpreter")["hash"] == before


def test_vendored_packages_come_before_pyodides_own(ask):
    path = ask("interpreter")["path"]
    assert path.index("/session/metadata/python_modules") < path.index("/lib/python3.14/site-packages")


def test_the_workers_files_cannot_be_written(ask):
    assert "Permission denied" in ask("write")


@pytest.mark.parametrize(("module", "what"), REFUSED.items())
def test_an_import_that_asks_for_it_is_refused_by_name(ask, module, what):
    refusal = ask("refusals")[module]
    assert f"{what} is not allowed while modules are imported, and refused.{module} (line " in refusal


def test_randomness_differs_after_the_start(ask, platform):
    before = ask("entropy")
    platform.restart()
    after = ask("entropy")
    assert not set(before) & set(after)


def test_node_modules_can_be_imported_inside_a_request(ask):
    assert ask("crypto") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_timers_run_inside_a_request(ask):
    assert ask("timer") == [True]
