"""What every endpoint promises, whatever it is about."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.worker.people import Town, registration

if TYPE_CHECKING:
    import httpx

REGISTER = "/api/v1/auth/register"
PROFILE = "/api/v1/users/profile"
HOME = "http://localhost:5173"
PREFLIGHT = {"origin": HOME, "access-control-request-method": "PATCH"}
NESTED = "[" * 100_000


@pytest.fixture
def http(town: Town) -> httpx.Client:
    return town.visitor()


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that must be a well-formed problem."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "requestId"} <= set(body)
    assert body["status"] == answer.status_code
    assert body["requestId"] == answer.headers["x-request-id"]
    return answer.status_code, body["code"]


class TestProblems:
    @pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/nothing", "/api/v1/users/profile/", "/%00"])
    def test_unknown_paths_are_not_found(self, http, path):
        assert problem(http.get(path))[0] in (400, 404)

    def test_a_wrong_method_names_the_right_ones(self, http):
        answer = http.put(PROFILE, json={})
        assert problem(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"

    @pytest.mark.parametrize("body", ["{", "nope", "\xff", '{"a":1}x', NESTED], ids=range(5))
    def test_broken_json_is_a_bad_request(self, http, body):
        answer = http.post(
            REGISTER, content=body.encode("latin-1"), headers={"content-type": "application/json"}
        )
        assert problem(answer) in [(400, "malformed_json"), (413, "payload_too_large")]

    @pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "[" * 150 + "]" * 150])
    def test_json_of_another_shape_does_not_validate(self, http, body):
        answer = http.post(REGISTER, content=body, headers={"content-type": "application/json"})
        assert problem(answer) == (422, "validation_failed")

    def test_each_invalid_field_is_named(self, http):
        answer = http.post(REGISTER, json=registration(displayName=7, password="short"))
        assert problem(answer) == (422, "validation_failed")
        assert {error["path"] for error in answer.json()["errors"]} == {"$.displayName", "$.password"}
        assert "short" not in answer.text

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_another_media_type_is_refused(self, http, kind):
        answer = http.post(REGISTER, content="{}", headers={"content-type": kind})
        assert problem(answer) == (415, "unsupported_media_type")

    def test_an_announced_large_body_is_refused(self, http):
        answer = http.post(REGISTER, content=b" " * 70_000, headers={"content-type": "application/json"})
        assert problem(answer) == (413, "payload_too_large")

    def test_an_endless_body_is_refused_while_it_comes(self, http):
        def chunks():
            for _ in range(100):
                yield b" " * 10_000

        answer = http.post(REGISTER, content=chunks(), headers={"content-type": "application/json"})
        assert problem(answer) == (413, "payload_too_large")

    @pytest.mark.parametrize(("length", "status"), [(64 * 1024, 422), (64 * 1024 + 1, 413)])
    def test_a_body_in_the_smallest_chunks_is_bounded_to_the_byte(self, http, length, status):
        def chunks():
            yield b"{}"
            for _ in range(length - 2):
                yield b" "

        answer = http.post(REGISTER, content=chunks(), headers={"content-type": "application/json"})
        assert answer.status_code == status


class TestAuthorisation:
    def test_no_token(self, http):
        answer = http.get(PROFILE)
        assert problem(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.", "x" * 10_000, NESTED[:3000]])
    def test_a_token_that_is_none(self, http, token):
        answer = http.get(PROFILE, headers={"authorization": f"Bearer {token}"})
        assert problem(answer) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


class TestHeaders:
    @pytest.mark.parametrize("path", ["/health", "/nothing", PROFILE, "/docs", "/openapi.json"])
    def test_every_answer_is_dressed(self, http, path):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "max-age" in headers["strict-transport-security"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-request-id"]

    def test_the_callers_request_id_comes_back(self, http):
        assert http.get("/nothing", headers={"x-request-id": "trace-1"}).headers["x-request-id"] == "trace-1"
        assert http.get("/nothing", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"

    def test_head_is_get_without_a_body(self, http):
        answer = http.head("/openapi.json")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "application/json"

    def test_options_tells_the_methods(self, http):
        answer = http.options(PROFILE)
        assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PATCH")


class TestCors:
    def test_a_preflight_of_a_known_origin(self, http):
        answer = http.options(PROFILE, headers=PREFLIGHT)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == HOME
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "PATCH" in answer.headers["access-control-allow-methods"]
        assert "authorization" in answer.headers["access-control-allow-headers"]
        assert int(answer.headers["access-control-max-age"]) >= 600

    @pytest.mark.parametrize("origin", ["https://evil.example", "null"])
    def test_other_origins_get_nothing(self, http, origin):
        for answer in (
            http.options(PROFILE, headers=PREFLIGHT | {"origin": origin}),
            http.get(PROFILE, headers={"origin": origin}),
        ):
            assert "access-control-allow-origin" not in answer.headers
            assert answer.headers["vary"] == "Origin"

    def test_failures_can_be_read_across_origins(self, http):
        assert http.get("/nothing", headers={"origin": HOME}).headers["access-control-allow-origin"] == HOME


class TestRateLimits:
    def test_the_hundred_and_first_request_of_a_minute_is_refused(self, town):
        person = town.register()
        answers = [person.http.get(PROFILE) for _ in range(101)]
        assert [answer.status_code for answer in answers] == [200] * 100 + [429]
        assert answers[0].headers["ratelimit-policy"] == '"api";q=100;w=60'
        assert answers[0].headers["ratelimit"].startswith('"api";r=99;')
        assert answers[99].headers["ratelimit"].startswith('"api";r=0;')
        assert problem(answers[100]) == (429, "rate_limited")
        assert 1 <= int(answers[100].headers["retry-after"]) <= 60

    def test_bad_tokens_count_against_their_address(self, http):
        headers = {"authorization": "Bearer x"}
        codes = [http.get(PROFILE, headers=headers).status_code for _ in range(101)]
        assert codes == [401] * 100 + [429]


class TestAliases:
    @pytest.mark.parametrize(
        ("alias", "path"), [("/edge" + PROFILE, PROFILE), ("/actuator/health", "/health")]
    )
    def test_an_alias_is_the_same_resource(self, town, alias, path):
        person = town.register()
        assert person.http.get(alias).json().keys() == person.http.get(path).json().keys()


class TestOperation:
    def test_health_tells_of_each_dependency(self, http):
        answer = http.get("/health")
        assert answer.status_code == 200
        assert answer.json()["status"] == "up"
        assert set(answer.json()["dependencies"]) >= {"database", "keyValue", "media", "objects"}

    def test_metrics_count_requests_by_route_and_status(self, http):
        http.get("/api/v1/nothing")
        text = http.get("/metrics").text
        assert 'studymate_requests_total{route="unmatched",method="GET",status="404"}' in text
        assert "studymate_request_duration_milliseconds_bucket" in text
        assert "studymate_d1_calls_total" in text

    def test_the_documentation_needs_nothing_from_elsewhere(self, http):
        page = http.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "https://" not in page.text
        for file in ("/docs/page.js", "/docs/vendor/swagger-ui.css", "/docs/vendor/swagger-ui-bundle.js"):
            assert file in page.text
            assert http.get(file).status_code == 200

    def test_the_iframe_page_of_sockjs_loads_its_client_from_here(self, http):
        page = http.get("/ws/iframe.html")
        assert page.status_code == 200
        assert "/docs/vendor/sockjs.min.js" in page.text
        assert "://" not in page.text
        script = http.get("/docs/vendor/sockjs.min.js")
        assert script.status_code == 200
        assert "javascript" in script.headers["content-type"]

    def test_a_file_that_is_known_is_not_sent_again(self, http):
        etag = http.get("/openapi.json").headers["etag"]
        assert http.get("/openapi.json", headers={"if-none-match": etag}).status_code == 304


def test_a_connection_that_sends_no_http_disturbs_nobody(url, http):
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as wire:
        wire.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
        wire.recv(1000)
    assert http.get("/health").status_code == 200
