"""What a measurement prints: a row of a Markdown table, its goal and whether it is reached."""

from __future__ import annotations

import os
import platform
from typing import NamedTuple

HEAD = "| what | StudyMate | beside it, in the same run | goal | reached |\n|---|---|---|---|---|"


class Figure(NamedTuple):
    """One row. ``reached`` is None where there is no goal."""

    what: str
    ours: str
    beside: str = ""
    goal: str = ""
    reached: bool | None = None

    def __str__(self) -> str:
        verdict = {True: "yes", False: "**no**", None: ""}[self.reached]
        return f"| {self.what} | {self.ours} | {self.beside} | {self.goal} | {verdict} |"


def machine() -> str:
    """What the figures were taken on, and how busy it was with other work."""
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}{load}"


def show(*figures: Figure) -> None:
    """Print a whole table."""
    print(f"{machine()}\n\n{HEAD}", *figures, sep="\n", flush=True)
