"""Pictures as browsers fetch them."""

from __future__ import annotations

import http.client
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

PICTURE = (Path(__file__).parents[1] / "unit" / "users" / "pictures" / "plain.webp").read_bytes()


@pytest.fixture(scope="module")
def picture(runtime: object) -> str:
    """The address of an uploaded picture."""
    url = runtime.url
    body = {
        "email": f"{secrets.token_hex(6)}@example.org",
        "password": "correct horse battery",
        "displayName": "Mina",
        "agreements": {"terms": True, "privacy": True},
    }
    address = {"cf-connecting-ip": f"2001:db8:{secrets.randbelow(65536):x}:1::1"}
    joined = httpx.post(f"{url}/api/v1/auth/register", json=body, headers=address, timeout=60)
    token = joined.json()["accessToken"]
    headers = {"authorization": f"Bearer {token}", "content-type": "image/webp"}
    answer = httpx.post(f"{url}/api/v1/users/profile/image", content=PICTURE, headers=headers, timeout=60)
    return url + answer.json()["profileImageUrl"]


def test_is_public_safe_and_cached_for_good(picture: str) -> None:
    answer = httpx.get(picture)
    assert (answer.status_code, answer.content) == (200, PICTURE)
    headers = answer.headers
    assert headers["content-type"] == "image/webp"
    assert headers["content-length"] == str(len(PICTURE))
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == "inline"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["accept-ranges"] == "bytes"
    assert headers["etag"].startswith('"')


def test_head_tells_the_same_without_the_bytes(picture: str) -> None:
    whole, head = httpx.get(picture), httpx.head(picture)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers[name] == whole.headers[name]


def test_is_not_sent_again(picture: str) -> None:
    etag = httpx.get(picture).headers["etag"]
    answer = httpx.get(picture, headers={"if-none-match": f'"other", {etag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert httpx.get(picture, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("0-0", 0, 1), ("10-19", 10, 20), ("100-", 100, None), ("-7", -7, None), ("5-9999", 5, None)],
)
def test_a_range(picture: str, wanted: str, start: int, end: int | None) -> None:
    answer = httpx.get(picture, headers={"range": f"bytes={wanted}"})
    part = PICTURE[start:end]
    first = start % len(PICTURE)
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(PICTURE)}"
    assert answer.headers["content-length"] == str(len(part))


def test_ranges_that_cannot_be_had(picture: str) -> None:
    answer = httpx.get(picture, headers={"range": "bytes=5000-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(PICTURE)}"
    for ignored in ("bytes=1-0", "bytes=0-1,3-4", "lines=0-1", "bytes=" + "0-1," * 500):
        assert httpx.get(picture, headers={"range": ignored}).content == PICTURE


def test_a_range_of_another_version_gives_the_whole(picture: str) -> None:
    etag = httpx.get(picture).headers["etag"]
    asked = {"range": "bytes=0-3"}
    assert httpx.get(picture, headers=asked | {"if-range": etag}).content == PICTURE[:4]
    assert httpx.get(picture, headers=asked | {"if-range": '"other"'}).content == PICTURE


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/profile/",
        "/media/profile/../../etc/passwd",
        "/media/..%2f..%2fetc%2fpasswd",
        "/media/profile/%2e%2e/%2e%2e/backup",
        "/media/backup/2026-11-20.sql",
        "/media/profile/" + "a" * 26 + "/" + "a" * 26 + ".html",
        "/media//profile/x",
        "/media/%ff",
        "/media/%00",
        "/media/" + "a/" * 3000,
    ],
)
def test_no_path_leads_elsewhere(runtime: object, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(runtime.url).netloc, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status in {400, 404}
    assert answer.getheader("content-type") == "application/problem+json"
    connection.close()


def test_nothing_can_be_written_there(picture: str) -> None:
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        answer = httpx.request(method, picture)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
