"""Another deployment: no development one, its limits strict, its providers down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from runtime.server import Runtime
from tests.worker.oidc.browser import APP, Browser
from tests.worker.oidc.provider import CALLBACK, providers, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.worker.people import Town


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Worker whose providers have been running and are gone."""
    limits = json.dumps({"account": "3/900 exact"})
    others = {"OAUTH_REDIRECT_URIS": APP, "ENVIRONMENT": "staging", "RATE_LIMITS": limits}
    with providers() as gone:
        settings = variables(gone) | others
    with Runtime(state=tmp_path_factory.mktemp("outage"), vars=settings) as runtime:
        yield runtime.url


def test_a_provider_that_does_not_answer_is_reported(town: Town) -> None:
    answer = Browser(town).begin("google")
    assert (answer.status_code, answer.json()["code"]) == (503, "oauth_unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_one_that_breaks_down_on_the_way_is_too(town: Town) -> None:
    browser = Browser(town)
    state = httpx.URL(browser.begin("github").headers["location"]).params["state"]
    answer = browser.come_back(
        httpx.URL(CALLBACK.replace("{provider}", "github"), params={"code": "x", "state": state})
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "oauth_unavailable")


def test_nobody_reads_the_outbox(town: Town) -> None:
    assert town.visitor().get("/dev/outbox").status_code == 404


def test_guessing_from_many_addresses_is_limited_by_account(town: Town) -> None:
    for email in (town.register().email, "nobody@example.org"):
        body = {"email": email, "password": "wrong"}
        statuses = [town.visitor().post("/api/v1/auth/login", json=body).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429], "the limit does not tell whether there is an account"
