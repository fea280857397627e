"""Many WebSocket clients in one process, cheap enough not to be what is measured.

Frames are not decoded: what a server sends is unmasked, so marks can be counted in the octets as they come.
"""

from __future__ import annotations

import asyncio
import gc
import re
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = b'"clientMessageId":"'
LONGEST = 40
"""Octets of the longest mark."""
SETTLING = 5
"""Seconds between the last arrival and the first message."""
FORGETTING = 30
"""Seconds of silence after which the platform has evicted every object: it does ten after the last alarm."""
SENT_AT = re.compile(rb'"body":"at (\d+\.\d+)"')


@dataclass(frozen=True)
class Way:
    """How one server is talked to: its path, what opens a member, what it sends, what confirms."""

    url: str
    opening: tuple[str, ...]
    ready: bytes
    message: str
    acknowledged: bytes
    headers: str = ""

    def at(self, room: str, token: str, number: int) -> Way:
        """The same for one member of one room."""
        fill = {"ROOM": room, "TOKEN": token, "MEMBER": str(number)}
        return Way(
            _filled(self.url, fill),
            tuple(_filled(each, fill) for each in self.opening),
            self.ready,
            _filled(self.message, fill),
            self.acknowledged,
            _filled(self.headers, fill),
        )


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"%{name}%", value)
    return text


def frame(text: str) -> bytes:
    """A masked text frame; a mask of zeros is one too."""
    data = text.encode()
    size = len(data)
    head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
    return head + b"\0\0\0\0" + data


@dataclass
class Tally:
    """What all members together have heard."""

    heard: int = 0
    ready: int = 0
    acknowledged: int = 0
    latencies: list[float] = field(default_factory=list)
    timed: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Member(asyncio.Protocol):
    """One client."""

    def __init__(self, way: Way, tally: Tally) -> None:
        self.way = way
        self.tally = tally
        self.tail = b""
        self.open = self.ready = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        parts = urlsplit(self.way.url)
        query = f"?{parts.query}" if parts.query else ""
        transport.write(
            f"GET {parts.path}{query} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Sec-WebSocket-Version: 13\r\n{self.way.headers}\r\n".encode()
        )

    def send(self, text: str) -> None:
        """Send one text message."""
        assert self.transport
        self.transport.write(frame(text))

    def data_received(self, data: bytes) -> None:
        tally, seen = self.tally, self.tail + data
        if not self.open and b"\r\n\r\n" in seen:
            self.open = True
            for text in self.way.opening:
                self.send(text)
        if not self.ready and self.way.ready in seen:
            self.ready = True
            tally.ready += 1
            seen = seen.replace(self.way.ready, b"", 1)
        tally.heard += seen.count(MARK)
        tally.acknowledged += seen.count(self.way.acknowledged)
        if tally.timed:
            now = time.time()
            tally.latencies += [now - float(at) for at in SENT_AT.findall(seen)]
        # What begins in this piece and ends in the next one must be seen whole, and nothing twice.
        ends = [_end(seen, mark) for mark in (MARK, self.way.acknowledged)]
        ends += [found.end() for found in SENT_AT.finditer(seen)] if tally.timed else []
        self.tail = seen[max(*ends, len(seen) - LONGEST) :]
        tally.changed.set()


def _end(seen: bytes, mark: bytes) -> int:
    at = seen.rfind(mark)
    return at + len(mark) if at >= 0 else 0


async def connect(ways: Sequence[Way], tally: Tally, *, at_once: int = 50) -> list[Member]:
    """Connect all, some at a time, and wait until each is ready."""
    loop = asyncio.get_running_loop()
    members: list[Member] = []
    for begin in range(0, len(ways), at_once):
        part = ways[begin : begin + at_once]
        parts = urlsplit(part[0].url)
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda way=way: Member(way, tally), parts.hostname, parts.port)
                for way in part
            )
        )
        members += [member for _, member in made]
        wanted = len(members)
        await until(tally, lambda wanted=wanted: tally.ready >= wanted)
    return members


async def until(tally: Tally, reached: object) -> None:
    """Wait for something that changes with what is heard."""
    assert callable(reached)
    async with asyncio.timeout(120):
        while not reached():
            tally.changed.clear()
            await tally.changed.wait()


async def flood(ways: Sequence[Way], messages: int, window: int = 64) -> float:
    """Let the first member send while all listen: deliveries per second."""
    tally = Tally()
    members = await connect(ways, tally)
    heard, acknowledged = tally.heard, tally.acknowledged
    started = time.perf_counter()
    for number in range(messages):
        await until(tally, lambda number=number: tally.acknowledged - acknowledged > number - window)
        members[0].send(members[0].way.message.replace("%ID%", f"m{number}").replace("%BODY%", "x" * 80))
    await until(tally, lambda: tally.heard - heard >= messages * len(members))
    elapsed = time.perf_counter() - started
    _leave(members)
    return messages * len(members) / elapsed


async def converse(
    rooms: Sequence[Sequence[Way]], rate: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Send ``rate`` messages a second in turn in all rooms: seconds from each sending to each hearing.

    First for ``seconds`` in rooms that are awake, since something was said in each before; then, when all have been
    silent for long enough to be evicted, once more in each.
    """
    members = [await connect(ways, Tally()) for ways in rooms]
    await asyncio.sleep(SETTLING)
    gc.disable()  # for good: a collection in this process would be counted as the server's delay
    await _say(members, rate, range(len(rooms)))
    count = int(rate * seconds)
    awake = await _say(members, rate, range(len(rooms), len(rooms) + count))
    await asyncio.sleep(FORGETTING)
    waking = await _say(members, rate, range(len(rooms) + count, 2 * len(rooms) + count))
    for room in members:
        _leave(room)
    return awake, waking


async def _say(rooms: Sequence[Sequence[Member]], rate: int, numbers: range) -> list[float]:
    """Send these messages, the next one in the next room; from each sending to each hearing."""
    tally = Tally(timed=True)
    for room in rooms:
        for member in room:
            member.tally = tally
    started = time.perf_counter()
    for sent, number in enumerate(numbers):
        await asyncio.sleep(max(0.0, started + sent / rate - time.perf_counter()))
        member = rooms[number % len(rooms)][number // len(rooms) % len(rooms[0])]
        member.send(
            member.way.message.replace("%ID%", f"m{number}").replace("%BODY%", f"at {time.time():.6f}")
        )
    await until(tally, lambda: len(tally.latencies) >= len(numbers) * len(rooms[0]))
    return tally.latencies


def _leave(members: Sequence[Member]) -> None:
    for member in members:
        assert member.transport
        member.transport.abort()
