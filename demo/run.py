"""``make demo``: start a server of its own and use it as people would; what happens is printed as a transcript.

``make demo AUDIO=my.wav`` takes your own recording for the spoken answers of the level test.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import httpx  # noqa: E402 - the import root comes first

from demo import accounts, chat, leveltest  # noqa: E402
from demo.paper import closing, heading, say  # noqa: E402
from runtime.server import Runtime  # noqa: E402
from runtime.speech import Speech  # noqa: E402

RECORDING = ROOT / "demo" / "answer.wav"
"""Spoken by flite."""


def main() -> int:
    """Run the demonstration; 1 with a sentence if something did not go as it should."""
    recording = Path(os.environ.get("AUDIO") or RECORDING)
    if not recording.is_file():
        print(f"There is no recording {recording}.", file=sys.stderr)
        return 1
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as state, Speech() as speech:
        heading("A server of its own")
        with Runtime(state=Path(state), vars=speech.variables) as server:
            say(f"Python in workerd on {server.url}, ready after {time.monotonic() - started:.1f} s.")
            with httpx.Client(base_url=server.url, timeout=60) as http:
                mina, alex = accounts.show(http)
                leveltest.show(http, mina, recording)
                chat.show(server.url, http, mina, alex)
    closing(f"Done in {time.monotonic() - started:.0f} s. `make dev` serves it for you to use.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
