"""`make dev` as a person and a power cut meet it."""

import os
import queue
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from runtime import bootstrap


class Terminal:
    """A running `make dev`, line by line."""

    def __init__(self, config, state):
        environment = {**os.environ, "CONFIG": str(config), "STATE_DIR": str(state), "PORT": "0"}
        command = [sys.executable, "-m", "runtime.dev"]
        self.process = subprocess.Popen(
            command,
            cwd=bootstrap.ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.rstrip())
        self.lines.put(None)

    def until(self, pattern):
        """Read up to the line that matches and return it."""
        seen = []
        while (line := self.lines.get(timeout=90)) is not None:
            seen.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError("\n".join(seen))

    def url(self):
        return self.until("^ready on ").split()[-1]

    def family(self):
        """Return the process ids below this one."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found, todo = [], [self.process.pid]
        while todo:
            children = parents.get(todo.pop(), [])
            found += children
            todo += children
        return found


@pytest.fixture
def project(tmp_path, fixture_config):
    shutil.copytree(fixture_config.parent, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def terminal(project, tmp_path):
    running = Terminal(project / "wrangler.toml", tmp_path / "state")
    yield running
    running.process.kill()
    running.process.wait()


def gone(pids):
    """Wait for processes to end; each pidfd becomes readable then."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([descriptor], [], [], 30)[0], f"{pid} still runs"
        os.close(descriptor)
    return True


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(terminal, sent):
    terminal.url()
    family = terminal.family()
    assert len(family) >= 2
    terminal.process.send_signal(sent)
    code = terminal.process.wait(30)
    assert code == (0 if sent != signal.SIGKILL else -signal.SIGKILL)
    assert gone(family)


def test_nothing_is_left_when_node_is_killed(terminal):
    terminal.url()
    family = terminal.family()
    (node,) = [pid for pid in family if "serve.mjs" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(node, signal.SIGKILL)
    assert terminal.process.wait(30) == 1
    assert gone(family)


def test_a_second_one_on_the_same_state_is_refused(terminal, project, tmp_path):
    terminal.url()
    second = Terminal(project / "wrangler.toml", tmp_path / "state")
    assert second.until("in use by another running server: stop it, or set STATE_DIR to another folder")
    assert second.process.wait(30) == 1


def test_a_saved_file_is_served_and_state_is_kept(terminal, project):
    url = terminal.url()
    httpx.post(f"{url}/store", content="kept", timeout=60)
    main = project / "src" / "main.py"
    main.write_text(main.read_text().replace("a clear reason", "another reason"))
    terminal.until("^reloaded")
    assert "another reason" in httpx.get(f"{url}/crash", timeout=60).text
    assert httpx.get(f"{url}/stored", timeout=60).json() == ["kept"] * 4


def test_code_that_cannot_be_imported_shows_its_traceback_until_it_is_mended(terminal, project):
    url = terminal.url()
    room = project / "src" / "room.py"
    good = room.read_text()
    room.write_text(good.replace("import inspect\n", "import inspect\nimport no_such_module\n"))
    terminal.until(r'File ".*project/src/room\.py", line \d')
    terminal.until("ModuleNotFoundError: No module named 'no_such_module'")
    answer = httpx.get(f"{url}/request", timeout=60)
    assert (answer.status_code, "no_such_module" in answer.text) == (500, True)
    room.write_text(good)
    terminal.until("^reloaded")
    assert httpx.get(f"{url}/request", timeout=60).status_code == 200


def test_a_fatal_error_is_said_and_the_server_starts_again(terminal):
    url = terminal.url()
    httpx.get(f"{url}/fatal", timeout=60)
    terminal.until("Python worker fatal error: .*broken on purpose")
    terminal.until("^reloaded")
    assert httpx.get(f"{url}/interpreter", timeout=60).status_code == 200
