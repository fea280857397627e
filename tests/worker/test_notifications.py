"""Notifications over HTTP, and pushes to a push service that reads them as a browser would."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runtime.server import Runtime
from tests.worker.chats import CHAT, code, room_of, say
from tests.worker.push_service import Browser, PushService, encoded, read_vapid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Person, Town

PATH = "/api/v1/notifications"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A server where many people can register quickly."""
    with Runtime(state=tmp_path_factory.mktemp("notifications"), vars={"PASSWORD_ROUNDS": "1"}) as server:
        yield server


@pytest.fixture
def service() -> Iterator[PushService]:
    listening = PushService()
    yield listening
    listening.close()


def inbox(person: Person, least: int = 0) -> list[dict[str, Any]]:
    """The inbox, as soon as so many are in it: some come after the answer to what they tell of."""
    for _ in range(200):
        answer = person.http.get(PATH)
        assert answer.status_code == 200, answer.text
        if len(answer.json()["items"]) >= least:
            return answer.json()["items"]
    raise AssertionError(f"fewer than {least} notifications")


def subscribed(person: Person, service: PushService) -> Browser:
    browser = Browser(service)
    answer = person.http.post(f"{PATH}/push/subscriptions", json=browser.subscription())
    assert answer.status_code == 201, answer.text
    return browser


