"""kill -9 of the server while people send: nothing acknowledged is lost, no retry is doubled."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runtime.server import Runtime
from tests.worker.chats import items, room_of, say, unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Person, Town


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A server to kill, where many people can register quickly."""
    with Runtime(state=tmp_path_factory.mktemp("chat"), vars={"PASSWORD_ROUNDS": "1"}) as server:
        yield server


def test_nothing_acknowledged_is_lost_or_doubled(town: Town, runtime: Runtime) -> None:
    """Two people send in one room while the server is killed; they retry until each is answered."""
    mina, jun = town.register(), town.register()
    room_id = room_of(mina, jun)["id"]
    answered: dict[str, list[int]] = {mina.id: [], jun.id: []}
    counted = threading.Semaphore(0)

    def talk(person: Person) -> None:
        for number in range(40):
            answered[person.id].append(insist(person, room_id, f"{person.id} {number}")["seq"])
            counted.release()

    talkers = [threading.Thread(target=talk, args=[person]) for person in (mina, jun)]
    for talker in talkers:
        talker.start()
    for _ in range(3):
        for _ in range(15):
            counted.acquire()
        runtime.kill()
        runtime.start()
    for talker in talkers:
        talker.join()
    said = items(mina, f"/rooms/{room_id}/messages", afterSeq=0, limit=100)
    assert [message["seq"] for message in said] == list(range(1, 81))
    for person in (mina, jun):
        mine = [message for message in said if message["sender"]["id"] == person.id]
        assert [message["seq"] for message in mine] == answered[person.id]
        assert [message["body"] for message in mine] == [f"{person.id} {number}" for number in range(40)]
    assert unread(mina) == unread(jun) == {room_id: 40}


def insist(person: Person, room_id: str, body: str) -> dict[str, Any]:
    """Send until it is answered, always the same message."""
    while True:
        try:
            return say(person, room_id, body, clientMessageId=body)
        except (httpx.TransportError, AssertionError):
            continue
