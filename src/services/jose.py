"""JSON Web Tokens with RS256 (RFC 7515, RFC 7519), signed and verified by the platform's own RSA.

PyJWT does the format; its RS256 needs a library that the edge does not have, so the algorithm is registered
from ``Crypto``. Nothing but RS256 is ever accepted, whatever a token's header says (RFC 8725, section 3.1).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwt import PyJWS

    from services.context import Crypto

Claims = dict[str, Any]
ALGORITHM = "RS256"
MAX_TOKEN = 4096
"""Characters that a token may have."""
LAST_DATE = 1e12
"""Seconds since the epoch that no honest token names; bounds what is multiplied."""
NOT_BEFORE_LEEWAY = 5
"""Seconds by which the clocks of two machines may differ."""


class BadToken(Exception):  # noqa: N818 - it says what is wrong
    """A token is malformed, not signed by the key, or its claims do not hold."""


def sign(crypto: Crypto, private_pem: str, kid: str, claims: Mapping[str, Any]) -> str:
    """The compact serialisation of signed claims."""
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return _library(crypto).jws.encode(payload, private_pem, ALGORITHM, {"kid": kid})


def key_id(crypto: Crypto, token: str) -> str:
    """The ``kid`` that a token's header names, not verified; raises ``BadToken``."""
    if len(token) > MAX_TOKEN:
        raise BadToken("longer than a token may be")
    library = _library(crypto)
    try:
        header = library.jws.get_unverified_header(token)
    except library.error as error:
        raise BadToken(str(error)) from None
    if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
        raise BadToken(f"not {ALGORITHM} with a kid")
    return header["kid"]


def verify(crypto: Crypto, public_pem: str, token: str) -> Claims:
    """The claims of a token with a good signature; raises ``BadToken``. Claims are not judged."""
    library = _library(crypto)
    try:
        claims = json.loads(library.jws.decode(token, public_pem, [ALGORITHM]))
    except (library.error, ValueError, RecursionError) as error:
        raise BadToken(str(error)) from None
    if not isinstance(claims, dict):
        raise BadToken("claims are not an object")
    return claims  # pyright: ignore[reportUnknownVariableType] - JSON


def check_claims(claims: Claims, *, issuer: str, audience: str, now: int) -> None:
    """Hold ``iss``, ``aud``, ``exp`` and, if there, ``nbf`` against the time in milliseconds.

    Raises ``BadToken``. A token for several audiences is good for each (RFC 7519, section 4.1.3).
    """
    audiences = claims.get("aud")
    if claims.get("iss") != issuer:
        raise BadToken("another issuer's")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise BadToken("for another audience")
    if now >= numeric_date(claims, "exp"):
        raise BadToken("expired")
    if "nbf" in claims and now < numeric_date(claims, "nbf") - NOT_BEFORE_LEEWAY * 1000:
        raise BadToken("not valid yet")


def numeric_date(claims: Claims, name: str) -> int:
    """A NumericDate claim in milliseconds; raises ``BadToken`` when it is absent or none."""
    seconds = claims.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < LAST_DATE:
        raise BadToken(f"{name} is not a time")
    return int(seconds * 1000)


class _Library(NamedTuple):
    """PyJWT's signature layer with one algorithm, the platform's, and what it raises."""

    jws: PyJWS
    error: type[Exception]


@lru_cache(maxsize=4)
def _library(crypto: Crypto) -> _Library:
    from jwt import InvalidTokenError, PyJWS  # noqa: PLC0415 - it costs start-up
    from jwt.algorithms import Algorithm  # noqa: PLC0415

    class PlatformRs256(Algorithm):
        def prepare_key(self, key: str) -> str:
            return key

        def sign(self, msg: bytes, key: str) -> bytes:
            return crypto.rs256_sign(key, msg)

        def verify(self, msg: bytes, key: str, sig: bytes) -> bool:
            return crypto.rs256_verify(key, msg, sig)

        @staticmethod
        def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
            raise NotImplementedError("keys are converted by Crypto")

        @staticmethod
        def from_jwk(jwk: Any) -> Any:
            raise NotImplementedError("keys are converted by Crypto")

    jws = PyJWS(algorithms=[])
    jws.register_algorithm(ALGORITHM, PlatformRs256())
    return _Library(jws, InvalidTokenError)
