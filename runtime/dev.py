"""`make dev`: serve the working tree and reload on save. PORT, STATE_DIR and ENV come from the environment."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from runtime.server import Runtime, StateInUseError


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    runtime = Runtime(
        state=Path(os.environ.get("STATE_DIR") or ".state"),
        environment=os.environ.get("ENV") or None,
        port=int(os.environ.get("PORT") or 8787),
        config=Path(os.environ.get("CONFIG") or "wrangler.toml"),
        watch=True,
        output=lambda line: print(line, flush=True),
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with runtime:
            runtime.wait()
    except KeyboardInterrupt:
        pass
    except StateInUseError as problem:
        sys.exit(str(problem))
    except RuntimeError as problem:
        sys.exit(str(problem).splitlines()[0])


if __name__ == "__main__":
    main()
