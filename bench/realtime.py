"""Live chat beside others, in one run: `python -m bench.realtime [fanout] [latency] [idle]`.

`fanout`: one room with 1 000 members connected, one of whom sends; deliveries a second.
`latency`: 100 rooms of 10 members, 200 messages a second in all; from sending to hearing.
`idle`: 5 000 connections that do nothing; processor time of the server in a minute, then whether they still hear.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import httpx

from bench.bare import bare
from bench.crowd import Tally, Way, connect, converse, flood, until
from bench.figures import Figure, show
from runtime import bootstrap, dev_secrets
from runtime.server import Runtime
from services.accounts.tokens import issue_access_token
from tests.unit import support

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PEERS = Path(__file__).parent / "peers"
# A window of a second: what a server has taken of it in advance does not bind the next one on the same state.
LIMITS = dict.fromkeys(("api", "connect", "realtime", "sign_in", "account"), "1000000000/1")
TURNS = 3
MEMBERS = int(os.environ.get("MEMBERS", "1000"))
ROOMS = 100
SECONDS = 20
IDLE = int(os.environ.get("IDLE", "5000"))
STOMP = Way(
    url="%URL%/ws",
    opening=(
        "CONNECT\naccept-version:1.2\npasscode:%TOKEN%\n\n\0",
        "SUBSCRIBE\nid:s\ndestination:/topic/chat/%ROOM%\nreceipt:ready\n\n\0",
    ),
    ready=b"receipt-id:ready",
    message='SEND\ndestination:/app/chat/%ROOM%\nreceipt:%ID%\n\n{"clientMessageId":"%ID%","body":"%BODY%"}\0',
    acknowledged=b"RECEIPT\n",
    headers="cf-connecting-ip: 2001:db8::1\r\n",
)
SOCKETIO = Way(
    url="%URL%/socket.io/?EIO=4&transport=websocket",
    opening=("40",),
    ready=b"40{",
    message='420["chat:message",{"clientMessageId":"%ID%","body":"%BODY%"}]',
    acknowledged=b"430[",
)
PLAIN = Way(
    url="%URL%/%ROOM%",
    opening=(),
    ready=b"ready",
    message='{"clientMessageId":"%ID%","body":"%BODY%"}',
    acknowledged=b"acknowledged",
)


class Ours:
    """The product with people who have accounts and tokens."""

    def __init__(self, folder: Path, people: int) -> None:
        self.folder = folder
        with Runtime(state=folder):
            pass
        self.ids = [f"bench{number:05d}" for number in range(people)]
        self._settle(folder)
        known = {"TOKEN_ISSUER": "studymate", "TOKEN_AUDIENCE": "studymate", **dev_secrets.load(folder)}
        context = support.reconfigured(support.make_context(), **known)
        context.clock.advance(seconds=time.time() - context.clock.now() / 1000)  # type: ignore[attr-defined]
        self.tokens = [issue_access_token(context, each, f"d{each}", ()) for each in self.ids]
        self.runtime = Runtime(state=folder, vars={"RATE_LIMITS": json.dumps(LIMITS), "LOG_LEVEL": "error"})

    def _settle(self, folder: Path) -> None:
        """Put the people and their devices into the database: hashing their passwords would take long."""
        now = int(time.time() * 1000)
        (file,) = [
            each
            for each in folder.rglob("*.sqlite")
            if "d1" in str(each).lower() and "metadata" not in each.name
        ]
        with sqlite3.connect(file) as database:
            for user_id in self.ids:
                database.execute(
                    "INSERT INTO users (id, display_name, created_at, updated_at) VALUES (?, ?, ?, ?)",
                    (user_id, "Someone", now, now),
                )
                database.execute(
                    "INSERT INTO device_sessions (id, user_id, token_hash, created_at, used_at, expires_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (f"d{user_id}", user_id, user_id, now, now, now + 86_400_000),
                )

    def room(self, members: Sequence[int]) -> str:
        """A group of these people; its id."""
        first, *others = members
        body = {"type": "group", "name": "Bench", "memberIds": [self.ids[each] for each in others]}
        answer = httpx.post(
            f"{self.runtime.url}/api/v1/chat/rooms",
            json=body,
            headers={"authorization": f"Bearer {self.tokens[first]}"},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.json()["id"]

    def ways(self, members: Sequence[int]) -> list[Way]:
        """How these people talk in a room of their own."""
        room = self.room(members)
        return [at(STOMP, self.runtime.url).at(room, self.tokens[each], each) for each in members]


def at(way: Way, url: str) -> Way:
    """A way to a server at a URL."""
    return Way(
        way.url.replace("%URL%", url), way.opening, way.ready, way.message, way.acknowledged, way.headers
    )


@contextmanager
def peer(*command: str) -> Iterator[str]:
    """A peer's server; where it listens."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=bootstrap.tool_environment(),
    ) as process:  # fmt: skip
        assert process.stdout
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