class TestInbox:
    def test_tells_of_messages_until_they_are_read(self, town: Town) -> None:
        mina, jun = town.register(displayName="Mina Kim"), town.register()
        room_id = room_of(mina, jun, kind="direct")["id"]
        message = say(mina, room_id, "안녕하세요")
        (told,) = inbox(jun, 1)
        assert told.keys() == {"id", "kind", "data", "readAt", "createdAt"}
        assert (told["kind"], told["readAt"]) == ("chat_message", None)
        assert told["data"] == {
            "roomId": room_id,
            "roomType": "direct",
            "roomName": None,
            "messageId": message["id"],
            "seq": 1,
            "sender": {"id": mina.id, "displayName": "Mina Kim"},
            "preview": "안녕하세요",
            "unreadCount": 1,
        }
        assert inbox(mina) == []
        assert jun.http.get(f"{PATH}/unread-count").json() == {"count": 1}
        jun.http.post(f"{CHAT}/rooms/{room_id}/read", json={})
        assert jun.http.get(f"{PATH}/unread-count").json() == {"count": 0}
        assert inbox(jun)[0]["readAt"] is not None

    def test_is_read_and_emptied(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        for _ in range(3):
            say(mina, room_of(mina, jun)["id"], "Hello")
        told = inbox(jun, 3)
        first = jun.http.post(f"{PATH}/{told[0]['id']}/read").json()
        assert first["readAt"] is not None
        assert jun.http.post(f"{PATH}/{told[0]['id']}/read").json() == first
        assert jun.http.get(f"{PATH}/unread-count").json() == {"count": 2}
        assert code(mina.http.post(f"{PATH}/{told[1]['id']}/read")) == (404, "notification_not_found")
        mina.http.delete(f"{PATH}/{told[1]['id']}")
        assert jun.http.post(f"{PATH}/read-all").status_code == 204
        assert jun.http.get(f"{PATH}/unread-count").json() == {"count": 0}
        assert jun.http.delete(f"{PATH}/{told[1]['id']}").status_code == 204
        page = jun.http.get(PATH, params={"limit": 1}).json()
        rest = jun.http.get(PATH, params={"cursor": page["nextCursor"]}).json()
        assert [each["id"] for each in page["items"] + rest["items"]] == [told[0]["id"], told[2]["id"]]
        assert jun.http.get(f"{PATH}/").status_code == 200

    def test_says_nothing_of_muted_rooms_and_unwanted_kinds(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        muted, heard = room_of(mina, jun)["id"], room_of(mina, jun)["id"]
        jun.http.post(f"{CHAT}/rooms/{muted}/mute", json={})
        say(mina, muted, "Psst")
        say(mina, heard, "Hello")
        assert [told["data"]["roomId"] for told in inbox(jun, 1)] == [heard]
        jun.http.put(f"{PATH}/preferences", json={"messages": False})
        say(mina, room_of(mina, jun)["id"], "Unwanted")
        jun.http.put(f"{PATH}/preferences", json={})
        last = room_of(mina, jun)["id"]
        say(mina, last, "Wanted")
        assert inbox(jun, 2)[0]["data"]["roomId"] == last

    def test_is_nobody_elses(self, url: str) -> None:
        for path in ("", "/unread-count", "/preferences"):
            assert code(httpx.get(f"{url}{PATH}{path}")) == (401, "unauthorized")


class TestPreferences:
    def test_are_those_of_the_settings(self, town: Town) -> None:
        mina = town.register()
        defaults = mina.http.get(f"{PATH}/preferences").json()
        assert defaults["messages"] is True
        assert defaults["quietHours"] is None
        quiet = {"start": "22:00", "end": "07:30"}
        replaced = mina.http.put(f"{PATH}/preferences", json={"email": False, "quietHours": quiet}).json()
        assert replaced == defaults | {"email": False, "quietHours": quiet}
        settings = mina.http.get("/api/v1/users/settings").json()
        assert settings["notifications"] == replaced
        assert mina.http.put(f"{PATH}/preferences", json={}).json() == defaults
        for wrong in ({"start": "24:00", "end": "07:00"}, {"start": "7", "end": "8"}, {"start": "22:00"}):
            answer = mina.http.put(f"{PATH}/preferences", json={"quietHours": wrong})
            assert code(answer) == (422, "validation_failed")


class TestPush:
    def test_is_for_the_browser_alone_and_signed(self, town: Town, service: PushService) -> None:
        mina, jun = town.register(), town.register()
        browser = subscribed(jun, service)
        room_id = room_of(mina, jun, kind="direct")["id"]
        say(mina, room_id, "안녕하세요")
        push = service.next()
        assert push.path == browser.path
        assert b"\xec\x95\x88" not in push.body
        told = browser.read(push.body)
        assert told == inbox(jun, 1)[0]
        headers = push.headers
        assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
        assert 86_000 < int(headers["ttl"]) <= 86_400
        assert len(headers["topic"]) == 32
        claims, key = read_vapid(headers["authorization"])
        assert claims["aud"] == service.origin
        assert claims["sub"].startswith("mailto:")
        assert 0 < claims["exp"] - time.time() < 86_400
        assert mina.http.get(f"{PATH}/push/key").json() == {"publicKey": key}

    def test_to_a_browser_that_is_gone_ends_its_subscription(self, town: Town, service: PushService) -> None:
        mina, jun = town.register(), town.register()
        gone, there = subscribed(jun, service), subscribed(jun, service)
        service.script = [(410, {})]
        say(mina, room_of(mina, jun)["id"], "One")
        assert {service.next().path, service.next().path} == {gone.path, there.path}
        say(mina, room_of(mina, jun)["id"], "Two")
        assert service.next().path == there.path
        with pytest.raises(queue.Empty):
            service.next(1)

    def test_is_repeated_when_the_service_is_busy(self, town: Town, service: PushService) -> None:
        mina, jun = town.register(), town.register()
        browser = subscribed(jun, service)
        service.script = [(503, {"retry-after": "1"})]
        say(mina, room_of(mina, jun)["id"], "Hello")
        first, second = service.next(), service.next()
        assert browser.read(first.body) == browser.read(second.body)
        assert first.body != second.body, "encrypted anew"

    def test_ends_with_the_subscription(self, town: Town, service: PushService) -> None:
        mina, jun = town.register(), town.register()
        browser = subscribed(jun, service)
        body = {"endpoint": browser.subscription()["endpoint"]}
        mina.http.request("DELETE", f"{PATH}/push/subscriptions", json=body)
        say(mina, room_of(mina, jun)["id"], "One")
        service.next()
        assert jun.http.request("DELETE", f"{PATH}/push/subscriptions", json=body).status_code == 204
        say(mina, room_of(mina, jun)["id"], "Two")
        inbox(jun, 2)
        with pytest.raises(queue.Empty):
            service.next(1)

    def test_survives_kill(self, town: Town, runtime: Runtime, service: PushService) -> None:
        mina, jun = town.register(), town.register()
        browser = subscribed(jun, service)
        service.script = [(503, {})]
        say(mina, room_of(mina, jun)["id"], "Hello")
        service.next()
        runtime.kill()
        runtime.start()
        assert browser.read(service.next().body)["data"]["preview"] == "Hello"

    @pytest.mark.parametrize(
        "endpoint",
        [
            "https://internal.example/x",
            "ftp://127.0.0.1/x",
            "https://fcm.googleapis.com.evil.example/",
            "nonsense",
            "http://169.254.169.254/latest",
            "https://fcm.googleapis.com:22/x",
            "https://a@fcm.googleapis.com/x",
            "http://[::1",
        ],
    )
    def test_goes_to_push_services_only(self, town: Town, service: PushService, endpoint: str) -> None:
        body = Browser(service).subscription() | {"endpoint": endpoint}
        answer = town.register().http.post(f"{PATH}/push/subscriptions", json=body)
        assert code(answer) == (422, "unknown_push_service")

    def test_needs_proper_keys(self, town: Town, service: PushService) -> None:
        mina = town.register()
        body = Browser(service).subscription()
        for wrong in ({"p256dh": "AAAA"}, {"p256dh": encoded(b"\x04" + bytes(64))}, {"auth": "x"}):
            keys = body["keys"] | wrong
            answer = mina.http.post(f"{PATH}/push/subscriptions", json=body | {"keys": keys})
            assert code(answer) == (422, "validation_failed")
