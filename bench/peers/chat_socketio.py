"""python-socketio on uvicorn: everyone in one room, nothing stored. The port is the first argument."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi")
count = 0


@server.event
async def connect(sid: str, _environ: Any, _auth: Any) -> None:
    await server.enter_room(sid, "room")


@server.on("chat:message")
async def send(_sid: str, said: Any) -> int:
    global count  # noqa: PLW0603
    count += 1
    message = {
        "id": f"room-{count}", "roomId": "room", "seq": count, "clientMessageId": said["clientMessageId"],
        "sender": {"id": "someone", "displayName": "Someone"}, "body": said["body"], "attachments": [],
        "replyTo": None, "createdAt": datetime.now(timezone.utc).isoformat(), "editedAt": None,  # noqa: UP017
        "deletedAt": None, "reactions": [],
    }  # fmt: skip
    await server.emit("chat:message", message, room="room")
    return count


if __name__ == "__main__":
    uvicorn.run(socketio.ASGIApp(server), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
