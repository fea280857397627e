"""Calibrate the features judge of the level test: ``python ops/calibrate.py <path-to-data>``.

Prints the cross-validated figures and writes ``weights.json`` and ``phrasing.en.json`` among the level
test's data. ``docs/level-test-scoring.md`` explains the method. With ``--check`` nothing is written.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from ops.calibration.corpora import essays, graded_sentences, said_and_heard, short_answers  # noqa: E402 - the roots come first
from ops.calibration.hearing import report_hearing  # noqa: E402
from ops.calibration.models import Calibration  # noqa: E402
from ops.calibration.patterns import pattern_weights  # noqa: E402
from ops.calibration.report import report  # noqa: E402

DATA = ROOT / "src/services/leveltest/data"


def main() -> None:
    """Read, fit, report, write."""
    parser = argparse.ArgumentParser(description="Calibrate the features judge of the level test.")
    parser.add_argument("data", type=Path, help="folder with asag_prompt_level/, ellipse/ and cefr_sp/")
    parser.add_argument("--check", action="store_true", help="only print the figures")
    options = parser.parse_args()
    rng = random.Random(0)  # noqa: S311 - repeatable, not secret
    answers = [
        *short_answers(options.data, rng),
        *essays(options.data, rng),
        *graded_sentences(options.data, rng),
    ]
    calibration = Calibration(answers)
    report(calibration, Calibration(answers, by_question=True))
    report_hearing(said_and_heard(options.data, rng))
    if not options.check:
        _write("phrasing.en.json", pattern_weights(answers), indent=0)
        _write("weights.json", calibration.weights(), indent=1)


def _write(name: str, content: object, *, indent: int) -> None:
    (DATA / name).write_text(json.dumps(content, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")
    print(f"wrote {name}, {(DATA / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
