"""The least that Python can do on this platform: handlers that check nothing, convert nothing and keep nothing apart.

They do less than the product must, so that what they cost is the runtime's: the entrypoint, the event loop, D1.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import js
from js import JSON, Response, WebSocketPair
from pyodide.ffi import to_js
from workers import DurableObject, WorkerEntrypoint, import_from_javascript

from edge.loop import streamline

KEYS = json.dumps(
    {"keys": [{"n": "x" * 342, "e": "AQAB", "kty": "RSA", "kid": "bare", "use": "sig", "alg": "RS256"}]}
)
READ_PROFILE = """
  SELECT id, email_sealed, display_name, english_name, bio, native_language, image_key, time_zone, locale,
    onboarding_completed_at, created_at, updated_at,
    (SELECT json_group_array(json_object('language', language, 'level', level)) FROM
      (SELECT language, level FROM user_languages WHERE user_id = users.id ORDER BY position)) AS target_languages
  FROM users LIMIT 1"""
ROUNDS, ITERATIONS = 6, 100_000
TABLE = (
    "CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, client TEXT UNIQUE, body TEXT, at INTEGER)"
)
STORE = "INSERT INTO messages (client, body, at) VALUES (?, ?, ?) RETURNING seq"


class Answer:
    """What the SDK passes on without a question."""

    def __init__(self, js_object: Any) -> None:
        self.js_object = js_object


class Once:
    """What is made at the first request and stays."""

    env: Any = None
    read_profile: Any = None


def once() -> Any:
    """Make it."""
    if Once.env is None:
        streamline(asyncio.get_event_loop())
        Once.env = import_from_javascript("cloudflare:workers").env
        Once.read_profile = Once.env.DB.prepare(READ_PROFILE)
    return Once


class Default(WorkerEntrypoint):
    """The three endpoints, and the way to a room."""

    async def fetch(self, request: Any, *_: Any) -> Any:
        """Answer by the end of the path."""
        made, raw = once(), request.js_object
        path = raw.url
        if path.endswith("/jwks.json"):
            return Answer(Response.new(KEYS))
        if path.endswith("/profile"):
            return Answer(Response.new(JSON.stringify(await made.read_profile.all())))
        if path.endswith("/login"):
            return Answer(Response.new(await sign_in(made, await raw.text())))
        return Answer(await made.env.ROOM.getByName(path).fetch(raw))

    fetch.__signature__ = False  # or the platform looks at it for each request


async def sign_in(made: Any, body: str) -> str:
    """Read a row and hash the password; no session is kept and no token signed."""
    password = to_js(json.loads(body)["password"].encode())
    await made.read_profile.all()
    subtle, usages = js.crypto.subtle, to_js(["deriveBits"])
    key = await subtle.importKey("raw", password, "PBKDF2", False, usages)  # noqa: FBT003 - the platform's
    salt = "s" * 16
    for _ in range(ROUNDS):
        about = {"name": "PBKDF2", "hash": "SHA-256", "iterations": ITERATIONS}
        algorithm = JSON.parse(json.dumps(about))
        algorithm.salt = to_js(salt.encode())
        salt = (await subtle.deriveBits(algorithm, key, 256)).to_bytes().hex()
    return json.dumps({"accessToken": salt})


class Room(DurableObject):
    """A room that stores each message before it acknowledges and sends it: `chat_object.mjs` in Python."""

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.raw = ctx._ctx  # noqa: SLF001 - the raw context: its values need no conversion
        self.raw.storage.sql.exec(TABLE)

    async def fetch(self, _request: Any) -> Any:
        """Let a member in."""
        client, server = WebSocketPair.new().object_values()
        self.raw.acceptWebSocket(server)
        server.send("ready")
        init = JSON.parse('{"status": 101}')
        init.webSocket = client
        return Answer(Response.new(None, init))

    async def webSocketMessage(self, sender: Any, text: str, *_: Any) -> None:  # noqa: N802 - the platform's name
        """Store, send to everyone, acknowledge."""
        said, at = json.loads(text), time.time()
        client = f"{said['clientMessageId']} {at}"
        seq = int(self.raw.storage.sql.exec(STORE, client, said["body"], at).one().seq)
        message = json.dumps({
            "id": f"room-{seq}", "roomId": "room", "seq": seq, "clientMessageId": said["clientMessageId"],
            "sender": {"id": "someone", "displayName": "Someone"}, "body": said["body"], "attachments": [],
            "replyTo": None, "createdAt": at, "editedAt": None, "deletedAt": None, "reactions": [],
        }, separators=(",", ":"))  # fmt: skip
        for member in self.raw.getWebSockets():
            member.send(message)
        sender.send(f"acknowledged {seq}")

    webSocketMessage.__signature__ = False

    async def webSocketClose(self, raw: Any, code: int, _reason: str, _clean: bool) -> None:  # noqa: N802
        """Nothing is left to do."""
