"""Providers to sign in with, as they answer, and a browser between them and us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from services.accounts.oauth import flow
from tests.unit.accounts.world import EMAIL
from tests.unit.support_crypto import rsa_pem

if TYPE_CHECKING:
    from services.accounts import sessions
    from services.context import Context
    from tests.unit.support import Answer

APP = "https://app.test/signed-in"
CALLBACK = "https://api.test/api/v1/auth/oauth2/callback/{}"


class Providers:
    """Google, GitHub and Naver as they answer, with one person at each."""

    def __init__(self, context: Context, issuer: str) -> None:
        self.context = context
        self.issuer = issuer
        self.nonce = ""
        self.claims: dict[str, Any] = {
            "sub": "g-1",
            "email": EMAIL,
            "email_verified": True,
            "name": "Mina Kim",
        }
        self.key = 7
        self.github_emails = [{"email": EMAIL, "primary": True, "verified": True}]
        self.naver_email = EMAIL
        context.http.services.update(
            {
                f"{issuer}/.well-known/openid-configuration": self._discovery,
                f"{issuer}/token": self._oidc_token,
                f"{issuer}/keys": self._keys,
                "https://github.com/login/oauth/access_token": self._token,
                "https://api.github.com/user": lambda **_: (200, {"id": 42, "login": "mina", "name": None}),
                "https://api.github.com/user/emails": lambda **_: (200, self.github_emails),
                "https://nid.naver.com/oauth2.0/token": self._token,
                "https://openapi.naver.com/v1/nid/me": self._naver,
            }
        )

    def _discovery(self, **_: Any) -> Answer:
        return 200, {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def _keys(self, **_: Any) -> Answer:
        return 200, {"keys": [{**self.context.crypto.public_jwk(rsa_pem(7)), "kid": "g-key"}]}

    def _oidc_token(self, **_: Any) -> Answer:
        now = self.context.clock.now() // 1000
        claims = {"iss": self.issuer, "aud": "client", "exp": now + 60, "nonce": self.nonce, **self.claims}
        return 200, {
            "access_token": "t",
            "id_token": jwt.encode(claims, rsa_pem(self.key), "RS256", {"kid": "g-key"}),
        }

    def _token(self, *, body: bytes, **_: Any) -> Answer:
        sent = dict(parse_qsl(body.decode()))
        return 200, ({"access_token": "t"} if sent["code"] == "good" else {"error": "bad_verification_code"})

    def _naver(self, **_: Any) -> Answer:
        return 200, {
            "resultcode": "00",
            "message": "success",
            "response": {"id": "n-1", "nickname": "민아", "email": self.naver_email},
        }


class Browser:
    """A browser on its way from the front-end through a provider and back."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers
        self.context = providers.context
        self.cookie: str | None = None

    async def begin(self, provider: str, **changes: str) -> dict[str, str]:
        """The query with which the provider is asked."""
        wanted = {"redirect_uri": APP, "client_state": "", **changes}
        began = await flow.begin(
            self.context, provider, callback=CALLBACK.format(provider), browser=self.cookie, **wanted
        )
        self.cookie = began.browser
        query = dict(parse_qsl(urlsplit(began.location).query))
        self.providers.nonce = query.get("nonce", "")
        return query

    async def finish(self, provider: str, state: str, code: str | None = "good") -> dict[str, str]:
        """The query with which the front-end is called."""
        location = await flow.finish(
            self.context, provider, state=state, code=code, callback=CALLBACK.format(provider),
            browser=self.cookie or "",
        )  # fmt: skip
        assert location.startswith(APP)
        return dict(parse_qsl(urlsplit(location).query))

    async def sign_in(self, provider: str) -> sessions.Opened:
        outcome = await self.finish(provider, (await self.begin(provider))["state"])
        assert "error" not in outcome, outcome
        return await flow.exchange(self.context, outcome["code"], "Firefox on Linux")
