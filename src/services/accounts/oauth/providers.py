"""The providers. Each one's endpoints can be configured, so that another server can stand in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.accounts.oauth.oidc import Oidc
from services.accounts.oauth.provider import Authorization, Grant, Profile, Provider
from services.accounts.oauth.upstream import ProviderRefused, client_of, get_json, post_form, with_query
from services.problems import NotFound

if TYPE_CHECKING:
    from services.context import Context


class Naver:
    """Naver Login. Its addresses are contact data that Naver does not vouch for: none counts as verified.

    Vars ``OAUTH_NAVER_URL`` and ``OAUTH_NAVER_API_URL`` replace the hosts.
    """

    name = "naver"

    async def authorize_url(self, context: Context, wanted: Authorization) -> str:
        """Naver's sign-in page."""
        base = context.config.get("OAUTH_NAVER_URL") or "https://nid.naver.com"
        return with_query(f"{base}/oauth2.0/authorize", _query(context, self.name, wanted))

    async def profile(self, context: Context, grant: Grant) -> Profile:
        """Naver wraps its answer in ``response`` and reports failures in ``resultcode``, with status 200."""
        base = context.config.get("OAUTH_NAVER_URL") or "https://nid.naver.com"
        token = await _access_token(context, self.name, f"{base}/oauth2.0/token", grant)
        api = context.config.get("OAUTH_NAVER_API_URL") or "https://openapi.naver.com"
        answer = _object(await get_json(context, f"{api}/v1/nid/me", token=token))
        found = _object(answer.get("response"))
        if answer.get("resultcode") != "00" or not isinstance(found.get("id"), str):
            raise ProviderRefused("no profile")
        name = str(found.get("nickname") or found.get("name") or "")
        return Profile(found["id"], found.get("email"), email_verified=False, name=name, locale="ko")


class Github:
    """GitHub's OAuth apps. Vars ``OAUTH_GITHUB_URL`` and ``OAUTH_GITHUB_API_URL`` replace the hosts."""

    name = "github"

    async def authorize_url(self, context: Context, wanted: Authorization) -> str:
        """GitHub's sign-in page."""
        base = context.config.get("OAUTH_GITHUB_URL") or "https://github.com"
        query = _query(context, self.name, wanted, scope="read:user user:email")
        return with_query(f"{base}/login/oauth/authorize", query)

    async def profile(self, context: Context, grant: Grant) -> Profile:
        """The user, with the primary one of the verified addresses."""
        base = context.config.get("OAUTH_GITHUB_URL") or "https://github.com"
        token = await _access_token(context, self.name, f"{base}/login/oauth/access_token", grant)
        api = context.config.get("OAUTH_GITHUB_API_URL") or "https://api.github.com"
        user = _object(await get_json(context, f"{api}/user", token=token))
        if not isinstance(user.get("id"), int):
            raise ProviderRefused("no profile")
        email = _primary(await get_json(context, f"{api}/user/emails", token=token))
        name = str(user.get("name") or user.get("login") or "")
        return Profile(str(user["id"]), email, email_verified=email is not None, name=name)


GOOGLE = Oidc("google", "https://accounts.google.com")
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (Naver(), GOOGLE, Github())}


def provider_named(name: str) -> Provider:
    """The provider; raises ``NotFound``."""
    provider = PROVIDERS.get(name)
    if provider is None:
        raise NotFound(f"The providers are {', '.join(sorted(PROVIDERS))}.")
    return provider


def _query(context: Context, provider: str, wanted: Authorization, **more: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": client_of(context, provider).id,
        "redirect_uri": wanted.redirect_uri,
        "state": wanted.state,
        "code_challenge": wanted.challenge,
        "code_challenge_method": "S256",
        **more,
    }


async def _access_token(context: Context, provider: str, url: str, grant: Grant) -> str:
    client = client_of(context, provider)
    form = {
        "grant_type": "authorization_code",
        "client_id": client.id,
        "client_secret": client.secret,
        "code": grant.code,
        "redirect_uri": grant.redirect_uri,
        "state": grant.state,
        "code_verifier": grant.verifier,
    }
    token = (await post_form(context, url, form)).get("access_token")
    if not isinstance(token, str):
        raise ProviderRefused("no access token")
    return token


def _primary(addresses: Any) -> str | None:
    if not isinstance(addresses, list):
        raise ProviderRefused("no list of addresses")
    entries = [_object(entry) for entry in addresses]  # pyright: ignore[reportUnknownVariableType] - JSON
    return next((entry["email"] for entry in entries if entry.get("primary") and entry.get("verified")), None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
