"""Put the parts of the documentation page that come from npm beside ours: ``python3 runtime/assets.py``.

wrangler runs this before it bundles, the local runtime before it starts. Nothing is fetched.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules" / "swagger-ui-dist"
TARGET = ROOT / "assets" / "docs" / "vendor"
FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "LICENSE")


def main() -> int:
    """Copy what is missing or has changed; 1 with a sentence if the npm packages are not installed."""
    if not SOURCE.is_dir():
        print("assets: node_modules is missing; run `python3 runtime/bootstrap.py` first", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        source, target = SOURCE / name, TARGET / name
        if not target.exists() or source.stat().st_size != target.stat().st_size:
            shutil.copyfile(source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
