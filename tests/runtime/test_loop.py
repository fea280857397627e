"""The product's event loop (`edge/loop.py`): what starts at once, what waits its turn, what comes back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import httpx
import pytest

from runtime.bootstrap import ROOT
from runtime.server import Runtime
from tests.runtime.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = """
name = "loop"
main = "main.py"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers", "nodejs_compat"]
"""
WORKER = """
import asyncio, json
import js
from pyodide.ffi import create_once_callable
from workers import Response, WorkerEntrypoint
from edge.loop import streamline

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        loop = asyncio.get_event_loop()
        streamline(loop)
        path, said, over = request.url.rsplit("/", 1)[1], [], asyncio.Event()

        async def work(name):
            said.append(name)
            await asyncio.sleep(0)
            over.set()

        def callback():
            loop.create_task(work("begun"))
            said.append("callback over")

        def called():
            loop.create_task(work("begun"))
            said.append("call over")

        if path == "task":
            loop.create_task(work("begun"))
            said.append("task goes on")
        if path == "callback":
            loop.call_soon(callback)
        if path == "platform":
            js.queueMicrotask(create_once_callable(called))
        if path == "failure":
            raise RuntimeError("on purpose")
        await over.wait()
        return Response(json.dumps(said))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder: Path = tmp_path_factory.mktemp("loop")
    (folder / "wrangler.toml").write_text(SETTINGS)
    (folder / "main.py").write_text(WORKER)
    (folder / "edge").mkdir()
    for name in ("__init__.py", "loop.py"):
        shutil.copy(ROOT / "src/edge" / name, folder / "edge")
    with Runtime(config=folder / "wrangler.toml", state=folder / "state") as running:
        yield running


@pytest.mark.parametrize(
    ("way", "order"),
    [
        ("task", ["task goes on", "begun"]),
        ("callback", ["callback over", "begun"]),
        ("platform", ["begun", "call over"]),
    ],
)
def test_only_what_the_platform_calls_starts_at_once(server: Runtime, way: str, order: list[str]) -> None:
    for _ in range(3):
        assert httpx.get(f"{server.url}/{way}", timeout=60).json() == order


def test_a_failure_reaches_the_platform(server: Runtime) -> None:
    def printed() -> list[str]:
        assert httpx.get(f"{server.url}/failure", timeout=60).status_code == 500
        return [line for line in server.log if "on purpose" in line]

    assert eventually(printed)
