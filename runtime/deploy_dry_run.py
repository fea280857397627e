"""`make deploy-dry-run`: build every environment as wrangler would upload it, without an account."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from runtime import bootstrap

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = bootstrap.BUILD / "deploy"
LIMIT_KIB = 3 * 1024  # Cloudflare's limit on the free plan, compressed
_SIZE = re.compile(r"Total Upload: ([\d.]+) KiB / gzip: ([\d.]+) KiB")


def environments() -> list[str]:
    """Return the environments of wrangler.toml; the top level is ""."""
    settings = tomllib.loads((bootstrap.ROOT / "wrangler.toml").read_text())
    return ["", *settings.get("env", {})]


def build(environment: str) -> tuple[Path, float]:
    """Build one environment; returns the folder that would be uploaded and its compressed size in KiB."""
    folder = OUTPUT / (environment or "dev")
    shutil.rmtree(folder, ignore_errors=True)
    wrangler = bootstrap.NODE_MODULES / "wrangler" / "bin" / "wrangler.js"
    command = [str(bootstrap.node()), str(wrangler), "deploy", "--dry-run", "--outdir", str(folder)]
    result = subprocess.run(
        [*command, "--env", environment],
        cwd=bootstrap.ROOT,
        env=bootstrap.tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    size = _SIZE.search(result.stdout)
    if result.returncode or size is None:
        sys.exit(f"wrangler refuses environment {environment or 'dev'}:\n{result.stdout}{result.stderr}")
    return folder, float(size[2])


def main() -> None:
    """Build all and print their sizes; the exit code says whether each is within the limit."""
    sizes = {environment or "dev": build(environment)[1] for environment in environments()}
    for name, size in sizes.items():
        print(f"{name:<12} {size:8.1f} KiB compressed of {LIMIT_KIB} KiB")
    sys.exit(max(sizes.values()) > LIMIT_KIB)


if __name__ == "__main__":
    main()