@contextmanager
def python_peer() -> Iterator[str]:
    """python-socketio on uvicorn; where it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, str(PEERS / "chat_socketio.py"), str(port)]) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            while True:
                try:
                    httpx.get(url)
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def fanout() -> list[Figure]:
    """Deliveries a second in one large room: the best of the turns of each."""
    rates: dict[str, list[float]] = {}
    node = str(bootstrap.node())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = Ours(folder / "ours", MEMBERS)
        for _ in range(TURNS):
            with ours.runtime:
                ways = ours.ways(range(MEMBERS))
                rates.setdefault("ours", []).append(asyncio.run(flood(ways, 200)))
            with peer(node, str(PEERS / "chat_object.mjs"), str(folder / "object")) as url:
                ways = [at(PLAIN, url).at("room", "", each) for each in range(MEMBERS)]
                rates.setdefault("object", []).append(asyncio.run(flood(ways, 200)))
            with python_peer() as url:
                ways = [at(SOCKETIO, url)] * MEMBERS
                rates.setdefault("python", []).append(asyncio.run(flood(ways, 100)))
            with peer(node, str(PEERS / "chat_socketio.mjs")) as url:
                ways = [at(SOCKETIO, url)] * MEMBERS
                rates.setdefault("node", []).append(asyncio.run(flood(ways, 200)))
    best = {name: max(found) for name, found in rates.items()}
    beside = (
        f"JavaScript object that stores {best['object']:,.0f}, python-socketio {best['python']:,.0f},"
        f" Node socket.io {best['node']:,.0f}"
    )
    reached = best["ours"] >= max(2 * best["python"], 0.9 * best["object"])
    what = f"deliveries/s, one room, {MEMBERS} members, each message stored first"
    return [Figure(what, f"{best['ours']:,.0f}", beside, "2 × python-socketio, 0.9 × the object", reached)]


def latency() -> list[Figure]:
    """From sending to hearing in many small rooms: the median of the turns of each."""
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    node = str(bootstrap.node())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for turn in range(TURNS):
            ours = Ours(folder / f"ours{turn}", ROOMS * 10)
            with ours.runtime:
                found["ours"].append(
                    _conversation([ours.ways(range(10 * room, 10 * room + 10)) for room in range(ROOMS)])
                )
            with peer(node, str(PEERS / "chat_object.mjs"), str(folder / f"object{turn}")) as url:
                found["object"].append(_conversation(_plain_rooms(url)))
            with bare(folder / f"worker{turn}", folder / f"bare{turn}") as server:
                found["bare"].append(_conversation(_plain_rooms(server.url)))
    awake, waking = (
        {name: median(turn[state] for turn in turns) for name, turns in found.items()} for state in (0, 1)
    )
    what = "p99 from sending to hearing, 100 rooms × 10, 200 messages/s"
    reached = awake["ours"] <= min(50, 2 * awake["object"])
    return [
        Figure(what, f"{awake['ours']:.1f} ms", _beside(awake), "≤ 50 ms, ≤ 2 × the object", reached),
        Figure(
            f"{what}: the first in each, all evicted", f"{waking['ours']:.1f} ms", _beside(waking), "", None
        ),
    ]


def _conversation(rooms: list[list[Way]]) -> tuple[float, float]:
    awake, waking = asyncio.run(converse(rooms, 200, SECONDS))
    return p99(awake), p99(waking)


def _beside(figures: dict[str, float]) -> str:
    return f"objects that store: JavaScript {figures['object']:.1f} ms, bare Python {figures['bare']:.1f} ms"


def _plain_rooms(url: str) -> list[list[Way]]:
    return [[at(PLAIN, url).at(f"room{room}", "", 0)] * 10 for room in range(ROOMS)]


def p99(seconds: Sequence[float]) -> float:
    """The 99th percentile in milliseconds."""
    return quantiles(seconds, n=100)[98] * 1000


def idle() -> list[Figure]:
    """Processor time of the server while thousands are connected and nothing happens."""
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(Path(folder), 100)
        with ours.runtime:
            ways = ours.ways(range(100))
            share, heard = asyncio.run(_idle([ways[number % 100] for number in range(IDLE)], ours.runtime))
    what = f"processor time of {IDLE} idle connections in a minute"
    still = f"{heard} of {IDLE} heard a message afterwards"
    return [
        Figure(what, f"{100 * share:.2f} % of a core", still, "< 1 %, all", share < 0.01 and heard == IDLE)
    ]


async def _idle(ways: Sequence[Way], runtime: Runtime) -> tuple[float, int]:
    tally = Tally()
    members = await connect(ways, tally)
    await asyncio.sleep(15)
    before = processor_time(runtime)
    await asyncio.sleep(60)
    used = processor_time(runtime) - before
    tally.heard = 0
    members[0].send(ways[0].message.replace("%ID%", "after").replace("%BODY%", "still there?"))
    await until(tally, lambda: tally.heard >= len(members))
    return used / 60, tally.heard


def processor_time(runtime: Runtime) -> float:
    """Seconds that all processes of a server have used."""
    assert runtime._process  # noqa: SLF001
    group, ticks = runtime._process.pid, 0  # noqa: SLF001
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


MEASURES = {"fanout": fanout, "latency": latency, "idle": idle}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(MEASURES)
    show(*[figure for name in chosen for figure in MEASURES[name]()])
