"""Chat while the server dies: `python -m bench.soak_chat [messages] [senders] [kills]`.

Senders share one room over STOMP. Each sends its messages one after the other and waits for each receipt; the
runtime is killed with SIGKILL again and again, whereupon everyone connects anew, resumes behind the last
message that they saw, and repeats what was not acknowledged. At the end every listener's record, and the
server's own history, is compared with what was acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import websockets

from runtime.server import Runtime
from tests.worker.people import Person, Town

UNLIMITED = json.dumps(dict.fromkeys(("api", "connect", "realtime", "sign_in", "account"), "1000000000/60"))


@dataclass
class Sender:
    """One person, who sends ``amount`` messages and records everything that is said."""

    name: int
    token: str
    amount: int
    acknowledged: list[str] = field(default_factory=list)
    heard: list[tuple[int, str]] = field(default_factory=list)
    connects: int = 0

    async def run(self, soak: Soak) -> None:
        """Chat until everybody's messages were sent and heard."""
        while not soak.finished(self):
            try:
                await self._chat(soak)
            except (OSError, websockets.WebSocketException, TimeoutError):
                await asyncio.sleep(0.05)

    async def _chat(self, soak: Soak) -> None:
        address = f"{soak.runtime.url.replace('http', 'ws', 1)}/ws"
        async with websockets.connect(address, open_timeout=30, close_timeout=1) as socket:
            self.connects += 1
            await socket.send(_frame("CONNECT", {"accept-version": "1.2", "passcode": self.token}))
            last = self.heard[-1][0] if self.heard else 0
            topic = f"/topic/chat/{soak.room}"
            await socket.send(_frame("SUBSCRIBE", {"id": "s", "destination": topic, "last-seq": str(last)}))
            await self._send_next(socket, soak)
            while not soak.finished(self):
                text = await asyncio.wait_for(socket.recv(), 20)
                for frame in str(text).split("\0"):
                    await self._take(socket, soak, frame.lstrip("\n"))

    async def _take(self, socket: Any, soak: Soak, frame: str) -> None:
        head, _, body = frame.partition("\n\n")
        if head.startswith("MESSAGE"):
            message = json.loads(body)
            self.heard.append((message["seq"], message["clientMessageId"]))
        elif head.startswith("RECEIPT"):
            self.acknowledged.append(f"{self.name}-{len(self.acknowledged)}")
            await self._send_next(socket, soak)
        elif head.startswith("ERROR"):
            raise ConnectionError(body)

    async def _send_next(self, socket: Any, soak: Soak) -> None:
        if len(self.acknowledged) < self.amount:
            identifier = f"{self.name}-{len(self.acknowledged)}"
            body = json.dumps({"clientMessageId": identifier, "body": f"message {identifier}"})
            headers = {"destination": f"/app/chat/{soak.room}", "receipt": identifier}
            await socket.send(_frame("SEND", headers, body))


@dataclass
class Soak:
    """The room, its senders and the server that is killed."""

    runtime: Runtime
    room: str
    senders: list[Sender]
    kills: int
    died: int = 0

    def finished(self, sender: Sender) -> bool:
        """Whether a sender has sent its part and heard everybody's."""
        total = sum(each.amount for each in self.senders)
        return len(sender.acknowledged) == sender.amount and len(sender.heard) >= total

    async def kill(self) -> None:
        """Kill the server each time another part of the messages was acknowledged."""
        total = sum(each.amount for each in self.senders)
        for number in range(1, self.kills + 1):
            while sum(len(each.acknowledged) for each in self.senders) < total * number / (self.kills + 1):
                await asyncio.sleep(0.01)
            await asyncio.to_thread(self.runtime.kill)
            await asyncio.to_thread(self.runtime.start)
            self.died += 1

    async def run(self) -> None:
        """Let all chat until they have heard everything."""
        await asyncio.gather(self.kill(), *(sender.run(self) for sender in self.senders))


def _frame(command: str, headers: dict[str, str], body: str = "") -> str:
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return f"{command}\n{lines}\n{body}\0"


def history(http: httpx.Client, room: str) -> list[tuple[int, str]]:
    """What the server itself has kept."""
    kept: list[tuple[int, str]] = []
    while True:
        query = {"afterSeq": kept[-1][0] if kept else 0, "limit": 100}
        items = http.get(f"/api/v1/chat/rooms/{room}/messages", params=query).json()["items"]
        if not items:
            return kept
        kept += [(item["seq"], item["clientMessageId"]) for item in items]


def faults(record: list[tuple[int, str]], acknowledged: list[str]) -> dict[str, int]:
    """How many acknowledged messages a record lacks, has twice, or has out of order."""
    times = Counter(identifier for _, identifier in record)
    order = [seq for seq, _ in record]
    return {
        "lost": sum(1 for identifier in acknowledged if not times[identifier]),
        "doubled": sum(count - 1 for count in times.values()),
        "out of order": sum(1 for a, b in pairwise(order) if b != a + 1),
    }


def main(messages: int = 10_000, senders: int = 20, kills: int = 20) -> bool:
    """Run it and print the figures; whether there were no faults."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Runtime(state=Path(folder), vars={"RATE_LIMITS": UNLIMITED, "LOG_LEVEL": "error"}) as runtime,
    ):
        town = Town(runtime.url)
        people: list[Person] = [town.register(displayName=f"Sender {n}") for n in range(senders)]
        body = {"type": "group", "name": "Soak", "memberIds": [each.id for each in people[1:]]}
        room = people[0].http.post("/api/v1/chat/rooms", json=body).json()["id"]
        chatting = [
            Sender(n, each.tokens["accessToken"], messages // senders) for n, each in enumerate(people)
        ]
        soak = Soak(runtime, room, chatting, kills)
        started = time.perf_counter()
        asyncio.run(soak.run())
        elapsed = time.perf_counter() - started
        acknowledged = [identifier for each in chatting for identifier in each.acknowledged]
        kept = history(people[0].http, room)
        town.close()
    found = [faults(each.heard, acknowledged) for each in chatting] + [faults(kept, acknowledged)]
    totals = {name: sum(each[name] for each in found) for name in ("lost", "doubled", "out of order")}
    print(
        f"{len(acknowledged)} acknowledged of {messages}, {senders} senders and listeners,"
        f" {soak.died} kills, {sum(each.connects for each in chatting)} connections, {elapsed:.0f} s"
    )
    print(", ".join(f"{name}: {count}" for name, count in totals.items()))
    return not any(totals.values()) and len(acknowledged) == messages


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
