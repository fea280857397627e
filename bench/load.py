"""The load: keep-alive connections that send one request again as soon as it is answered.

It runs in a process of its own, ``python -m bench.load``, reads a ``Load`` as JSON from standard input and prints
a ``Tally``. `busy` tells how much of a processor it needed: near 1 it measured itself.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from statistics import median
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """One request, sent over so many connections for so long."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    connections: int = 8
    seconds: float = 2.0


@dataclass
class Tally:
    """What came back. Failures are answers outside 200-299; a broken connection is an error."""

    requests: int = 0
    failures: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    milliseconds: float = 0.0
    """Median time to the answer."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


class _Connection(asyncio.Protocol):
    """Sends, waits for the whole answer, and sends again until the time is over."""

    def __init__(self, request: bytes, until: float) -> None:
        self.request = request
        self.until = until
        self.times: list[float] = []
        self.failures = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._came += data
        end = self._came.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._came, 0, end)
        if length is None:
            self.done.set_exception(ValueError("the answer has no Content-Length"))
        elif len(self._came) >= end + 4 + int(length[1]):
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        self.times.append(now - self._sent)
        self.failures += not self._came.startswith(b"HTTP/1.1 2")
        self._came = b""
        if now < self.until:
            self._send()
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))


def run(load: Load) -> Tally:
    """Put the load on a server from another process."""
    command = [sys.executable, "-m", "bench.load"]
    given = json.dumps(asdict(load))
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{load.method} {load.url}:\n{done.stderr}")
    return Tally(**json.loads(done.stdout))


async def put(load: Load) -> Tally:
    """Put the load on a server from this process."""
    url, loop = urlsplit(load.url), asyncio.get_running_loop()
    request = _encoded(load)
    began, cpu = time.perf_counter(), time.process_time()
    connections = [_Connection(request, began + load.seconds) for _ in range(load.connections)]
    for connection in connections:
        await loop.create_connection(lambda made=connection: made, url.hostname, url.port)
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - began
    times = [time for connection in connections for time in connection.times]
    return Tally(
        requests=len(times),
        failures=sum(connection.failures for connection in connections),
        seconds=seconds,
        busy=(time.process_time() - cpu) / seconds,
        milliseconds=median(times) * 1000,
    )


def _encoded(load: Load) -> bytes:
    url = urlsplit(load.url)
    headers = {"Host": url.netloc, "Content-Length": str(len(load.body.encode())), **load.headers}
    if not load.body:
        del headers["Content-Length"]
    lines = [f"{load.method} {url.path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n" + load.body).encode()


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(put(Load(**json.load(sys.stdin)))))))
