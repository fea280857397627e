"""Put the scripts and styles that come from npm beside our own assets: ``python3 runtime/assets.py``.

wrangler runs this before it bundles, the local runtime before it starts. Nothing is fetched.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
TARGET = ROOT / "assets" / "docs" / "vendor"
FILES = (
    "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui-dist/LICENSE",
    "sockjs-client/dist/sockjs.min.js",
)


def main() -> int:
    """Copy what is missing or has changed; 1 with a sentence if the npm packages are not installed."""
    if not MODULES.is_dir():
        print("assets: node_modules is missing; run `python3 runtime/bootstrap.py` first", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        source, target = MODULES / name, TARGET / Path(name).name
        if not target.exists() or source.stat().st_size != target.stat().st_size:
            shutil.copyfile(source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
