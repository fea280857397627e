"""Chat over HTTP: rooms, messages, and what others may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runtime.server import Runtime
from tests.worker.chats import CHAT, code, items, room_of, say, unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Town

MESSAGE = {
    "id", "roomId", "seq", "clientMessageId", "sender", "body", "attachments", "replyTo", "createdAt",
    "editedAt", "deletedAt", "reactions",
}  # fmt: skip


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A server where many people can register quickly."""
    with Runtime(state=tmp_path_factory.mktemp("chat"), vars={"PASSWORD_ROUNDS": "1"}) as server:
        yield server


class TestRooms:
    def test_two_people_have_one_direct_room(self, town: Town) -> None:
        mina, jun = town.register(), town.register(displayName="Jun")
        room = room_of(mina, jun, kind="direct", name="ignored")
        assert (room["type"], room["name"], room["memberCount"]) == ("direct", None, 2)
        assert {member["id"]: member["displayName"] for member in room["members"]} == {
            mina.id: "Mina",
            jun.id: "Jun",
        }
        assert room_of(jun, mina, kind="direct")["id"] == room["id"]
        assert [listed["id"] for listed in items(jun, "/rooms")] == [room["id"]]

    def test_groups_are_named_joined_left_and_ended(self, town: Town) -> None:
        mina, jun, sora = town.register(), town.register(displayName="Jun"), town.register(displayName="Sora")
        room_id = room_of(mina, jun, name="Book club")["id"]
        path = f"{CHAT}/rooms/{room_id}"
        assert code(sora.http.get(path)) == (404, "room_not_found")
        added = jun.http.post(f"{path}/members", json={"memberIds": [sora.id]})
        assert added.json()["memberCount"] == 3
        assert code(jun.http.patch(path, json={"name": "Film club"})) == (403, "not_allowed_in_room")
        assert mina.http.patch(path, json={"name": "Film club"}).json()["name"] == "Film club"
        assert items(sora, "/rooms")[0]["name"] == "Film club"
        assert code(jun.http.delete(f"{path}/members/{sora.id}")) == (403, "not_allowed_in_room")
        assert mina.http.delete(f"{path}/members/{sora.id}").status_code == 204
        assert code(sora.http.get(path)) == (404, "room_not_found")
        assert items(sora, "/rooms") == []
        assert mina.http.post(f"{path}/leave").status_code == 204
        assert jun.http.get(path).json()["role"] == "owner"
        assert jun.http.delete(path).status_code == 204
        assert code(jun.http.get(path)) == (404, "room_not_found")
        assert items(jun, "/rooms") == []

    def test_the_same_idempotency_key_is_the_same_room(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        body = {"type": "group", "memberIds": [jun.id]}
        sent = [
            mina.http.post(f"{CHAT}/rooms", json=body, headers={"idempotency-key": "one"}) for _ in range(2)
        ]
        assert [answer.status_code for answer in sent] == [201, 201]
        assert sent[0].json() == sent[1].json()
        assert len(items(mina, "/rooms")) == 1

    def test_with_whom_there_can_be_none(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        jun.http.post(f"/api/v1/users/{mina.id}/block")
        for ids, kind, expected in (
            ([jun.id], "direct", (404, "member_not_found")),
            ([jun.id], "group", (404, "member_not_found")),
            (["nobody"], "direct", (404, "member_not_found")),
            ([], "direct", (422, "validation_failed")),
            ([mina.id], "direct", (422, "validation_failed")),
        ):
            answer = mina.http.post(f"{CHAT}/rooms", json={"type": kind, "memberIds": ids})
            assert code(answer) == expected
        jun.http.delete(f"/api/v1/users/{mina.id}/block")
        jun.http.patch("/api/v1/users/settings", json={"privacy": {"messages": "nobody"}})
        answer = mina.http.post(f"{CHAT}/rooms", json={"type": "direct", "memberIds": [jun.id]})
        assert code(answer) == (403, "contact_refused")
        room = room_of(jun, mina, kind="direct")
        assert room_of(mina, jun, kind="direct") == room | {"members": room["members"]}, "it is there already"

    def test_call_people_by_their_new_names(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        say(mina, room_id, "Hello")
        mina.http.patch("/api/v1/users/profile", json={"displayName": "Mina Kim"})
        assert items(jun, "/search", q="hello")[0]["sender"]["displayName"] == "Mina Kim"
        for _ in range(100):
            (message,) = items(jun, f"/rooms/{room_id}/messages")
            if message["sender"]["displayName"] == "Mina Kim":
                return
        raise AssertionError(message)


class TestMessages:
    def test_are_numbered_and_paged(self, town: Town) -> None:
        mina, jun = town.register(), town.register(displayName="Jun")
        room_id = room_of(mina, jun)["id"]
        sent = [say(mina if number % 2 else jun, room_id, f"No. {number}") for number in range(1, 8)]
        assert [message["seq"] for message in sent] == list(range(1, 8))
        assert sent[0].keys() == MESSAGE
        assert sent[0]["sender"] == {"id": mina.id, "displayName": "Mina"}
        path = f"/rooms/{room_id}/messages"
        assert items(jun, path) == sent
        assert items(jun, path, afterSeq=5) == sent[5:]
        assert items(jun, path, beforeSeq=3) == sent[:2]
        first = jun.http.get(CHAT + path, params={"afterSeq": 0, "limit": 3}).json()
        then = jun.http.get(CHAT + path, params={"limit": 3, "cursor": first["nextCursor"]}).json()
        assert first["items"] + then["items"] == sent[:6]
        last = jun.http.get(CHAT + path, params={"limit": 3}).json()
        before = jun.http.get(CHAT + path, params={"limit": 3, "cursor": last["nextCursor"]}).json()
        assert before["items"] + last["items"] == sent[1:]

    def test_a_retry_is_the_same_message(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        first = say(mina, room_id, "Hello", clientMessageId="c-1")
        assert say(mina, room_id, "Hello", clientMessageId="c-1") == first
        assert say(jun, room_id, "Hello", clientMessageId="c-1")["seq"] == 2
        path = f"{CHAT}/rooms/{room_id}/messages"
        keyed = [
            mina.http.post(path, json={"body": "Once"}, headers={"idempotency-key": "k"}) for _ in range(2)
        ]
        assert keyed[0].json() == keyed[1].json()
        assert len(items(mina, f"/rooms/{room_id}/messages")) == 3

    def test_are_edited_answered_and_deleted(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        first = say(mina, room_id, "Helo")
        message = f"{CHAT}/messages/{first['id']}"
        edited = mina.http.patch(message, json={"body": "Hello"}).json()
        assert (edited["body"], edited["seq"], edited["editedAt"] is None) == ("Hello", 1, False)
        assert jun.http.get(f"{message}/edits").json()["items"][0]["body"] == "Helo"
        assert code(jun.http.patch(message, json={"body": "Mine"})) == (403, "not_allowed_in_room")
        assert say(jun, room_id, "Hi!", replyTo=first["id"])["replyTo"] == first["id"]
        assert code(jun.http.delete(message)) == (403, "not_allowed_in_room")
        assert mina.http.delete(message).status_code == 204
        tombstone = items(jun, f"/rooms/{room_id}/messages")[0]
        assert (tombstone["body"], tombstone["deletedAt"] is None, tombstone["seq"]) == ("", False, 1)
        assert jun.http.get(f"{message}/edits").json() == {"items": []}
        assert code(mina.http.patch(message, json={"body": "Back"})) == (409, "message_deleted")

    def test_reactions(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        path = f"{CHAT}/messages/{say(mina, room_id, 'Hello')['id']}/reactions"
        for person in (mina, jun, jun):
            answer = person.http.post(path, json={"emoji": "👍🏽"})
        assert answer.json()["reactions"] == [{"emoji": "👍🏽", "count": 2, "userIds": [mina.id, jun.id]}]
        left = jun.http.delete(path, params={"emoji": "👍🏽"}).json()["reactions"]
        assert left == [{"emoji": "👍🏽", "count": 1, "userIds": [mina.id]}]
        assert code(jun.http.post(path, json={"emoji": "two words"})) == (422, "invalid_message")

    @pytest.mark.parametrize("body", ["", "   ", "x" * 4001, "\x00", "\u202ereversed"])
    def test_what_cannot_be_sent(self, town: Town, body: str) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        answer = mina.http.post(f"{CHAT}/rooms/{room_id}/messages", json={"body": body})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "$.body"
        assert items(mina, f"/rooms/{room_id}/messages") == []

    def test_four_thousand_characters_of_any_script(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        assert say(mina, room_id, "가" * 4000)["body"] == "가" * 4000

    def test_between_people_who_blocked_each_other(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun, kind="direct")["id"]
        say(mina, room_id, "Hello")
        mina.http.post(f"/api/v1/users/{jun.id}/block")
        for person in (mina, jun):
            answer = person.http.post(f"{CHAT}/rooms/{room_id}/messages", json={"body": "?"})
            assert code(answer) == (403, "contact_refused")
        assert len(items(jun, f"/rooms/{room_id}/messages")) == 1, "what was said stays readable"
        mina.http.delete(f"/api/v1/users/{jun.id}/block")
        assert say(jun, room_id, "Again")["seq"] == 2


class TestUnread:
    def test_counts_what_others_said_and_nothing_else(self, town: Town) -> None:
        mina, jun, sora = town.register(), town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        sent = [say(mina, room_id, f"No. {number}") for number in range(3)]
        say(jun, room_id, "Mine")
        assert (unread(jun), unread(mina)) == ({room_id: 3}, {room_id: 1})
        mina.http.delete(f"{CHAT}/messages/{sent[1]['id']}")
        assert unread(jun) == {room_id: 2}
        read = f"{CHAT}/rooms/{room_id}/read"
        assert jun.http.post(read, json={"seq": 1}).json() == {"readSeq": 1, "unreadCount": 1}
        assert jun.http.post(read, json={"seq": 0}).json() == {"readSeq": 1, "unreadCount": 1}
        assert unread(jun) == {room_id: 1}
        mina.http.post(f"{CHAT}/rooms/{room_id}/members", json={"memberIds": [sora.id]})
        assert unread(sora) == {room_id: 0}
        say(mina, room_id, "Welcome")
        assert (unread(sora), unread(jun)) == ({room_id: 1}, {room_id: 2})
        assert jun.http.post(read, json={}).json() == {"readSeq": 5, "unreadCount": 0}
        assert unread(jun) == {room_id: 0}

    def test_a_muted_room_still_counts(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        muted = jun.http.post(f"{CHAT}/rooms/{room_id}/mute", json={}).json()
        assert (muted["muted"], muted["mutedUntil"]) == (True, None)
        timed = jun.http.post(f"{CHAT}/rooms/{room_id}/mute", json={"minutes": 5}).json()
        assert timed["mutedUntil"] > timed["createdAt"]
        say(mina, room_id, "Hello")
        assert unread(jun) == {room_id: 1}
        assert jun.http.delete(f"{CHAT}/rooms/{room_id}/mute").status_code == 204
        assert items(jun, "/rooms")[0]["muted"] is False


class TestSearch:
    def test_finds_words_of_many_scripts_in_ones_own_rooms(self, town: Town) -> None:
        mina, jun, sora = town.register(), town.register(), town.register()
        mine, theirs = room_of(mina, jun)["id"], room_of(jun, sora)["id"]
        texts = [
            "The café is open",
            "안녕하세요, 반갑습니다",
            "日本語を勉強する",
            "เรียนภาษาไทย",
            "open the door",
        ]
        sent = {text: say(mina, mine, text)["id"] for text in texts}
        say(jun, theirs, "The café of others, 안녕하세요")
        for query, found in (
            ("cafe", texts[:1]),
            ("OPEN", [texts[4], texts[0]]),
            ("open the", [texts[4], texts[0]]),
            ("door op", texts[4:]),
            ("반갑", texts[1:2]),
            ("녕하세", texts[1:2]),
            ("요", texts[1:2]),
            ("勉強", texts[2:3]),
            ("語", texts[2:3]),
            ("ภาษา", texts[3:4]),
            ("nothing", []),
            ('"* OR NEAR(', []),
            ("!", []),
        ):
            assert [message["body"] for message in items(mina, "/search", q=query)] == found, query
        assert items(sora, "/search", q="open") == []
        mina.http.patch(f"{CHAT}/messages/{sent[texts[4]]}", json={"body": "close the window"})
        assert [message["body"] for message in items(jun, "/search", q="open", roomId=mine)] == texts[:1]
        mina.http.delete(f"{CHAT}/messages/{sent[texts[0]]}")
        assert items(mina, "/search", q="cafe") == []
        jun.http.post(f"{CHAT}/rooms/{mine}/leave")
        assert items(jun, "/search", q="window") == []

    def test_who_is_in_no_room_finds_nothing(self, town: Town) -> None:
        assert items(town.register(), "/search", q="hello") == []

    def test_pages(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        for number in range(5):
            say(mina, room_id, f"word {number}")
        first = mina.http.get(f"{CHAT}/search", params={"q": "word", "limit": 3}).json()
        then = mina.http.get(f"{CHAT}/search", params={"q": "word", "cursor": first["nextCursor"]}).json()
        found = [message["body"] for message in first["items"] + then["items"]]
        assert found == [f"word {number}" for number in (4, 3, 2, 1, 0)]
        assert then["nextCursor"] is None


class TestAttachments:
    def test_are_for_members(self, town: Town) -> None:
        mina, jun, sora = town.register(), town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        files = {"file": ("../노트.txt", b"<script>hello</script>", "text/html")}
        uploaded = mina.http.post(f"{CHAT}/rooms/{room_id}/attachments", files=files).json()
        assert (uploaded["name"], uploaded["kind"], uploaded["size"]) == ("노트.txt", "file", 22)
        assert code(jun.http.get(uploaded["url"])) == (404, "attachment_not_found"), "not sent yet"
        message = say(mina, room_id, "", attachments=[uploaded["id"]])
        assert message["attachments"] == [uploaded]
        served = jun.http.get(uploaded["url"])
        assert served.content == b"<script>hello</script>"
        assert served.headers["content-type"] == "application/octet-stream"
        assert served.headers["content-disposition"].startswith("attachment;")
        again = jun.http.get(uploaded["url"], headers={"if-none-match": served.headers["etag"]})
        assert again.status_code == 304
        part = jun.http.get(uploaded["url"], headers={"range": "bytes=8-12"})
        assert (part.status_code, part.content) == (206, b"hello")
        assert code(sora.http.get(uploaded["url"])) == (404, "room_not_found")
        assert code(httpx.get(str(jun.http.base_url.join(uploaded["url"])))) == (401, "unauthorized")
        twice = mina.http.post(f"{CHAT}/rooms/{room_id}/messages", json={"attachments": [uploaded["id"]]})
        assert code(twice) == (422, "invalid_message")
        mina.http.delete(f"{CHAT}/messages/{message['id']}")
        assert code(jun.http.get(uploaded["url"])) == (404, "attachment_not_found")

    def test_too_large_or_empty(self, town: Town) -> None:
        mina, jun = town.register(), town.register()
        path = f"{CHAT}/rooms/{room_of(mina, jun)['id']}/attachments"
        headers = {"content-type": "application/octet-stream"}
        large = mina.http.post(path, content=b"x" * (10 * 1024 * 1024 + 1), headers=headers)
        assert large.status_code == 413
        assert mina.http.post(path, content=b"", headers=headers).status_code == 422


class TestOthers:
    def test_see_nothing(self, town: Town) -> None:
        mina, jun, sora = town.register(), town.register(), town.register()
        room_id = room_of(mina, jun)["id"]
        message_id = say(mina, room_id, "Hello")["id"]
        room, message = f"{CHAT}/rooms/{room_id}", f"{CHAT}/messages/{message_id}"
        for method, path, body in (
            ("GET", room, None),
            ("PATCH", room, {"name": "Mine"}),
            ("DELETE", room, None),
            ("GET", f"{room}/messages", None),
            ("POST", f"{room}/messages", {"body": "Hi"}),
            ("POST", f"{room}/read", {"seq": 1}),
            ("POST", f"{room}/mute", {}),
            ("POST", f"{room}/leave", None),
            ("POST", f"{room}/members", {"memberIds": [sora.id]}),
            ("DELETE", f"{room}/members/{jun.id}", None),
            ("POST", f"{room}/attachments", None),
            ("PATCH", message, {"body": "Mine"}),
            ("DELETE", message, None),
            ("GET", f"{message}/edits", None),
            ("POST", f"{message}/reactions", {"emoji": "👍"}),
            ("DELETE", f"{message}/reactions?emoji=x", None),
        ):
            sending: dict[str, Any] = {"json": body}
            if path.endswith("attachments"):
                sending = {"content": b"x", "headers": {"content-type": "application/octet-stream"}}
            answer = sora.http.request(method, path, **sending)
            assert answer.status_code == 404, (method, path, answer.text)
        for absent in ("x", "a" * 26, f"{room_id}-9", f"{room_id}-x", "a" * 26 + "-1", "%2F"):
            assert code(mina.http.delete(f"{CHAT}/messages/{absent}")) == (404, "message_not_found")
            if "-" not in absent:
                assert code(mina.http.get(f"{CHAT}/rooms/{absent}")) == (404, "room_not_found")
        assert len(items(mina, f"/rooms/{room_id}/messages")) == 1

    def test_are_asked_to_sign_in(self, url: str) -> None:
        assert code(httpx.get(f"{url}{CHAT}/rooms")) == (401, "unauthorized")
        assert code(httpx.post(f"{url}{CHAT}/rooms", json={})) == (401, "unauthorized")


class TestErasure:
    def test_leaves_the_room_readable_and_no_name(self, town: Town) -> None:
        mina, jun = town.register(displayName="Mina Kim"), town.register()
        room_id = room_of(mina, jun)["id"]
        say(mina, room_id, "Hello")
        exported = mina.http.get("/api/v1/users/export").json()["data"]
        assert exported["chatMessages"][0]["data"]["body"] == "Hello"
        assert exported["chatRooms"][0]["roomId"] == room_id
        gone = mina.http.request("DELETE", "/api/v1/users/account", json={"password": "korrekt-pferd"})
        assert gone.status_code == 204
        for _ in range(100):
            (message,) = items(jun, f"/rooms/{room_id}/messages")
            if message["sender"]["displayName"] == "Deleted user":
                break
        assert message == message | {
            "body": "Hello",
            "sender": {"id": mina.id, "displayName": "Deleted user"},
        }
        assert [member["id"] for member in jun.http.get(f"{CHAT}/rooms/{room_id}").json()["members"]] == [
            jun.id
        ]
