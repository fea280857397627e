"""How long `make dev` takes until it answers, on a machine that is set up: ``python -m bench.start``.

Beside it a Worker of ten lines of JavaScript in the same miniflare: what Node and workerd themselves take.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.figures import Figure, show
from runtime.bootstrap import ROOT
from runtime.server import Runtime

PLAIN = Path(__file__).parent / "peers" / "plain.mjs"
ROUNDS = 3
GOAL = 4.0
"""Seconds."""


def figure() -> Figure:
    """One row: the median of some starts, ours and the peer's in turn."""
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        states = Path(folder, "ours"), Path(folder, "plain")
        start_development(states[0])  # makes the state folder
        start_plain(states[1])
        for _ in range(ROUNDS):
            ours.append(start_development(states[0]))
            plain.append(start_plain(states[1]))
    seconds = median(ours)
    return Figure(
        "ready after `make dev` on a set-up machine",
        f"{seconds:.1f} s",
        f"plain JavaScript in the same miniflare {median(plain):.1f} s",
        f"at most {GOAL:g} s",
        seconds <= GOAL,
    )


def start_development(state: Path) -> float:
    """Seconds from `make dev` to the line that says where it answers."""
    given = {**os.environ, "PORT": "0", "STATE_DIR": str(state)}
    began = time.perf_counter()
    process = subprocess.Popen(
        ["make", "dev"], cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    told = []
    try:
        for line in process.stdout:
            told.append(line)
            if re.match(r"ready on http://", line):
                return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
    raise RuntimeError("`make dev` ended:\n" + "".join(told))


def start_plain(state: Path) -> float:
    """Seconds that the same server takes with a script instead of the Python Worker."""
    began = time.perf_counter()
    with Runtime(state=state, script=PLAIN):
        return time.perf_counter() - began


if __name__ == "__main__":
    show(figure())
