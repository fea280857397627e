"""`make dev`: serve the working tree and reload on save, by PORT, STATE_DIR and ENV."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from runtime.server import Runtime
from runtime.speech import Speech

OWN_TRANSCRIBER = "STUDYMATE_VAR_AI_TRANSCRIBE_BASE_URL"


def main() -> None:
    """Serve until SIGINT or SIGTERM, with the offline transcriber unless another one is configured."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # A shell that starts it in the background has SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if OWN_TRANSCRIBER in os.environ:
            _serve({})
        with Speech() as speech:
            _serve(speech.variables)
    except KeyboardInterrupt:
        sys.exit(0)
    except RuntimeError as problem:
        sys.exit(str(problem).splitlines()[0])


def _serve(variables: dict[str, str]) -> None:
    runtime = Runtime(
        state=Path(os.environ.get("STATE_DIR") or ".state"),
        env=os.environ.get("ENV") or None,
        port=int(os.environ.get("PORT") or 8787),
        config=Path(os.environ.get("CONFIG") or "wrangler.toml"),
        vars=variables,
        develop=True,
        output=lambda line: print(line, flush=True),
    )
    with runtime:
        runtime.wait()
        sys.exit("the server's process ended by itself")


if __name__ == "__main__":
    main()
