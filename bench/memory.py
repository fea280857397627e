"""How big the interpreter's memory is after all tests of the Worker: ``python -m bench.memory``.

WebAssembly memory grows and never shrinks, so what it is at the end is the most that was ever needed. The
tests run in a pytest of their own, with this module as a plugin that asks each server before it stops.
"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress

import pytest

from bench.figures import Figure, show
from runtime.bootstrap import ROOT
from runtime.server import Runtime

GOAL = 64
"""MiB."""
_TOLD = re.compile(
    r"WebAssembly memory after (\d+) tests on (\d+) servers: ([\d.]+) MiB, the least: ([\d.]+) MiB"
)
_sizes: list[int] = []
_stop = Runtime.stop


def _ask_and_stop(server: Runtime) -> None:
    with suppress(OSError, RuntimeError):  # one that was killed, or could not start, has none to tell
        _sizes.append(server.memory())
    _stop(server)


def pytest_configure() -> None:
    """Ask every server before it stops."""
    Runtime.stop = _ask_and_stop


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was seen."""
    if _sizes:
        most, least = max(_sizes) / 2**20, min(_sizes) / 2**20
        count = terminalreporter._numcollected  # noqa: SLF001 - pytest tells it nowhere else
        told = f"WebAssembly memory after {count} tests on {len(_sizes)} servers: {most:.1f} MiB"
        terminalreporter.write_line(f"{told}, the least: {least:.1f} MiB")


def figure() -> Figure:
    """One row: run all tests of the Worker and tell the memory's size."""
    command = [sys.executable, "-m", "pytest", "-p", "bench.memory", "tests/worker"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    match = _TOLD.search(done.stdout)
    if match is None:
        raise RuntimeError(f"the tests did not run:\n{done.stdout}{done.stderr}")
    count, servers, most, least = int(match[1]), match[2], float(match[3]), float(match[4])
    failed = re.search(r"(\d+) failed", done.stdout)
    return Figure(
        f"WebAssembly memory after the {count} tests of the Worker, the largest of {servers} servers",
        f"{most:.0f} MiB" + (f" ({failed[0]})" if failed else ""),
        f"the smallest {least:.0f} MiB",
        f"at most {GOAL} MiB",
        most <= GOAL,
    )


if __name__ == "__main__":
    show(figure())
