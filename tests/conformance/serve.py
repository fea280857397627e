"""Serves the conformance worker: `python -m tests.conformance.serve`, PORT from the environment."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from runtime import bootstrap
from runtime.server import Runtime

WORKER = Path(__file__).parent / "worker"
SHARED = ("edge", "protocols", "services")


def lay_out(folder: Path) -> Path:
    """Put the worker's own files beside the parts of src/ that it uses; its configuration."""
    shutil.copytree(WORKER, folder, dirs_exist_ok=True)
    for name in SHARED:
        shutil.copytree(
            bootstrap.ROOT / "src" / name,
            folder / name,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", "data"),
        )
    (folder / "assets").mkdir(exist_ok=True)
    return folder / "wrangler.toml"


def serve(folder: Path, port: int = 0, **options: str) -> Runtime:
    """A server of the worker; its files and state are in ``folder``."""
    config = lay_out(folder / "worker")
    return Runtime(state=folder / "state", config=config, port=port, vars=options)


def main() -> None:
    """Serve until SIGINT or SIGTERM, and leave nothing behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as name, serve(Path(name), int(os.environ.get("PORT") or 0)) as server:
        print(f"ready on {server.url}", flush=True)
        with suppress(KeyboardInterrupt):
            server.wait()


if __name__ == "__main__":
    main()
