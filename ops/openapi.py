"""Write the API's description: ``python ops/openapi.py assets/openapi.json``; with ``--check`` compare only."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))


def document() -> str:
    """The OpenAPI document of the routes as they stand, as text."""
    from edge.http.openapi import describe  # noqa: PLC0415 - after the path is set
    from handlers.table import ROUTES  # noqa: PLC0415

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return json.dumps(describe(ROUTES, version=version), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the file named in the arguments; 1 if the check fails."""
    check = "--check" in arguments
    (path,) = (Path(argument) for argument in arguments if argument != "--check")
    if check:
        if path.read_text() == document():
            return 0
        print(f"{path} is not what the code says: run `make openapi`", file=sys.stderr)
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
