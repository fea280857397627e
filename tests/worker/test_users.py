"""People over real HTTP."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = Path(__file__).parents[1] / "unit" / "users" / "pictures"
PASSWORD = "correct horse battery"
PROFILE = {
    "id",
    "email",
    "displayName",
    "englishName",
    "bio",
    "nativeLanguage",
    "targetLanguages",
    "profileImageUrl",
    "timeZone",
    "locale",
    "onboardingCompleted",
    "createdAt",
    "updatedAt",
}


def an_address() -> dict[str, str]:
    """Where a request seems to come from: many people register from one machine here."""
    return {"cf-connecting-ip": f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}::1"}


@dataclass
class Person:
    """Somebody signed in; ``api`` sends their requests."""

    id: str
    email: str
    api: httpx.Client


@pytest.fixture
def join(url: str) -> Iterator[Any]:
    """Register people: ``join("Mina")``."""
    clients: list[httpx.Client] = []

    def register(name: str) -> Person:
        email = f"{name.lower()}-{secrets.token_hex(6)}@example.org"
        body = {
            "email": email,
            "password": PASSWORD,
            "displayName": name,
            "agreements": {"terms": True, "privacy": True},
        }
        answer = httpx.post(f"{url}/api/v1/auth/register", json=body, headers=an_address(), timeout=60)
        assert answer.status_code == 201, answer.text
        headers = {"authorization": f"Bearer {answer.json()['accessToken']}"}
        clients.append(httpx.Client(base_url=f"{url}/api/v1/users", headers=headers, timeout=60))
        return Person(answer.json()["user"]["id"], email, clients[-1])

    yield register
    for client in clients:
        client.close()


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


class TestProfile:
    def test_is_read_and_changed(self, join: Any) -> None:
        mina = join("Mina")
        before = mina.api.get("/profile").json()
        assert before.keys() == PROFILE
        assert (before["email"], before["displayName"]) == (mina.email, "Mina")
        change = {
            "bio": "안녕하세요 👋",
            "nativeLanguage": "ko",
            "targetLanguages": [{"language": "en", "level": "B1"}, {"language": "ja", "level": None}],
            "timeZone": "Asia/Seoul",
        }
        answer = mina.api.patch("/profile", json=change)
        assert answer.status_code == 200
        after = mina.api.get("/profile").json()
        assert after == answer.json() == before | change | {"updatedAt": after["updatedAt"]}

    def test_what_does_not_validate_changes_nothing(self, join: Any) -> None:
        mina = join("Mina")
        before = mina.api.get("/profile").json()
        for change in (
            {"displayName": ""},
            {"timeZone": "Mars/Olympus"},
            {"targetLanguages": [{"language": "en"}, {"language": "EN"}]},
            {"displayName": None},
        ):
            answer = mina.api.patch("/profile", json={"bio": "new"} | change)
            assert code(answer) == (422, "validation_failed")
            assert answer.json()["errors"]
        native = {"nativeLanguage": "en", "targetLanguages": [{"language": "en"}]}
        assert code(mina.api.patch("/profile", json=native)) == (422, "native_language_as_target")
        assert mina.api.get("/profile").json() == before

    @pytest.mark.parametrize(
        "path", ["profile", "settings", "stats", "achievements", "history", "blocks", "export"]
    )
    def test_nobody_is_asked_to_sign_in(self, url: str, path: str) -> None:
        answer = httpx.get(f"{url}/api/v1/users/{path}")
        assert code(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_of_others_is_public_without_their_address(self, join: Any) -> None:
        mina, jun = join("Mina"), join("Jun")
        answer = jun.api.get(f"/{mina.id}")
        assert answer.json()["displayName"] == "Mina"
        assert mina.email not in answer.text
        assert code(jun.api.get("/nobody")) == (404, "not_found")


class TestSettings:
    def test_are_merged(self, join: Any) -> None:
        mina = join("Mina")
        defaults = mina.api.get("/settings").json()
        changed = mina.api.patch("/settings", json={"privacy": {"presence": "nobody"}, "later": 1}).json()
        assert changed == defaults | {"privacy": defaults["privacy"] | {"presence": "nobody"}}
        assert mina.api.get("/settings").json() == changed
        assert code(mina.api.patch("/settings", json={"privacy": {"presence": "x"}})) == (
            422,
            "validation_failed",
        )


class TestPicture:
    @pytest.mark.parametrize("name", [path.name for path in sorted(PICTURES.iterdir())])
    def test_is_stored_without_metadata_and_served(self, join: Any, url: str, name: str) -> None:
        mina = join("Mina")
        files = {"image": (name, (PICTURES / name).read_bytes(), "application/octet-stream")}
        answer = mina.api.post("/profile/image", files=files)
        assert answer.status_code == 200, answer.text
        path = answer.json()["profileImageUrl"]
        served = httpx.get(url + path)
        assert served.status_code == 200
        assert served.headers["content-type"] == f"image/{name.rpartition('.')[2]}"
        assert b"Secret" not in served.content

    def test_as_a_raw_body_replaced_and_removed(self, join: Any, url: str) -> None:
        mina = join("Mina")
        paths = []
        for name, media_type in (("photo.png", "image/png"), ("photo.webp", "application/octet-stream")):
            picture = (PICTURES / name).read_bytes()
            answer = mina.api.post("/profile/image", content=picture, headers={"content-type": media_type})
            paths.append(answer.json()["profileImageUrl"])
        assert mina.api.get("/profile").json()["profileImageUrl"] == paths[1]
        assert mina.api.delete("/profile/image").status_code == 204
        assert mina.api.delete("/profile/image").status_code == 204
        assert mina.api.get("/profile").json()["profileImageUrl"] is None
        for path in paths:
            assert httpx.get(url + path).status_code == 404

    @pytest.mark.parametrize(
        ("media_type", "body", "expected"),
        [
            ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", (415, "unsupported_image")),
            ("image/png", b"<html><script>alert(1)</script>", (415, "unsupported_image")),
            ("text/html", b"\x89PNG\r\n\x1a\n", (415, "unsupported_media_type")),
            ("image/png", b"", (415, "unsupported_image")),
            ("image/jpeg", (PICTURES / "photo.jpeg").read_bytes()[:-40], (422, "broken_image")),
            ("multipart/form-data", b"--b--", (400, "malformed_multipart")),
            ("multipart/form-data; boundary=b", b"--b--", (422, "validation_failed")),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 17 + b"--b--",
                (413, "multipart_too_large"),
            ),
        ],
    )
    def test_what_is_none_is_refused(
        self, join: Any, media_type: str, body: bytes, expected: tuple[int, str]
    ) -> None:
        answer = join("Mina").api.post("/profile/image", content=body, headers={"content-type": media_type})
        assert code(answer) == expected

    def test_ten_megabytes_pass_and_one_byte_more_does_not(self, join: Any, url: str) -> None:
        mina = join("Mina")
        plain = (PICTURES / "progressive.jpeg").read_bytes()
        largest = plain[:-2] + b"\x00" * (10 * 1024 * 1024 - len(plain)) + b"\xff\xd9"
        headers = {"content-type": "image/jpeg"}
        answer = mina.api.post("/profile/image", content=largest, headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(httpx.get(url + answer.json()["profileImageUrl"]).content) > 10_000_000
        refused = mina.api.post("/profile/image", content=largest + b"\x00", headers=headers)
        assert code(refused) == (413, "payload_too_large")
        form = {"image": ("a.jpeg", largest + b"\x00" * 200_000, "image/jpeg")}
        assert mina.api.post("/profile/image", files=form).status_code == 413
        assert mina.api.get("/profile").status_code == 200


class TestRelations:
    def test_a_block_works_both_ways_until_it_is_taken_back(self, join: Any) -> None:
        mina, jun = join("Mina"), join("Jun")
        assert mina.api.post(f"/{jun.id}/block").status_code == 204
        assert mina.api.post(f"/{jun.id}/block").status_code == 204
        assert code(mina.api.get(f"/{jun.id}")) == code(jun.api.get(f"/{mina.id}")) == (404, "not_found")
        (blocked,) = mina.api.get("/blocks").json()["items"]
        assert (blocked["id"], blocked["displayName"]) == (jun.id, "Jun")
        assert jun.api.get("/blocks").json() == {"items": [], "nextCursor": None}
        assert mina.api.delete(f"/{jun.id}/block").status_code == 204
        assert jun.api.get(f"/{mina.id}").status_code == 200
        assert code(mina.api.post(f"/{mina.id}/block")) == (422, "not_yourself")

    def test_lists_refuse_bad_limits_and_cursors(self, join: Any) -> None:
        mina = join("Mina")
        for path in ("/blocks", "/history"):
            assert code(mina.api.get(path, params={"cursor": "nonsense"})) == (400, "invalid_cursor")
            for limit in (0, 101, "x"):
                assert code(mina.api.get(path, params={"limit": limit})) == (422, "validation_failed")

    def test_a_report_is_made_once(self, join: Any) -> None:
        mina, jun = join("Mina"), join("Jun")
        first = mina.api.post(f"/{jun.id}/report", json={"reason": "spam", "detail": "Sells things."})
        assert first.status_code == 201
        assert mina.api.post(f"/{jun.id}/report", json={"reason": "spam"}).json() == first.json()
        assert code(mina.api.post(f"/{jun.id}/report", json={"reason": "boring"})) == (
            422,
            "validation_failed",
        )

    def test_reports_have_a_daily_limit(self, join: Any) -> None:
        mina, jun = join("Mina"), join("Jun")
        answers = [mina.api.post(f"/{jun.id}/report", json={"reason": "other"}) for _ in range(21)]
        assert [answer.status_code for answer in answers] == [201] * 20 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0


class TestLearning:
    def test_of_somebody_new(self, join: Any) -> None:
        mina = join("Mina")
        stats = mina.api.get("/stats").json()
        assert stats["languageProgress"].keys() == {"speaking", "listening", "reading", "writing"}
        assert (stats["dailyStudyTime"], stats["streakDays"], stats["sessionsCompleted"]) == (0, 0, 0)
        assert mina.api.get("/history").json() == {"items": [], "nextCursor": None}
        assert all(badge["earnedOn"] is None for badge in mina.api.get("/achievements").json()["items"])


class TestDeparture:
    def test_the_export_is_a_file_with_everything(self, join: Any) -> None:
        mina = join("Mina")
        answer = mina.api.get("/export")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.json()["data"]["account"][0]["email"] == mina.email

    def test_takes_the_password_and_ends_everything(self, join: Any, url: str) -> None:
        mina, jun = join("Mina"), join("Jun")
        picture = (PICTURES / "photo.png").read_bytes()
        uploaded = mina.api.post("/profile/image", content=picture, headers={"content-type": "image/png"})
        assert code(mina.api.request("DELETE", "/account", json={})) == (422, "validation_failed")
        assert code(mina.api.request("DELETE", "/account", json={"password": "x"})) == (403, "not_confirmed")
        assert mina.api.request("DELETE", "/account", json={"password": PASSWORD}).status_code == 204
        assert code(mina.api.get("/profile")) == (401, "invalid_token")
        assert code(jun.api.get(f"/{mina.id}")) == (404, "not_found")
        assert mina.api.get("/export").status_code == 401
        login = {"email": mina.email, "password": PASSWORD}
        assert code(httpx.post(f"{url}/api/v1/auth/login", json=login)) == (401, "invalid_credentials")
        assert httpx.get(url + uploaded.json()["profileImageUrl"]).status_code == 404


def test_a_token_that_is_none(url: str) -> None:
    forged = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".e30."
    answer = httpx.get(f"{url}/api/v1/users/profile", headers={"authorization": f"Bearer {forged}"})
    assert code(answer) == (401, "invalid_token")
