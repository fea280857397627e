"""Two people sign up, show themselves, and sign in again."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demo.paper import call, heading, say

if TYPE_CHECKING:
    import httpx

PASSWORD = "a-river-in-summer"  # noqa: S105 - of people who live for a minute
AUTH = "/api/v1/auth"


@dataclass(frozen=True)
class Person:
    """Someone who uses the API."""

    id: str
    name: str
    headers: dict[str, str]


def show(http: httpx.Client) -> tuple[Person, Person]:
    """Register two people and walk through their accounts."""
    heading("Two people sign up")
    mina, tokens = _register(http, "Mina", "mina@example.org", timeZone="Asia/Seoul", locale="en")
    alex, _ = _register(http, "Alex", "alex@example.org", timeZone="America/Toronto", locale="en")
    say("Neither the address nor the account can be taken twice:")
    call(http, "POST", f"{AUTH}/register", 409, json=_registration("Mina", "MINA@example.org"))
    _sign_in(http, tokens)
    _profile(http, mina)
    return mina, alex


def _registration(name: str, email: str, **more: str) -> dict[str, Any]:
    agreed = {"terms": True, "privacy": True}
    return {"email": email, "password": PASSWORD, "displayName": name, "agreements": agreed, **more}


def _register(http: httpx.Client, name: str, email: str, **more: str) -> tuple[Person, dict[str, Any]]:
    tokens = call(http, "POST", f"{AUTH}/register", 201, json=_registration(name, email, **more)).json()
    headers = {"authorization": f"Bearer {tokens['accessToken']}"}
    return Person(tokens["user"]["id"], name, headers), tokens


def _sign_in(http: httpx.Client, tokens: dict[str, Any]) -> None:
    heading("Signing in")
    call(http, "POST", f"{AUTH}/login", 401, json={"email": "mina@example.org", "password": "wrong"})
    other = call(
        http, "POST", f"{AUTH}/login", json={"email": "mina@example.org", "password": PASSWORD}
    ).json()
    say("A refresh token works once. Whoever brings it again is signed out, and so is who took it:")
    call(http, "POST", f"{AUTH}/refresh", json={"refreshToken": other["refreshToken"]})
    reused = call(http, "POST", f"{AUTH}/refresh", 401, json={"refreshToken": other["refreshToken"]})
    say(f"“{reused.json()['title']}” ({reused.json()['code']})")
    own = {"authorization": f"Bearer {tokens['accessToken']}"}
    devices = call(http, "GET", f"{AUTH}/sessions", headers=own).json()["items"]
    say(f"Mina is signed in on {len(devices)} device.")


def _profile(http: httpx.Client, mina: Person) -> None:
    heading("A profile with a picture")
    languages = {"nativeLanguage": "ko", "targetLanguages": [{"language": "en", "level": None}]}
    call(
        http,
        "PATCH",
        "/api/v1/users/profile",
        headers=mina.headers,
        json=languages | {"bio": "Rivers, films."},
    )
    sent = {"headers": mina.headers, "files": {"image": ("me.png", _picture(), "image/png")}}
    shown = call(http, "POST", "/api/v1/users/profile/image", **sent).json()
    picture = call(http, "GET", shown["profileImageUrl"])
    say(
        f"{picture.headers['content-type']}, {len(picture.content)} bytes, {picture.headers['cache-control']}"
    )
    etag = {"if-none-match": picture.headers["etag"]}
    call(http, "GET", shown["profileImageUrl"], 304, headers=etag)
    refused = call(
        http, "POST", "/api/v1/users/profile/image", 415,
        headers=mina.headers, files={"image": ("me.png", b"<svg onload=alert(1)>", "image/png")},
    )  # fmt: skip
    say(f"“{refused.json()['title']}”")
    health = call(http, "GET", "/health").json()
    say(", ".join(f"{name} {found['status']}" for name, found in health["dependencies"].items()))


def _picture() -> bytes:
    """A PNG of 64 by 64 pixels, blue into green."""
    rows = b"".join(b"\0" + bytes(v for x in range(64) for v in (20, 4 * x, 4 * y)) for y in range(64))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
