"""The same endpoints with FastAPI on CPython with OpenSSL and SQLite in the process: no edge, no sandbox.

Run with uvicorn; ``DATABASE`` names the SQLite file, which it makes with one person, and ``EMAIL`` and
``PASSWORD`` that person.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
from typing import Annotated

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

ROUNDS, ITERATIONS = 6, 100_000
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key()
ISSUER = "studymate"

app = FastAPI()
_local = threading.local()
_verified: dict[str, dict[str, object]] = {}


class Wire(BaseModel):
    """Base of what goes over the wire: camelCase there, snake_case here."""

    model_config = {"alias_generator": to_camel, "populate_by_name": True}


class Profile(Wire):
    """A person's own profile."""

    id: str
    email: str
    display_name: str
    time_zone: str
    locale: str
    created_at: int
    updated_at: int


class Login(Wire):
    """What a person signs in with."""

    email: str
    password: str


class SignedIn(Wire):
    """The tokens of a session."""

    access_token: str
    refresh_token: str
    expires_in: int = 900


def derive(password: str, salt: bytes) -> bytes:
    state = b""
    for _ in range(ROUNDS):
        state = hashlib.pbkdf2_hmac("sha256", password.encode(), salt + state, ITERATIONS)
    return state


def database() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(os.environ["DATABASE"], timeout=10)
        _local.connection.row_factory = sqlite3.Row
    return _local.connection


def make_database() -> None:
    salt, now = secrets.token_bytes(16), int(time.time() * 1000)
    columns = "id, email, display_name, time_zone, locale, created_at, updated_at, salt, password_hash"
    person = ("p1", os.environ["EMAIL"], "Mina", "Asia/Seoul", "ko", now, now)
    with database() as connection:
        connection.executescript(
            f"PRAGMA journal_mode = WAL; CREATE TABLE users ({columns}, PRIMARY KEY (id), UNIQUE (email));"
            " CREATE TABLE sessions (id PRIMARY KEY, user_id, token_hash, created_at);"
        )
        connection.execute(
            f"INSERT INTO users ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*person, salt, derive(os.environ["PASSWORD"], salt)),
        )


async def caller(authorization: Annotated[str, Header()]) -> str:
    token = authorization.removeprefix("Bearer ")
    claims = _verified.get(token)
    if claims is None:
        claims = _verified[token] = jwt.decode(token, PUBLIC, ["RS256"], issuer=ISSUER)
    return str(claims["sub"])


@app.get("/.well-known/jwks.json")
async def jwks() -> dict[str, list[dict[str, str]]]:
    return {"keys": [{"kid": "k1", "n": "A" * 342}]}


@app.get("/api/v1/users/profile")
async def read_profile(user_id: Annotated[str, Depends(caller)]) -> Profile:
    row = database().execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    return Profile.model_validate(dict(row))


@app.post("/api/v1/auth/login")
def login(body: Login) -> SignedIn:
    row = database().execute("SELECT * FROM users WHERE email = ?", (body.email,)).fetchone()
    if row is None or not hmac.compare_digest(derive(body.password, row["salt"]), row["password_hash"]):
        raise HTTPException(401)
    session_id, refresh, now = secrets.token_hex(13), secrets.token_urlsafe(32), int(time.time())
    digest = hashlib.sha256(refresh.encode()).digest()
    with database() as connection:
        connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (session_id, row["id"], digest, now))
    claims = {"iss": ISSUER, "sub": row["id"], "sid": session_id, "exp": now + 900}
    return SignedIn(access_token=jwt.encode(claims, KEY, "RS256"), refresh_token=refresh)


make_database()
