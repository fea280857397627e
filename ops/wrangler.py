"""Wrangler as the operator's hand: it knows the account, the environments and the local state."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime import bootstrap

if TYPE_CHECKING:
    from pathlib import Path

_PLAIN = re.compile(r"[\w-]+", re.ASCII)
SCRIPT = bootstrap.ROOT / "node_modules" / "wrangler" / "bin" / "wrangler.js"


class WranglerFailed(Exception):  # noqa: N818 - it says what happened
    """Wrangler refused; the text is what it printed."""


@dataclass(frozen=True)
class Target:
    """Which deployment: an environment of wrangler.toml, or with ``state`` the local one in that folder."""

    environment: str | None
    state: Path | None

    def query(self, sql: str, *values: str | int) -> list[dict[str, Any]]:
        """The rows of all statements in ``sql``, whose question marks stand for ``values``."""
        for value in values:
            sql = sql.replace("?", _literal(value), 1)
        where = ["--local", "--persist-to", str(self.state)] if self.state else ["--remote"]
        printed = run("d1", "execute", "DB", *where, *self._options(), "--json", "--command", sql)
        return [row for result in json.loads(printed) for row in result["results"]]

    def store_secrets(self, file: Path) -> None:
        """Give the deployment the secrets of a file; it restarts with them."""
        run("secret", "bulk", str(file), *self._options())

    def _options(self) -> list[str]:
        return ["--env", self.environment] if self.environment else []


def _literal(value: str | int) -> str:
    """A value as SQL, because wrangler takes no parameters: ids, hashes and roles need no other letters."""
    if isinstance(value, int):
        return str(value)
    if not _PLAIN.fullmatch(value):
        raise ValueError(f"{value!r} cannot stand in a statement")
    return f"'{value}'"


def run(*arguments: str) -> str:
    """What wrangler prints; raises ``WranglerFailed``."""
    done = subprocess.run(
        [str(bootstrap.node()), str(SCRIPT), *arguments],
        cwd=bootstrap.ROOT, env=bootstrap.tool_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise WranglerFailed(done.stderr.strip() or done.stdout.strip())
    return done.stdout
