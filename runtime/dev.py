"""`make dev`: serve the working tree and reload on save, by PORT, STATE_DIR and ENV."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from runtime.server import Runtime


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    runtime = Runtime(
        state=Path(os.environ.get("STATE_DIR") or ".state"),
        env=os.environ.get("ENV") or None,
        port=int(os.environ.get("PORT") or 8787),
        config=Path(os.environ.get("CONFIG") or "wrangler.toml"),
        develop=True,
        output=lambda line: print(line, flush=True),
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with runtime:
            runtime.wait()
            sys.exit("the server's process ended by itself")
    except KeyboardInterrupt:
        sys.exit(0)
    except RuntimeError as problem:
        sys.exit(str(problem).splitlines()[0])


if __name__ == "__main__":
    main()
