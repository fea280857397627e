"""Access tokens: JWTs of 15 minutes that say who calls, from which device session, in which roles."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from services import jose
from services.accounts.keys import SigningKeys, signing_keys
from services.accounts.principal import Principal
from services.problems import InvalidToken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.context import Context

LIFETIME = 15 * 60
"""Seconds."""
CACHED_TOKENS = 2048
ENDED_SESSIONS = 4096

_ended: dict[str, None] = {}
"""Device sessions that were signed out in this isolate, the oldest first."""


class VerifiedToken(NamedTuple):
    """Who a token speaks for, and until when (milliseconds)."""

    principal: Principal
    expires_at: int


def issue_access_token(context: Context, user_id: str, session_id: str, roles: Iterable[str]) -> str:
    """A signed token for a device session. Every person has the role ``user``, stored or not."""
    key = signing_keys(context.config).signer
    now = context.clock.now() // 1000
    claims = {
        "iss": _issuer(context),
        "aud": _audience(context),
        "sub": user_id,
        "sid": session_id,
        "roles": sorted({"user", *roles}),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
    }
    return jose.sign(context.crypto, key.pem, key.kid, claims)


def read_access_token(context: Context, token: str) -> Principal:
    """Who a token speaks for; raises ``InvalidToken``. A token seen before costs one look-up."""
    return verify_access_token(context, token).principal


def verify_access_token(context: Context, token: str) -> VerifiedToken:
    """As ``read_access_token``, with the moment at which the token expires."""
    verifier = _verifier(signing_keys(context.config), _issuer(context), _audience(context))
    return verifier.read(context, token)


def refuse_sessions(session_ids: Iterable[str]) -> None:
    """Let no access token of these device sessions in any more, as far as this isolate goes.

    Tokens cannot be called back from other isolates; there they end by themselves, after ``LIFETIME``.
    """
    for session_id in session_ids:
        _ended[session_id] = None
    while len(_ended) > ENDED_SESSIONS:
        del _ended[next(iter(_ended))]


class _Verifier:
    """Verifies tokens of one issuer and remembers the good ones until they expire."""

    def __init__(self, keys: SigningKeys, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._verified: dict[str, VerifiedToken] = {}

    def read(self, context: Context, token: str) -> VerifiedToken:
        now = context.clock.now()
        known = self._verified.get(token)
        if known is None:
            known = self._verify(context, token, now)
            self._remember(token, known)
        if now >= known.expires_at or known.principal.session_id in _ended:
            self._verified.pop(token, None)
            raise InvalidToken
        return known

    def _verify(self, context: Context, token: str, now: int) -> VerifiedToken:
        try:
            public = self._keys.public_pem(context.crypto, jose.key_id(context.crypto, token))
            if public is None:
                raise InvalidToken
            claims = jose.verify(context.crypto, public, token)
            jose.numeric_date(claims, "nbf")
            jose.check_claims(claims, issuer=self._issuer, audience=self._audience, now=now)
            principal = Principal(str(claims["sub"]), str(claims["sid"]), frozenset(claims["roles"]))
            return VerifiedToken(principal, jose.numeric_date(claims, "exp"))
        except (jose.BadToken, KeyError, TypeError):
            raise InvalidToken from None

    def _remember(self, token: str, verified: VerifiedToken) -> None:
        while len(self._verified) >= CACHED_TOKENS:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = verified


@lru_cache(maxsize=4)
def _verifier(keys: SigningKeys, issuer: str, audience: str) -> _Verifier:
    return _Verifier(keys, issuer, audience)


def _issuer(context: Context) -> str:
    return context.config.get("TOKEN_ISSUER", "studymate")


def _audience(context: Context) -> str:
    return context.config.get("TOKEN_AUDIENCE", "studymate")
