"""Any OpenID Connect provider, found by its issuer (OpenID Connect Core 1.0, Discovery 1.0)."""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from services import jose
from services.accounts.oauth.provider import Authorization, Grant, Profile
from services.accounts.oauth.upstream import (
    Client,
    ProviderRefused,
    client_of,
    get_json,
    post_form,
    with_query,
)

if TYPE_CHECKING:
    from services.context import Context

KEPT = 3_600_000
"""Milliseconds that a provider's metadata and keys are remembered."""
REFETCH_AFTER = 60_000
"""Milliseconds before keys are fetched again for an unknown key id: nobody can make us do it at will."""


class Oidc:
    """Sign-in with id tokens. The issuer is the var ``OAUTH_<NAME>_ISSUER``."""

    def __init__(self, name: str, default_issuer: str) -> None:
        self.name = name
        self._default_issuer = default_issuer
        self._remembered: dict[str, tuple[int, dict[str, Any]]] = {}

    async def authorize_url(self, context: Context, wanted: Authorization) -> str:
        """Where the browser is sent to sign in (Core, section 3.1.2.1)."""
        metadata = await self._metadata(context)
        query = {
            "response_type": "code",
            "scope": "openid email profile",
            "client_id": client_of(context, self.name).id,
            "redirect_uri": wanted.redirect_uri,
            "state": wanted.state,
            "nonce": wanted.nonce,
            "code_challenge": wanted.challenge,
            "code_challenge_method": "S256",
        }
        return with_query(metadata["authorization_endpoint"], query)

    async def profile(self, context: Context, grant: Grant) -> Profile:
        """Exchange the code and verify who signed in (Core, sections 3.1.3 and 5.3)."""
        metadata, client = await self._metadata(context), client_of(context, self.name)
        tokens = await post_form(
            context,
            metadata["token_endpoint"],
            {
                "grant_type": "authorization_code",
                "code": grant.code,
                "redirect_uri": grant.redirect_uri,
                "code_verifier": grant.verifier,
            },
            {"authorization": _basic(client)},
        )
        claims = await self._verified(context, metadata, str(tokens.get("id_token")), client.id, grant.nonce)
        if "email" not in claims and "userinfo_endpoint" in metadata:
            claims |= await _userinfo(context, metadata, tokens, claims)
        return _profile(claims)

    def _issuer(self, context: Context) -> str:
        return context.config.get(f"OAUTH_{self.name.upper()}_ISSUER") or self._default_issuer

    async def _metadata(self, context: Context) -> dict[str, Any]:
        issuer = self._issuer(context)
        metadata = await self._document(
            context, issuer.rstrip("/") + "/.well-known/openid-configuration", KEPT
        )
        demanded = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if metadata.get("issuer") != issuer or not all(
            isinstance(metadata.get(name), str) for name in demanded
        ):
            raise ProviderRefused("the discovery document is not the issuer's")
        return metadata

    async def _document(self, context: Context, url: str, kept: int) -> dict[str, Any]:
        """A JSON object, not older than ``kept`` milliseconds."""
        now = context.clock.now()
        fetched_at, known = self._remembered.get(url, (0, {}))
        if now < fetched_at + kept:
            return known
        document = await get_json(context, url)
        if not isinstance(document, dict):
            raise ProviderRefused("not a JSON object")
        self._remembered[url] = (now, document)
        return document  # pyright: ignore[reportUnknownVariableType] - JSON

    async def _verified(
        self, context: Context, metadata: dict[str, Any], id_token: str, client_id: str, nonce: str
    ) -> dict[str, Any]:
        """The claims of an id token (Core, section 3.1.3.7); raises ``ProviderRefused``."""
        try:
            kid = jose.key_id(context.crypto, id_token)
            public = await self._public_pem(context, metadata["jwks_uri"], kid)
            claims = jose.verify(context.crypto, public, id_token)
            now = context.clock.now()
            jose.check_claims(claims, issuer=metadata["issuer"], audience=client_id, now=now)
        except jose.BadToken as error:
            raise ProviderRefused(f"id token: {error}") from None
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise ProviderRefused("id token: another nonce")
        if claims.get("azp", client_id) != client_id:
            raise ProviderRefused("id token: another party's")
        return claims

    async def _public_pem(self, context: Context, url: str, kid: str) -> str:
        """The provider's key; a key id not seen yet may be a new key."""
        for kept in (KEPT, REFETCH_AFTER):
            keys = (await self._document(context, url, kept)).get("keys", [])
            for key in keys:
                if key.get("kid") == kid and key.get("kty") == "RSA":
                    return context.crypto.public_pem(key)
        raise ProviderRefused("id token: signed with an unknown key")


async def _userinfo(
    context: Context, metadata: dict[str, Any], tokens: dict[str, Any], claims: dict[str, Any]
) -> dict[str, Any]:
    """More claims of the same person (Core, section 5.3.2)."""
    found = await get_json(context, metadata["userinfo_endpoint"], token=str(tokens.get("access_token")))
    if not isinstance(found, dict) or found.get("sub") != claims.get("sub"):  # pyright: ignore[reportUnknownMemberType] - JSON
        raise ProviderRefused("userinfo: another person's")
    return found  # pyright: ignore[reportUnknownVariableType] - JSON


def _profile(claims: dict[str, Any]) -> Profile:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise ProviderRefused("id token: no subject")
    return Profile(
        subject=subject,
        email=claims.get("email"),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or claims.get("nickname") or ""),
        locale=str(claims.get("locale") or "en"),
    )


def _basic(client: Client) -> str:
    """Client authentication that every server supports (RFC 6749, section 2.3.1)."""
    pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
    return "Basic " + b64encode(pair.encode()).decode()
