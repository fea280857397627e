"""What was acknowledged is there after the power went."""

from __future__ import annotations

import asyncio
import random
import zlib
from secrets import token_hex
from typing import TYPE_CHECKING

import httpx
import pytest

from runtime.server import Runtime
from tests.worker.people import PASSWORD, address, registration

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 2
WRITERS = 4
ACKNOWLEDGED_BEFORE_THE_CUT = 8


def picture() -> bytes:
    """A PNG of one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    pixels = chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.fixture
def own(tmp_path) -> Iterator[Runtime]:
    with Runtime(state=tmp_path / "state") as server:
        yield server


class Writer:
    """Registers people and edits their profiles until the server is gone; remembers what was acknowledged."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.unanswered: list[tuple[dict, str]] = []

    async def work(self, url: str, enough: asyncio.Event, count: list[int]) -> None:
        while True:
            body, key = registration(displayName=token_hex(4)), token_hex()
            headers = {"cf-connecting-ip": address()}
            try:
                async with httpx.AsyncClient(base_url=url, timeout=30, headers=headers) as http:
                    await self._one(http, body, key)
            except httpx.TransportError:
                self.unanswered.append((body, key))
                return
            count[0] += 1
            if count[0] >= ACKNOWLEDGED_BEFORE_THE_CUT:
                enough.set()

    async def _one(self, http: httpx.AsyncClient, body: dict, key: str) -> None:
        created = await http.post("/api/v1/auth/register", json=body, headers={"idempotency-key": key})
        assert created.status_code == 201, created.text
        self.names[body["email"]] = body["displayName"]
        token = {"authorization": f"Bearer {created.json()['accessToken']}"}
        renamed = token_hex(4)
        edited = await http.patch("/api/v1/users/profile", json={"displayName": renamed}, headers=token)
        assert edited.status_code == 200, edited.text
        self.names[body["email"]] = renamed


async def write_until_the_power_goes(server: Runtime, writers: list[Writer]) -> None:
    enough, count = asyncio.Event(), [0]
    tasks = [asyncio.create_task(writer.work(server.url, enough, count)) for writer in writers]
    await enough.wait()
    await asyncio.sleep(random.random() / 20)  # anywhere in the middle of what is under way
    server.kill()
    await asyncio.gather(*tasks)


async def displayed_name(http: httpx.AsyncClient, email: str) -> str:
    headers = {"cf-connecting-ip": address()}
    answer = await http.post(
        "/api/v1/auth/login", json={"email": email, "password": PASSWORD}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["user"]["displayName"]


async def test_every_acknowledged_write_survives_kill_9(own):
    writers = [Writer() for _ in range(WRITERS)]
    for _ in range(ROUNDS):
        await write_until_the_power_goes(own, writers)
        own.start()
    names = {email: name for writer in writers for email, name in writer.names.items()}
    assert len(names) >= ROUNDS * ACKNOWLEDGED_BEFORE_THE_CUT
    async with httpx.AsyncClient(base_url=own.url, timeout=60) as http:
        for email, name in names.items():
            found = await displayed_name(http, email)
            # An edit whose answer was lost may have happened or not; an acknowledged one must have.
            if not any(body["email"] == email for writer in writers for body, _ in writer.unanswered):
                assert found == name


async def test_a_retry_after_the_cut_makes_no_second_account(own):
    writers = [Writer() for _ in range(WRITERS)]
    await write_until_the_power_goes(own, writers)
    own.start()
    async with httpx.AsyncClient(base_url=own.url, timeout=60) as http:
        for body, key in [lost for writer in writers for lost in writer.unanswered]:
            headers = {"idempotency-key": key, "cf-connecting-ip": address()}
            answer = await http.post("/api/v1/auth/register", json=body, headers=headers)
            unfinished = answer.status_code == 409 and answer.json()["code"] == "idempotency_in_progress"
            assert unfinished or answer.status_code == 201, answer.text
            if not unfinished:
                assert await displayed_name(http, body["email"])


def test_a_picture_survives_kill_9(own):
    with httpx.Client(base_url=own.url, timeout=30) as http:
        created = http.post("/api/v1/auth/register", json=registration()).json()
        http.headers["authorization"] = f"Bearer {created['accessToken']}"
        stored = http.post(
            "/api/v1/users/profile/image", content=picture(), headers={"content-type": "image/png"}
        )
        assert stored.status_code == 200, stored.text
        own.kill()
        own.start()
        where = http.get(f"{own.url}/api/v1/users/profile").json()["profileImageUrl"]
        assert http.get(f"{own.url}{where}").status_code == 200
