"""The RSA keys that sign access tokens, from the secret ``JWT_PRIVATE_KEYS``: ``[{"kid", "pem"}, …]``.

The first signs, all verify, and all are published. Rotation promotes the second, which every isolate knows
already, and keeps the former first: so no token is refused for having met an isolate with older secrets.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from services.context import MissingSecret
from services.sealing import MAKE_KEYS

if TYPE_CHECKING:
    from services.context import Config, Context, Crypto


class SigningKey(NamedTuple):
    """An RSA key pair: its id and the private half as PEM (PKCS #8)."""

    kid: str
    pem: str


class SigningKeys:
    """All keys of an environment; public halves are computed at first use."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self.signer = keys[0]
        self._private = dict(keys)
        self._public: dict[str, str] = {}
        self._jwks = ""

    def public_pem(self, crypto: Crypto, kid: str) -> str | None:
        """The public half of a key, or None when there is no such key."""
        if kid not in self._private:
            return None
        if kid not in self._public:
            self._public[kid] = crypto.public_pem(crypto.public_jwk(self._private[kid]))
        return self._public[kid]

    def jwks(self, crypto: Crypto) -> str:
        """The JWK Set (RFC 7517, section 5) by which others verify our tokens, as JSON."""
        if not self._jwks:
            keys = [
                {**crypto.public_jwk(pem), "kid": kid, "use": "sig", "alg": "RS256"}
                for kid, pem in self._private.items()
            ]
            self._jwks = json.dumps({"keys": keys})
        return self._jwks


def signing_keys(config: Config) -> SigningKeys:
    """The keys of this environment; raises ``MissingSecret``."""
    return _parse(config.secret("JWT_PRIVATE_KEYS"))


def published_keys(context: Context) -> str:
    """The document at ``/.well-known/jwks.json``."""
    return signing_keys(context.config).jwks(context.crypto)


@lru_cache(maxsize=4)
def _parse(text: str) -> SigningKeys:
    try:
        keys = [SigningKey(str(key["kid"]), str(key["pem"])) for key in json.loads(text)]
        return SigningKeys(keys)
    except (ValueError, KeyError, TypeError, IndexError):
        raise MissingSecret(f'JWT_PRIVATE_KEYS must be [{{"kid", "pem"}}, …]. {MAKE_KEYS}') from None
