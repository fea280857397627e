"""Sensitive columns: sealed for reading, hashed for finding.

A sealed text is ``v1.<key id>.<nonce>.<ciphertext and tag>``: AES-256-GCM with a random 96-bit nonce, the key
id and the purpose as associated data, so that a value cannot be moved to another column. A look-up hash is
HMAC-SHA256 under a key of its own: equal texts are found, and nobody without the key can try guesses.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from functools import lru_cache
from typing import TYPE_CHECKING

from services.context import MissingSecret
from services.encoding import b64url, from_b64url

if TYPE_CHECKING:
    from services.context import Config, Context

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
MAKE_KEYS = "Make one with `python -m ops keys new` and store it with `python -m ops keys push`."


class CannotOpen(Exception):  # noqa: N818 - it says what happened
    """A sealed text is damaged, belongs to another purpose, or its key is gone from ``COLUMN_KEYS``."""


class Sealer:
    """Seals and finds with the keys of the environment (secrets ``COLUMN_KEYS`` and ``LOOKUP_KEY``).

    Raises ``MissingSecret`` when one of them is absent or malformed.
    """

    def __init__(self, config: Config) -> None:
        self.current, self._keys = _column_keys(config.secret("COLUMN_KEYS"))
        self._lookup_key = _lookup_key(config.secret("LOOKUP_KEY"))

    async def seal(self, context: Context, text: str, purpose: str) -> str:
        """Encrypt a text under the current key, bound to its purpose (``users.email``)."""
        nonce = context.random.bytes(NONCE_BYTES)
        associated = _associated(self.current, purpose)
        key = self._keys[self.current]
        sealed = await context.crypto.aes_gcm_encrypt(key, nonce, text.encode(), associated)
        return f"{VERSION}.{self.current}.{b64url(nonce)}.{b64url(sealed)}"

    async def open(self, context: Context, sealed: str, purpose: str) -> str:
        """The text again; raises ``CannotOpen``."""
        try:
            version, kid, nonce, body = sealed.split(".")
            if version != VERSION or kid not in self._keys:
                raise CannotOpen(f"sealed as {version} with key {kid}, which is not in COLUMN_KEYS")
            associated = _associated(kid, purpose)
            plain = await context.crypto.aes_gcm_decrypt(
                self._keys[kid], from_b64url(nonce), from_b64url(body), associated
            )
        except ValueError:
            raise CannotOpen(f"not a sealed {purpose}") from None
        return plain.decode()

    def lookup(self, text: str, purpose: str) -> str:
        """A keyed hash to find equal texts by; different for every purpose."""
        message = f"{purpose}\0{text}".encode()
        return b64url(hmac.digest(self._lookup_key, message, "sha256"))

    def needs_reseal(self, sealed: str) -> bool:
        """Whether a key other than the current one sealed this."""
        return not sealed.startswith(f"{VERSION}.{self.current}.")


def _associated(kid: str, purpose: str) -> bytes:
    return f"{VERSION}.{kid}.{purpose}".encode()


@lru_cache(maxsize=4)
def _column_keys(text: str) -> tuple[str, dict[str, bytes]]:
    try:
        parsed = json.loads(text)
        keys = {str(kid): _key(encoded) for kid, encoded in parsed["keys"].items()}
        current = str(parsed["current"])
    except (ValueError, KeyError, TypeError, AttributeError):
        keys, current = {}, ""
    if current not in keys or any("." in kid for kid in keys):
        raise MissingSecret(f'COLUMN_KEYS must be {{"current": kid, "keys": {{kid: base64}}}}. {MAKE_KEYS}')
    return current, keys


@lru_cache(maxsize=4)
def _lookup_key(text: str) -> bytes:
    try:
        return _key(text)
    except ValueError:
        raise MissingSecret(f"LOOKUP_KEY must be {KEY_BYTES} bytes as base64. {MAKE_KEYS}") from None


def _key(encoded: str) -> bytes:
    key = b64decode(encoded, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return key
