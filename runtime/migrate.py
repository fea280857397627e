"""`make migrate`: apply migrations/ to the local databases of STATE_DIR, as `make dev` does at its start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from runtime import bootstrap
from runtime.server import StateInUseError, environment, lock_state


def main() -> None:
    """Apply what is missing and print the names of the files."""
    state = Path(os.environ.get("STATE_DIR") or ".state").resolve()
    settings = {
        "config": str(bootstrap.ROOT / "wrangler.toml"),
        "environment": os.environ.get("ENV"),
        "state": str(state),
    }
    command = [str(bootstrap.node()), str(bootstrap.ROOT / "runtime" / "node" / "migrate.mjs")]
    try:
        with lock_state(state):
            result = subprocess.run(
                command, input=json.dumps(settings), env=environment(), text=True, check=False
            )
    except StateInUseError as problem:
        sys.exit(str(problem))
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
