"""Rates and CPU time of three endpoints beside the same ones of other stacks: ``python -m bench.endpoints``.

All serve in the same run and take turns (A B C A B C …); a figure is the median of the turns. Load comes from
another process (``bench.load``). CPU time is what the serving process used, from ``/proc``: it depends less
on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.bare import bare
from bench.figures import Figure, show
from bench.load import Load, run
from runtime.server import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERS = Path(__file__).parent / "peers"
EMAIL, PASSWORD = "mina@example.org", "correct horse battery"
AGREEMENTS = {"terms": True, "privacy": True}
WITHOUT_LIMITS = dict.fromkeys(["api", "sign_in", "account"], "1000000000/60")
VARIABLES = {"LOG_LEVEL": "error", "RATE_LIMITS": json.dumps(WITHOUT_LIMITS)}
OURS, PLAIN, HONO, BARE, NATIVE = "StudyMate", "plain JavaScript", "Hono", "bare Python", "FastAPI, native"
TRIVIAL, PROFILE, LOGIN = "/.well-known/jwks.json", "/api/v1/users/profile", "/api/v1/auth/login"


@dataclass(frozen=True)
class Server:
    """Somebody who answers: where, with which process, and a token that it takes."""

    name: str
    url: str
    pid: int | None
    token: str = ""


@dataclass(frozen=True)
class Endpoint:
    """What is measured, on which servers, and how much of whose rate is the goal."""

    what: str
    load: Load
    peers: tuple[str, ...]
    goal: float
    """Our rate over that of the first peer."""


@dataclass(frozen=True)
class Turn:
    """One server's answers to one endpoint, once."""

    rate: float
    milliseconds: float
    microseconds: float | None
    """CPU time of the serving process for one request."""


def endpoints(seconds: float) -> list[Endpoint]:
    login = json.dumps({"email": EMAIL, "password": PASSWORD})
    json_headers = {"Content-Type": "application/json"}
    sign_in = Load(LOGIN, "POST", json_headers, login, connections=4, seconds=max(seconds, 2))
    return [
        Endpoint("trivial handler", Load(TRIVIAL, seconds=seconds), (PLAIN, HONO, BARE, NATIVE), 0.4),
        Endpoint("profile read, JWT and D1", Load(PROFILE, seconds=seconds), (HONO, BARE, NATIVE), 0.7),
        Endpoint("sign-in, 600 000 PBKDF2 rounds", sign_in, (HONO, BARE, NATIVE), 1.0),
    ]


@contextmanager
def servers() -> Iterator[dict[str, Server]]:
    """All of them, the Hono Worker on a copy of our state: same rows, keys and secrets."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        state = Path(folder)
        with Runtime(state=state / "ours", vars=VARIABLES) as first:
            post(first.url + "/api/v1/auth/register", person())
        for copy in ("hono", "plain", "bare"):
            shutil.copytree(state / "ours", state / copy)
        runtimes = {
            OURS: Runtime(state=state / "ours", vars=VARIABLES),
            HONO: Runtime(state=state / "hono", vars=VARIABLES, script=PEERS / "hono.mjs"),
            PLAIN: Runtime(state=state / "plain", vars=VARIABLES, script=PEERS / "plain.mjs"),
            BARE: bare(state / "worker", state / "bare"),
        }
        started = {name: stack.enter_context(runtime).url for name, runtime in runtimes.items()}
        started[NATIVE] = stack.enter_context(native(state / "native.sqlite"))
        yield {name: server(name, url) for name, url in started.items()}


@contextmanager
def native(database: Path) -> Iterator[str]:
    """FastAPI on uvicorn, one process as ours is one."""
    command = [sys.executable, "-m", "uvicorn", "--port", "0", "--no-access-log", "fastapi_native:app"]
    given = {**os.environ, "DATABASE": str(database), "EMAIL": EMAIL, "PASSWORD": PASSWORD}
    process = subprocess.Popen(
        [*command, "--app-dir", str(PEERS)], env=given, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        told = (re.search(r"running on (http://\S+)", line) for line in process.stderr)
        yield next(match[1] for match in told if match)
    finally:
        process.terminate()
        process.wait()


def server(name: str, url: str) -> Server:
    """A server with a token of its own, where it signs people in."""
    if name in {PLAIN, BARE}:
        return Server(name, url, listener(url))
    token = post(url + LOGIN, {"email": EMAIL, "password": PASSWORD})["accessToken"]
    return Server(name, url, listener(url), token)


def person() -> dict[str, Any]:
    return {"email": EMAIL, "password": PASSWORD, "displayName": "Mina", "agreements": AGREEMENTS}


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def listener(url: str) -> int | None:
    """The process that listens on a local port, where ``/proc`` tells."""
    port = f":{int(url.rsplit(':', 1)[1]):04X}"
    table = Path("/proc/net/tcp")
    if not table.exists():
        return None
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] == "0A"}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in sockets:
                return int(descriptor.parts[2])
        except OSError:
            continue
    return None


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used so far, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(server: Server, load: Load) -> Turn:
    """Put one load on one server."""
    headers = load.headers | ({"Authorization": f"Bearer {server.token}"} if server.token else {})
    before = cpu_seconds(server.pid) if server.pid else 0
    tally = run(replace(load, url=server.url + load.url, headers=headers))
    if tally.failures:
        raise RuntimeError(f"{server.name} failed {tally.failures} of {tally.requests} at {load.url}")
    if tally.busy > 0.9:
        print(f"the load generator was the limit for {server.name} at {load.url}", file=sys.stderr)
    used = (cpu_seconds(server.pid) - before) / tally.requests * 1e6 if server.pid else None
    return Turn(tally.rate, tally.milliseconds, used)


def compare(endpoint: Endpoint, running: dict[str, Server], rounds: int) -> Figure:
    """All servers in turn, some rounds, after one that is not counted."""
    turns: dict[str, list[Turn]] = {name: [] for name in (OURS, *endpoint.peers)}
    for name in turns:
        measure(running[name], endpoint.load)
    for _ in range(rounds):
        for name, taken in turns.items():
            taken.append(measure(running[name], endpoint.load))
    ours, first = (median(turn.rate for turn in turns[name]) for name in (OURS, endpoint.peers[0]))
    ratio = ours / first
    return Figure(
        f"{endpoint.what} (`{endpoint.load.method} {endpoint.load.url}`)",
        told(turns[OURS]),
        "; ".join(f"{name} {told(turns[name])}" for name in endpoint.peers),
        f"at least {endpoint.goal:g} of {endpoint.peers[0]}: {ratio:.2f}",
        ratio >= endpoint.goal,
    )


def told(turns: list[Turn]) -> str:
    rate, waited = (median(turn.rate for turn in turns), median(turn.milliseconds for turn in turns))
    used = [turn.microseconds for turn in turns if turn.microseconds is not None]
    cpu = f", {grouped(median(used))} µs CPU" if used else ""
    return f"{grouped(rate)}/s, {waited:.1f} ms{cpu}"


def grouped(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.1f}"


def figures(rounds: int, seconds: float) -> list[Figure]:
    """One row for each endpoint."""
    with servers() as running:
        time.sleep(1)
        return [compare(endpoint, running, rounds) for endpoint in endpoints(seconds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    show(*figures(options.rounds, options.seconds))


if __name__ == "__main__":
    main()
