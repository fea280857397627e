"""The snippets of the guides do what the guides say."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from runtime import bootstrap
from tests.worker.live import CLIENTS, open_room

if TYPE_CHECKING:
    from pathlib import Path

    from tests.worker.people import Town

BEGIN = """
import WebSocket from "ws";
globalThis.WebSocket = WebSocket;
const { url, accessToken, roomId } = JSON.parse(process.argv[2]);
const complaints = [];
console.error = (text) => complaints.push(text);
"""
END = """
while (!seen.length || !complaints.length) await new Promise((resolve) => setTimeout(resolve, 5));
process.stdout.write(JSON.stringify({ seen, complaints }));
process.exit(0);
"""


def program(page: Path) -> str:
    """All snippets of a page in order, as one module."""
    snippets = re.findall(r"```js\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    imports = [line for each in snippets for line in each.splitlines() if line.startswith("import ")]
    body = "\n".join(snippets)
    for line in imports:
        body = body.replace(line, "")
    quiet = body.replace("console.log(", "void (")
    return "\n".join([*imports, BEGIN, quiet, END])


@pytest.mark.parametrize("name", ["stomp.md", "socketio.md"])
def test_snippets_run(town: Town, name: str) -> None:
    ada = town.register()
    room = open_room(ada, town.register())
    known = {"url": town.url, "accessToken": ada.tokens["accessToken"], "roomId": room}
    done = subprocess.run(
        [str(bootstrap.node()), "--input-type=module", "-", json.dumps(known)],
        input=program(bootstrap.ROOT / "docs" / name),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=CLIENTS,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [message["body"] for message in told["seen"]] == ["hello"]
    assert told["complaints"] == ["room_not_found"]
