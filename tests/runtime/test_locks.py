"""The lock files say what pyproject.toml and package.json say."""

import json
import re
import tomllib
from importlib.metadata import Distribution, PathDistribution

from packaging.requirements import Requirement

from runtime import bootstrap

PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)
PROJECT = tomllib.loads((bootstrap.ROOT / "pyproject.toml").read_text())


def pins(lines):
    return {name: version for line in lines for name, version in PIN.findall(line)}


def test_the_worker_lock_is_exactly_the_projects_dependencies():
    text = bootstrap.WORKER_LOCK.read_text()
    assert pins([text]) == pins(PROJECT["project"]["dependencies"])
    assert text.count("--hash=sha256:") == len(PROJECT["project"]["dependencies"])


def test_the_tools_lock_has_every_named_tool_at_its_version():
    named = pins(PROJECT["dependency-groups"]["tools"])
    locked = pins([bootstrap.TOOLS_LOCK.read_text()])
    assert {name: locked.get(name) for name in named} == named


def test_the_npm_lock_has_every_named_package_at_its_version():
    named = json.loads((bootstrap.ROOT / "package.json").read_text())["devDependencies"]
    packages = json.loads((bootstrap.ROOT / "package-lock.json").read_text())["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in named} == named


def test_no_lock_holds_a_download_address():
    for name in ("package-lock.json", "requirements/tools.txt", "requirements/worker.txt"):
        text = (bootstrap.ROOT / name).read_text()
        assert '"resolved"' not in text
        assert not re.search(
            r"^\s*(-i|--index-url|--extra-index-url|--find-links)|@ https?:", text, re.MULTILINE
        )


def test_the_workers_packages_need_nothing_that_is_not_locked():
    locked = pins([bootstrap.WORKER_LOCK.read_text()])
    installed: list[Distribution] = [PathDistribution(path) for path in bootstrap.MODULES.glob("*.dist-info")]
    needed = [Requirement(text) for found in installed for text in found.requires or []]
    here = {"python_version": "3.14", "sys_platform": "emscripten", "extra": ""}
    wanted = [need for need in needed if need.marker is None or need.marker.evaluate(here)]
    assert [str(need) for need in wanted if not need.specifier.contains(locked.get(need.name, "0"))] == []


def test_a_second_bootstrap_does_nothing(capfd):
    bootstrap.main()
    assert capfd.readouterr().out == ""
