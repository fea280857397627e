"""Serves the least that Python can do here, `bench/peers/bare/`, on the product's event loop."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.bootstrap import ROOT
from runtime.server import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKER = Path(__file__).parent / "peers" / "bare"


def bare(folder: Path, state: Path, given: Mapping[str, str] | None = None) -> Runtime:
    """A server on this state; its files are laid out in ``folder``."""
    shutil.copytree(WORKER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "assets").mkdir()
    (folder / "edge").mkdir()
    for name in ("__init__.py", "loop.py"):
        shutil.copy(ROOT / "src/edge" / name, folder / "edge")
    return Runtime(state=state, config=folder / "wrangler.toml", vars=given)
