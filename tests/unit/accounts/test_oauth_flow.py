"""Signing in through others: what a browser, a provider or a stranger might try."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from services.accounts import recovery, sessions
from services.accounts.oauth import flow
from services.accounts.oauth.flow import BadState, RedirectNotAllowed
from services.accounts.oauth.upstream import OauthUnavailable
from services.accounts.problems import AccountSuspended, InvalidOneTimeToken
from services.context import sql
from services.encoding import b64url
from services.problems import InvalidToken, NotFound
from tests.unit.accounts.providers import APP, Browser, Providers
from tests.unit.accounts.world import EMAIL, World
from tests.unit.support import make_context, reconfigured

if TYPE_CHECKING:
    from services.context import Context


@pytest.fixture
def context() -> Context:
    clients = {
        f"OAUTH_{name}_CLIENT_{part}": value
        for name in ("GOOGLE", "GITHUB", "NAVER")
        for part, value in (("ID", "client"), ("SECRET", "hush"))
    }
    return make_context(OAUTH_REDIRECT_URIS=f"{APP} https://other.test/", **clients)


@pytest.fixture
def providers(context: Context, request: pytest.FixtureRequest) -> Providers:
    issuer = f"https://{sha256(request.node.name.encode()).hexdigest()[:16]}.google.test"
    context.config.values["OAUTH_GOOGLE_ISSUER"] = issuer
    return Providers(context, issuer)


@pytest.fixture
def browser(providers: Providers) -> Browser:
    return Browser(providers)


each_provider = pytest.mark.parametrize("provider", ["google", "github", "naver"])


class TestHappyWay:
    @each_provider
    async def test_signs_a_new_person_in(self, browser: Browser, world: World, provider: str) -> None:
        opened = await browser.sign_in(provider)
        assert opened.reply.user.email == EMAIL
        assert (
            opened.reply.user.display_name
            == {"google": "Mina Kim", "github": "mina", "naver": "민아"}[provider]
        )
        assert world.principal(opened).user_id == opened.reply.user.id
        assert await world.refresh(opened)

    @each_provider
    async def test_knows_the_person_again(self, browser: Browser, provider: str) -> None:
        first, second = await browser.sign_in(provider), await browser.sign_in(provider)
        assert first.reply.user == second.reply.user
        assert first.session_id != second.session_id

    @each_provider
    async def test_proves_possession_with_pkce(self, browser: Browser, provider: str) -> None:
        query = await browser.begin(provider)
        await browser.finish(provider, query["state"])
        token_request = next(body for _, url, _, body in browser.context.http.requests if "token" in url)
        verifier = parse_qs(token_request.decode())["code_verifier"][0]
        assert query["code_challenge_method"] == "S256"
        assert query["code_challenge"] == b64url(sha256(verifier.encode()).digest())
        assert verifier not in str(query)

    async def test_gives_the_front_end_its_own_state_back(self, browser: Browser) -> None:
        query = await browser.begin("github", client_state="tab=2&x")
        assert (await browser.finish("github", query["state"]))["state"] == "tab=2&x"

    async def test_two_tabs_at_once_both_finish(self, browser: Browser) -> None:
        first, second = await browser.begin("github"), await browser.begin("github")
        assert "code" in await browser.finish("github", first["state"])
        assert "code" in await browser.finish("github", second["state"])

    async def test_a_name_that_cannot_be_shown_is_made_showable(self, browser: Browser) -> None:
        browser.providers.claims["name"] = "\u202e" + "x" * 200
        assert (await browser.sign_in("google")).reply.user.display_name == "x" * 50


class TestState:
    async def test_works_once(self, browser: Browser) -> None:
        state = (await browser.begin("github"))["state"]
        await browser.finish("github", state)
        with pytest.raises(BadState):
            await browser.finish("github", state)

    async def test_ends_after_ten_minutes(self, browser: Browser) -> None:
        state = (await browser.begin("github"))["state"]
        browser.context.clock.advance(minutes=10)
        with pytest.raises(BadState):
            await browser.finish("github", state)

    async def test_belongs_to_one_browser(self, browser: Browser) -> None:
        victim = Browser(browser.providers)
        await victim.begin("github")
        attackers = (await browser.begin("github"))["state"]
        with pytest.raises(BadState):
            await victim.finish("github", attackers)
        victim.cookie = None
        with pytest.raises(BadState):
            await victim.finish("github", attackers)
        assert "code" in await browser.finish("github", attackers), "and is not spent by that"

    async def test_belongs_to_one_provider(self, browser: Browser) -> None:
        state = (await browser.begin("github"))["state"]
        with pytest.raises(BadState):
            await browser.finish("naver", state)

    @pytest.mark.parametrize("state", ["", ".", "x.y", "é.é"])
    async def test_cannot_be_made_up(self, browser: Browser, state: str) -> None:
        await browser.begin("github")
        with pytest.raises(BadState):
            await browser.finish("github", state)

    async def test_no_stored_flow_can_be_taken_over_by_who_reads_the_database(self, browser: Browser) -> None:
        query = await browser.begin("github")
        dump = "\n".join(browser.context.db.connection.iterdump())
        assert query["state"].partition(".")[0] not in dump
        await browser.finish("github", query["state"])
        sent = parse_qs(browser.context.http.requests[0][3].decode())
        assert sent["code_verifier"][0] not in dump


class TestRedirect:
    @pytest.mark.parametrize(
        "uri",
        ["", "https://evil.test/", APP + "/", APP + "?x=1", APP.upper(), "//app.test/signed-in", APP + "\n",
         f"{APP} https://other.test/", "javascript:alert(1)"],
    )  # fmt: skip
    async def test_goes_nowhere_but_where_the_operator_says(self, browser: Browser, uri: str) -> None:
        with pytest.raises(RedirectNotAllowed):
            await browser.begin("github", redirect_uri=uri)

    async def test_carries_no_token(self, browser: Browser) -> None:
        outcome = await browser.finish("github", (await browser.begin("github"))["state"])
        assert set(outcome) == {"code"}
        with pytest.raises(InvalidToken):
            await sessions.refresh(browser.context, outcome["code"])

    async def test_its_code_works_once_for_a_minute(self, browser: Browser) -> None:
        outcome = await browser.finish("github", (await browser.begin("github"))["state"])
        await flow.exchange(browser.context, outcome["code"], "")
        with pytest.raises(InvalidOneTimeToken):
            await flow.exchange(browser.context, outcome["code"], "")
        outcome = await browser.finish("github", (await browser.begin("github"))["state"])
        browser.context.clock.advance(minutes=1)
        with pytest.raises(InvalidOneTimeToken):
            await flow.exchange(browser.context, outcome["code"], "")

    async def test_tells_when_the_person_said_no(self, browser: Browser) -> None:
        state = (await browser.begin("github"))["state"]
        assert await browser.finish("github", state, code=None) == {"error": "access_denied"}

    async def test_tells_when_the_code_is_not_good(self, browser: Browser) -> None:
        state = (await browser.begin("github"))["state"]
        assert await browser.finish("github", state, code="stolen") == {"error": "oauth_failed"}


class TestIdToken:
    async def outcome(self, browser: Browser) -> dict[str, str]:
        return await browser.finish("google", (await browser.begin("google"))["state"])

    @pytest.mark.parametrize(
        "claims",
        [{"iss": "https://evil.test"}, {"aud": "another"}, {"aud": ["client", "b"], "azp": "b"}, {"exp": 1},
         {"nonce": "another"}, {"nonce": None}, {"sub": None}, {"sub": ""}, {"nbf": 99999999999}],
    )  # fmt: skip
    async def test_with_a_wrong_claim_lets_nobody_in(self, browser: Browser, claims: dict) -> None:
        browser.providers.claims |= claims
        assert await self.outcome(browser) == {"error": "oauth_failed"}

    async def test_signed_by_another_key_lets_nobody_in(self, browser: Browser) -> None:
        browser.providers.key = 9
        assert await self.outcome(browser) == {"error": "oauth_failed"}

    async def test_new_keys_of_the_provider_are_found(self, browser: Browser) -> None:
        keys = f"{browser.providers.issuer}/keys"
        browser.context.http.services[keys] = lambda **_: (200, {"keys": []})
        assert await self.outcome(browser) == {"error": "oauth_failed"}
        browser.context.http.services[keys] = browser.providers._keys
        assert await self.outcome(browser) == {"error": "oauth_failed"}, "not asked again within the minute"
        browser.context.clock.advance(minutes=1)
        assert "code" in await self.outcome(browser)

    async def test_metadata_of_another_issuer_is_not_trusted(self, browser: Browser) -> None:
        browser.context.http.services[f"{browser.providers.issuer}/.well-known/openid-configuration"] = (
            lambda **_: (200, {**browser.providers._discovery()[1], "issuer": "https://evil.test"})
        )
        with pytest.raises(OauthUnavailable):
            await browser.begin("google")

    async def test_an_address_is_read_from_userinfo_of_the_same_person_only(self, browser: Browser) -> None:
        providers, services = browser.providers, browser.context.http.services
        providers.claims = {"sub": "g-1"}
        metadata = {**providers._discovery()[1], "userinfo_endpoint": f"{providers.issuer}/me"}
        services[f"{providers.issuer}/.well-known/openid-configuration"] = lambda **_: (200, metadata)
        services[f"{providers.issuer}/me"] = lambda **_: (200, {"sub": "g-2", "email": EMAIL})
        assert await self.outcome(browser) == {"error": "oauth_failed"}
        services[f"{providers.issuer}/me"] = lambda **_: (200, {"sub": "g-1", "email": EMAIL})
        assert (await browser.sign_in("google")).reply.user.email == EMAIL


class TestLinking:
    async def error(self, browser: Browser, provider: str) -> str | None:
        outcome = await browser.finish(provider, (await browser.begin(provider))["state"])
        return outcome.get("error")

    async def test_an_account_with_the_same_confirmed_address_is_the_same_person(
        self, browser: Browser, world: World
    ) -> None:
        registered = await world.register()
        await world.verify_email()
        assert (await browser.sign_in("google")).reply.user == registered.reply.user
        assert (await browser.sign_in("github")).reply.user == registered.reply.user

    @each_provider
    async def test_an_account_whose_address_is_not_confirmed_is_not_taken_for_it(
        self, browser: Browser, world: World, provider: str
    ) -> None:
        await world.register()
        assert await self.error(browser, provider) == "email_taken"

    async def test_an_address_that_the_provider_does_not_vouch_for_opens_no_account(
        self, browser: Browser, world: World
    ) -> None:
        await world.register()
        await world.verify_email()
        browser.providers.claims["email_verified"] = False
        assert await self.error(browser, "google") == "email_taken"
        browser.providers.claims["email_verified"] = "true"
        assert await self.error(browser, "google") == "email_taken"
        assert await self.error(browser, "naver") == "email_taken"

    async def test_only_githubs_verified_primary_address_counts(self, browser: Browser, world: World) -> None:
        await world.register()
        await world.verify_email()
        browser.providers.github_emails[0]["verified"] = False
        assert (await browser.sign_in("github")).reply.user.email is None

    async def test_an_unconfirmed_address_is_mailed_a_link(self, browser: Browser, world: World) -> None:
        await browser.sign_in("naver")
        await recovery.verify_email(world.context, await world.mailed_token("이메일"))
        assert (await world.row("users", display_name="민아"))["email_verified_at"]

    async def test_who_squats_on_an_address_loses_it_to_its_owner(
        self, browser: Browser, world: World
    ) -> None:
        squatter = await browser.sign_in("naver")
        await recovery.forgot_password(world.context, EMAIL)
        await world.reset_password(await world.mailed_token("비밀번호"), "korrekt-pferd")
        with pytest.raises(InvalidToken):
            await world.refresh(squatter)
        assert await self.error(browser, "naver") == "email_taken"
        assert await world.sign_in()

    async def test_a_subject_of_one_provider_is_nobody_at_another(self, browser: Browser) -> None:
        browser.providers.claims = {"sub": "42", "email": "other@example.org", "email_verified": True}
        assert (await browser.sign_in("github")).reply.user.id != (
            await browser.sign_in("google")
        ).reply.user.id

    async def test_no_subject_is_readable_in_the_database(self, browser: Browser) -> None:
        await browser.sign_in("google")
        (row,) = await browser.context.db.all(sql("SELECT * FROM identities"))
        assert "g-1" not in json.dumps(row)

    async def test_a_suspended_person_stays_out(self, browser: Browser, world: World) -> None:
        opened = await browser.sign_in("github")
        waiting = await browser.finish("github", (await browser.begin("github"))["state"])
        await world.suspend(opened)
        assert await self.error(browser, "github") == "account_suspended"
        with pytest.raises(AccountSuspended):
            await flow.exchange(browser.context, waiting["code"], "")


class TestOutages:
    async def test_a_provider_that_is_down_is_said_to_be(self, browser: Browser) -> None:
        state = (await browser.begin("github"))["state"]
        browser.context.http.services["https://github.com/login/oauth/access_token"] = lambda **_: (502, {})
        with pytest.raises(OauthUnavailable) as problem:
            await browser.finish("github", state)
        assert problem.value.retry_after

    async def test_an_issuer_that_does_not_answer_is_said_to(self, browser: Browser) -> None:
        browser.context.http.services.clear()
        with pytest.raises(OauthUnavailable):
            await browser.begin("google")

    async def test_a_provider_without_a_client_is_not_available(self, browser: Browser) -> None:
        browser.context = reconfigured(browser.context, OAUTH_NAVER_CLIENT_ID="")
        with pytest.raises(OauthUnavailable, match="not configured"):
            await browser.begin("naver")

    async def test_an_unknown_provider_is_not_found(self, browser: Browser) -> None:
        with pytest.raises(NotFound):
            await browser.begin("myspace")
