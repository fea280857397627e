"""`make bench`: every figure of the whole server beside its peers, as one Markdown table."""

from __future__ import annotations

import argparse

from bench import endpoints, memory, size, start
from bench.figures import HEAD, machine


def main() -> None:
    """Print the table row by row; several minutes, most of them the tests of the Worker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns that each server takes at an endpoint")
    parser.add_argument("--seconds", type=float, default=3, help="length of a turn")
    options = parser.parse_args()
    print(f"{machine()}\n\n{HEAD}", flush=True)
    for figure in endpoints.figures(options.rounds, options.seconds):
        print(figure, flush=True)
    for measure in (size.figure, start.figure, memory.figure):
        print(measure(), flush=True)


if __name__ == "__main__":
    main()
