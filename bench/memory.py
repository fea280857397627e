"""How big the interpreter's memory is after all tests of the Worker: ``python -m bench.memory``.

WebAssembly memory grows and never shrinks, so what it is at the end is the most that was ever needed. The
tests run in a pytest of their own, with this module as a plugin that asks before the server stops.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.figures import Figure, show
from runtime.bootstrap import ROOT
from runtime.server import Runtime

if TYPE_CHECKING:
    from collections.abc import Generator

GOAL = 64
"""MiB."""
_TOLD = re.compile(r"WebAssembly memory after (\d+) tests: ([\d.]+) MiB, after the start: ([\d.]+) MiB")
_sizes: list[float] = []


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Ask the server of the session when it has started, and again just before it stops."""
    made = yield
    if fixturedef.argname == "runtime" and isinstance(made, Runtime):
        _sizes.append(made.memory())
        fixturedef.addfinalizer(lambda: _sizes.append(made.memory()))
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was seen."""
    if len(_sizes) == 2:
        before, after = (size / 2**20 for size in _sizes)
        count = terminalreporter._numcollected  # noqa: SLF001 - pytest tells it nowhere else
        terminalreporter.write_line(
            f"WebAssembly memory after {count} tests: {after:.1f} MiB, after the start: {before:.1f} MiB"
        )


def figure() -> Figure:
    """One row: run all tests of the Worker and tell the memory's size."""
    command = [sys.executable, "-m", "pytest", "-p", "bench.memory", "tests/worker"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    match = _TOLD.search(done.stdout)
    if match is None:
        raise RuntimeError(f"the tests did not run:\n{done.stdout}{done.stderr}")
    count, after, before = int(match[1]), float(match[2]), float(match[3])
    failed = re.search(r"(\d+) failed", done.stdout)
    return Figure(
        f"WebAssembly memory after the {count} tests of the Worker",
        f"{after:.0f} MiB" + (f" ({failed[0]})" if failed else ""),
        f"after the start {before:.0f} MiB",
        f"at most {GOAL} MiB",
        after <= GOAL,
    )


if __name__ == "__main__":
    show(figure())
