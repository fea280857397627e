"""Starts the Worker locally for `make dev`, the tests and the benchmarks."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
import urllib.request
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Self

from runtime import bootstrap, dev_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOCK_TRIES = 40
_OVERRIDE = "STUDYMATE_VAR_"
_READY = re.compile(r"^ready on (http://\S+)$")
_PROBE = re.compile(r"^probe on (http://\S+)$")
_EVICTED = re.compile(r"^evicted \S+ \S+$")


class StateInUseError(RuntimeError):
    """Another runtime holds the state folder."""


class Runtime:
    """One local server: its state folder, its processes and what they printed.

    `with Runtime(state=folder) as runtime:` starts it and waits until it answers on `runtime.url`.
    `vars` are text bindings over those of wrangler.toml, the development secrets and `STUDYMATE_VAR_<NAME>`.
    `develop` reloads on save, heeds .dev.vars, and serves a Worker that cannot start until it is mended.
    `script` serves a JavaScript module with the same bindings instead of the Python Worker.
    """

    def __init__(
        self,
        *,
        state: Path,
        config: Path = bootstrap.ROOT / "wrangler.toml",
        env: str | None = None,
        port: int = 0,
        vars: Mapping[str, str] | None = None,  # noqa: A002
        develop: bool = False,
        script: Path | None = None,
        output: Callable[[str], None] | None = None,
    ) -> None:
        self.state = state.resolve()
        self.port = port
        self.url = ""
        self.log: list[str] = []
        self._probe = ""
        self._evictions: queue.Queue[str] = queue.Queue()
        self._settings: dict[str, Any] = {
            "config": str(config.resolve()),
            "environment": env,
            "develop": develop,
            "script": str(script.resolve()) if script else None,
        }
        self._vars = dict(vars or {})
        self._output = output
        self._process: subprocess.Popen[str] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, seconds: float = START_SECONDS) -> Self:
        """Start and wait until requests are answered; RuntimeError with what was printed if it cannot."""
        self._lock = lock_state(self.state)
        self._process = self._spawn(self._lock)
        events: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=[self._process, events], daemon=True).start()
        try:
            self.url = events.get(timeout=seconds)
        except queue.Empty:
            self.url = ""
        if not self.url:
            self.kill()
            raise RuntimeError("the runtime did not start:\n" + "\n".join(self.log))
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def _spawn(self, lock: IO[str]) -> subprocess.Popen[str]:
        settings = self._settings | {
            "state": str(self.state),
            "port": self.port,
            "secrets": dev_secrets.load(self.state),
            "vars": _overrides() | self._vars,
        }
        process = subprocess.Popen(
            [str(bootstrap.node()), str(bootstrap.ROOT / "runtime" / "node" / "serve.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
            start_new_session=True,
            pass_fds=[lock.fileno()],  # the folder stays held until Node has ended too
        )
        _tell(process, settings)
        return process

    def stop(self) -> None:
        """End cleanly."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End like a power cut: SIGKILL to every process at once."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            assert self._process.stdin  # noqa: S101
            self._process.stdin.close()
            self._process = None
        if self._lock:
            self._lock.close()
            self._lock = None

    def restart(self) -> Self:
        """Start again on the same state and port."""
        self.stop()
        return self.start()

    def wait(self) -> int:
        """Block until the server's process ends, and return its exit code."""
        return self._process.wait() if self._process else 0

    def memory(self) -> int:
        """Return the size in bytes of the interpreter's WebAssembly memory."""
        with urllib.request.urlopen(self._probe, timeout=10) as response:  # noqa: S310
            return json.load(response)["memory"]

    def evict(self, class_name: str, name: str) -> None:
        """Take a Durable Object out of memory, as the platform does with idle ones; its sockets hibernate."""
        assert self._process  # noqa: S101
        _tell(self._process, {"className": class_name, "name": name})
        self._evictions.get(timeout=STOP_SECONDS)

    def _read(self, process: subprocess.Popen[str], events: queue.Queue[str]) -> None:
        assert process.stdout  # noqa: S101
        with process.stdout as lines:
            for line in lines:
                self._take(line.rstrip("\n"), events)
        events.put("")

    def _take(self, line: str, events: queue.Queue[str]) -> None:
        if match := _PROBE.match(line):
            self._probe = match[1]
            return
        if _EVICTED.match(line):
            self._evictions.put(line)
            return
        self.log.append(line)
        if self._output:
            self._output(line)
        if match := _READY.match(line):
            events.put(match[1])


def lock_state(state: Path) -> IO[str]:
    """Hold a state folder until the file returned is closed; raises StateInUseError."""
    state.mkdir(parents=True, exist_ok=True)
    file = (state / "lock").open("a+")
    for _ in range(LOCK_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        time.sleep(0.05)
    file.close()
    sentence = "is in use by another running server: stop it, or set STATE_DIR to another folder."
    raise StateInUseError(f"{state} {sentence}")


def environment() -> dict[str, str]:
    """Return the environment for Node processes that start workerd."""
    workerd = next((bootstrap.NODE_MODULES / "@cloudflare").glob("workerd-*/bin/workerd"))
    return {
        **bootstrap.tool_environment(),
        "MINIFLARE_WORKERD_PATH": str(bootstrap.ROOT / "runtime" / "workerd.py"),
        "STUDYMATE_WORKERD": str(workerd),
        "NO_COLOR": "1",
    }


def _tell(process: subprocess.Popen[str], what: Mapping[str, Any]) -> None:
    assert process.stdin  # noqa: S101
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def _overrides() -> dict[str, str]:
    given = os.environ.items()
    return {key.removeprefix(_OVERRIDE): text for key, text in given if key.startswith(_OVERRIDE)}
