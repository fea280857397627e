"""Signing in through others: a real OpenID Connect server, and servers shaped like Naver's and GitHub's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx
import pytest

from runtime.server import Runtime
from tests.worker.oidc.browser import APP, Browser
from tests.worker.oidc.provider import CALLBACK, providers, variables, visit
from tests.worker.people import Person, Town, registration

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTH = "/api/v1/auth"


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the providers are."""
    with providers() as running:
        yield running


@pytest.fixture(scope="module")
def url(origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Worker that is a client of the providers."""
    settings = {**variables(origin), "OAUTH_REDIRECT_URIS": APP}
    with Runtime(state=tmp_path_factory.mktemp("oauth"), vars=settings) as runtime:
        yield runtime.url


@pytest.fixture
def browser(town: Town) -> Browser:
    return Browser(town)


@pytest.mark.parametrize(
    ("provider", "email", "name"),
    [
        ("google", "mina@example.org", "mina Kim"),
        ("github", "octomina@github.test", "octomina"),
        ("naver", "mina@naver.test", "민아"),
    ],
)
def test_signs_in_and_knows_the_person_again(
    browser: Browser, town: Town, provider: str, email: str, name: str
) -> None:
    first = browser.sign_in(provider)
    assert (first["user"]["email"], first["user"]["displayName"]) == (email, name)
    person = Person(town.visitor(), email).accept(first)
    assert person.http.get(f"{AUTH}/sessions").status_code == 200
    assert Browser(town).sign_in(provider)["user"] == first["user"]


def test_sends_the_browser_with_a_challenge_a_nonce_and_a_state(browser: Browser, origin: str) -> None:
    answer = browser.begin("google")
    location = httpx.URL(answer.headers["location"])
    query = dict(parse_qsl(location.query.decode()))
    assert answer.status_code == 302
    assert str(location).startswith(f"{origin}/auth?")
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == CALLBACK.replace("{provider}", "google")
    assert {"state", "nonce", "code_challenge"} <= set(query)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-studymate-oauth=")
    assert "; HttpOnly" in cookie


def test_the_way_back_works_once_and_in_the_same_browser_only(browser: Browser, town: Town) -> None:
    target = visit(browser.begin("google").headers["location"], "juno")
    stranger = Browser(town)
    stranger.begin("google")
    for other in (stranger, Browser(town)):
        refused = other.come_back(target)
        assert (refused.status_code, refused.json()["code"]) == (400, "oauth_state_invalid")
    assert browser.come_back(target).status_code == 302
    assert browser.come_back(target).json()["code"] == "oauth_state_invalid"


def test_the_code_for_the_front_end_works_once(browser: Browser) -> None:
    outcome = browser.outcome("github")
    statuses = [browser.http.post(f"{AUTH}/oauth2/token", json=outcome).status_code for _ in range(2)]
    assert statuses == [200, 400]


def test_only_listed_front_ends_are_redirected_to(browser: Browser) -> None:
    for uri in ("https://evil.test/", APP + "/", APP + "#x"):
        refused = browser.begin("google", redirectUri=uri)
        assert (refused.status_code, refused.json()["code"]) == (400, "redirect_uri_not_allowed")
        assert "location" not in refused.headers


def test_an_account_with_the_address_is_linked_only_when_both_sides_know_it(town: Town) -> None:
    http = town.visitor()
    registered = http.post(f"{AUTH}/register", json=registration(email="sora@example.org")).json()
    person = Person(http, "sora@example.org").accept(registered)
    assert Browser(town).outcome("google", "sora") == {"error": "email_taken"}
    http.post(f"{AUTH}/email/verify", json={"token": person.mailed_token("Confirm")})
    assert Browser(town).sign_in("google", "sora")["user"]["id"] == person.id


def test_an_address_that_the_provider_has_not_verified_links_nothing(town: Town) -> None:
    http = town.visitor()
    registered = http.post(f"{AUTH}/register", json=registration(email="uncertain@example.org")).json()
    person = Person(http, "uncertain@example.org").accept(registered)
    http.post(f"{AUTH}/email/verify", json={"token": person.mailed_token("Confirm")})
    assert Browser(town).outcome("google", "uncertain") == {"error": "email_taken"}


def test_a_made_up_code_opens_nothing(browser: Browser) -> None:
    for provider in ("google", "github", "naver"):
        query = dict(parse_qsl(httpx.URL(browser.begin(provider).headers["location"]).query.decode()))
        target = httpx.URL(
            CALLBACK.replace("{provider}", provider), params={"code": "x", "state": query["state"]}
        )
        assert browser.come_back(target).headers["location"] == f"{APP}?error=oauth_failed"


def test_who_says_no_comes_back_with_that(browser: Browser) -> None:
    query = dict(
        parse_qsl(httpx.URL(browser.begin("naver", state="tab 2").headers["location"]).query.decode())
    )
    said_no = {"error": "access_denied", "state": query["state"]}
    target = httpx.URL(CALLBACK.replace("{provider}", "naver"), params=said_no)
    assert browser.come_back(target).headers["location"] == f"{APP}?error=access_denied&state=tab+2"


def test_an_unknown_provider_is_not_found(browser: Browser) -> None:
    assert browser.begin("myspace").status_code == 404
