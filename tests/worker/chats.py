"""What tests say and read in chats over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from tests.worker.people import Person

CHAT = "/api/v1/chat"


def room_of(owner: Person, *others: Person, kind: str = "group", **more: Any) -> dict[str, Any]:
    """A new room."""
    body = {"type": kind, "memberIds": [other.id for other in others], **more}
    answer = owner.http.post(f"{CHAT}/rooms", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def say(person: Person, room_id: str, body: str, **more: Any) -> dict[str, Any]:
    """A message that was sent."""
    answer = person.http.post(f"{CHAT}/rooms/{room_id}/messages", json={"body": body, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def items(person: Person, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = person.http.get(f"{CHAT}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def unread(person: Person) -> dict[str, int]:
    """Room → unread messages, as the list of rooms and each room itself say."""
    counts = {room["id"]: room["unreadCount"] for room in items(person, "/rooms")}
    for room_id, count in counts.items():
        assert person.http.get(f"{CHAT}/rooms/{room_id}").json()["unreadCount"] == count
    return counts


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
