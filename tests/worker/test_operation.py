"""What operators see."""

from __future__ import annotations

import httpx
import pytest

from runtime.server import Runtime


def logged(server: Runtime, wanted: str, since: int = 0) -> str:
    """The log once it says something: its lines come on a way of their own, behind the answers."""
    for _ in range(200):
        told = "\n".join(server.log[since:])
        if wanted in told:
            return told
        httpx.get(f"{server.url}/openapi.json", timeout=60)
    raise AssertionError(f"the log does not say {wanted!r}")


def test_the_cron_runs_without_complaint(runtime):
    before = len(runtime.log)
    answer = httpx.get(f"{runtime.url}/cdn-cgi/local/scheduled", timeout=60)
    assert answer.text == "ok"
    assert not [line for line in runtime.log[before:] if "upkeep_failed" in line]


def test_logs_are_json_lines_without_personal_data(runtime, town):
    before = len(runtime.log)
    person = town.register(displayName="Rosalind Quill")
    person.http.get("/api/v1/users/profile", headers={"x-request-id": "trace-77"})
    person.http.get("/health")
    told = logged(runtime, '"route": "/health"', since=before)
    assert '"requestId": "trace-77"' in told
    assert '"route": "/api/v1/users/profile"' in told
    assert person.email not in told
    assert "Rosalind" not in told
    assert person.tokens["accessToken"] not in told


@pytest.mark.parametrize(("given", "status"), [("", 404), ("Bearer wrong", 404), ("right", 200)])
def test_metrics_are_for_the_operator_outside_development(tmp_path_factory, production, given, status):
    secret = production["OPERATOR_TOKEN"]
    headers = {"authorization": f"Bearer {secret}" if given == "right" else given} if given else {}
    assert httpx.get(f"{production['url']}/metrics", headers=headers, timeout=60).status_code == status


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """A server that takes itself for production."""
    token = "an-operator-token-of-this-test"
    variables = {"ENVIRONMENT": "production", "OPERATOR_TOKEN": token}
    with Runtime(state=tmp_path_factory.mktemp("production"), vars=variables) as server:
        yield {"url": server.url, "OPERATOR_TOKEN": token}


def test_a_missing_secret_is_named_in_the_log_and_not_in_the_answer(tmp_path):
    with Runtime(state=tmp_path, vars={"JWT_PRIVATE_KEYS": ""}) as server:
        answer = httpx.get(f"{server.url}/.well-known/jwks.json", timeout=60)
        told = logged(server, "not_configured")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")
    assert "JWT_PRIVATE_KEYS" not in answer.text
    assert "the secret JWT_PRIVATE_KEYS is not set: make it with `python -m ops keys new`" in told
