"""Time, entropy, cryptography and configuration as the platform has them."""

from __future__ import annotations

import base64
import json
import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import JsException, jsnull, to_js
from workers import import_from_javascript

from services.context import MissingSecret

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ZONE_NAME = 64
ENTROPY_AT_ONCE = 512

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _BASE32 for second in _BASE32]


class EdgeClock:
    """The platform's clock: it stands still between two I/Os of a request."""

    __slots__ = ()

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(time.time() * 1000)

    def is_time_zone(self, name: str) -> bool:
        """Whether the platform knows this IANA time zone."""
        return 0 < len(name) <= MAX_ZONE_NAME and _formatter(name) is not None

    def utc_offset(self, time_zone: str, at: int) -> int:
        """Milliseconds to add to UTC for the local time of that zone at that moment."""
        formatter = _formatter(time_zone)
        if formatter is None:
            return 0
        parts = {
            part["type"]: part["value"] for part in json.loads(js.JSON.stringify(formatter.formatToParts(at)))
        }
        local = js.Date.UTC(
            int(parts["year"]), int(parts["month"]) - 1, int(parts["day"]),
            int(parts["hour"]) % 24, int(parts["minute"]), int(parts["second"]),
        )  # fmt: skip
        return int(local) - at // 1000 * 1000


@lru_cache(maxsize=256)
def _formatter(time_zone: str) -> Any:
    options = {
        "timeZone": time_zone, "hourCycle": "h23", "year": "numeric", "month": "numeric", "day": "numeric",
        "hour": "numeric", "minute": "numeric", "second": "numeric",
    }  # fmt: skip
    try:
        return js.Intl.DateTimeFormat.new("en-US", js.JSON.parse(json.dumps(options)))
    except JsException:
        return None


class EdgeRandom:
    """The platform's secure entropy, fetched some hundred bytes at a time: each fetch crosses the border."""

    __slots__ = ("_pool",)

    def __init__(self) -> None:
        self._pool = b""

    def bytes(self, length: int) -> bytes:
        """Random bytes; none is given twice."""
        if length > len(self._pool):
            self._pool = os.urandom(max(length, ENTROPY_AT_ONCE))
        taken, self._pool = self._pool[:length], self._pool[length:]
        return taken

    def token(self, length: int = 32) -> str:
        """``length`` random bytes as URL-safe base64 without padding."""
        return base64.urlsafe_b64encode(self.bytes(length)).decode().rstrip("=")

    def id(self) -> str:
        """A ULID in lower case: 48 bits of milliseconds, 80 random bits."""
        value = int(time.time() * 1000) << 80 | int.from_bytes(self.bytes(10), "big")
        return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


class EdgeCrypto:
    """WebCrypto and ``node:crypto``."""

    __slots__ = ()

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int, rounds: int) -> bytes:
        """PBKDF2-HMAC-SHA256 in rounds, each with ``salt`` and the former's output as its salt; 32 bytes, or none."""
        subtle = js.crypto.subtle
        usages = _parsed('["deriveBits"]')
        key = await subtle.importKey("raw", to_js(password), "PBKDF2", False, usages)  # noqa: FBT003
        algorithm = _parsed(json.dumps({"name": "PBKDF2", "hash": "SHA-256", "iterations": iterations}))
        output = b""
        for _ in range(rounds):
            algorithm.salt = to_js(salt + output)
            output = (await subtle.deriveBits(algorithm, key, 256)).to_bytes()
        return output

    async def aes_gcm_encrypt(self, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """AES-GCM: ciphertext followed by its 16-byte tag."""
        algorithm = _aes_gcm(nonce, associated)
        sealed = await js.crypto.subtle.encrypt(algorithm, await _aes_key(key), to_js(plaintext))
        return sealed.to_bytes()

    async def aes_gcm_decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """The plaintext; raises ``ValueError`` when the tag does not match."""
        algorithm = _aes_gcm(nonce, associated)
        try:
            opened = await js.crypto.subtle.decrypt(algorithm, await _aes_key(key), to_js(sealed))
        except JsException:
            raise ValueError("the sealed text was not made with this key and purpose") from None
        return opened.to_bytes()

    async def ecdh_p256(self, peer: bytes) -> tuple[bytes, bytes]:
        """Our public key and the secret shared with ``peer``; raises ``ValueError`` if that is no point."""
        subtle, usages = js.crypto.subtle, _parsed('["deriveBits"]')
        curve = _parsed('{"name": "ECDH", "namedCurve": "P-256"}')
        try:
            theirs = await subtle.importKey("raw", to_js(peer), curve, False, _parsed("[]"))  # noqa: FBT003
        except JsException:
            raise ValueError("not a public key of P-256") from None
        ours = await subtle.generateKey(curve, True, usages)  # noqa: FBT003
        public = (await subtle.exportKey("raw", ours.publicKey)).to_bytes()
        agreement = _parsed('{"name": "ECDH"}')
        agreement.public = theirs
        return public, (await subtle.deriveBits(agreement, ours.privateKey, 256)).to_bytes()

    async def es256_sign(self, private_jwk: Mapping[str, str], message: bytes) -> bytes:
        """ECDSA over P-256 with SHA-256; 64 bytes."""
        subtle, curve = js.crypto.subtle, _parsed('{"name": "ECDSA", "namedCurve": "P-256"}')
        jwk, usages = _parsed(json.dumps(dict(private_jwk))), _parsed('["sign"]')
        key = await subtle.importKey("jwk", jwk, curve, False, usages)  # noqa: FBT003
        algorithm = _parsed('{"name": "ECDSA", "hash": "SHA-256"}')
        return (await subtle.sign(algorithm, key, to_js(message))).to_bytes()

    def rs256_sign(self, private_pem: str, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        signer = node_crypto().createSign("RSA-SHA256")
        signer.update(message.decode("ascii"))
        return _unpadded(signer.sign(_private_key(private_pem), "base64url"))

    def rs256_verify(self, public_pem: str, message: bytes, signature: bytes) -> bool:
        """Whether the signature is the key's over the message."""
        verifier = node_crypto().createVerify("RSA-SHA256")
        verifier.update(message.decode("ascii"))
        text = base64.urlsafe_b64encode(signature).decode().rstrip("=")
        return bool(verifier.verify(public_pem, text, "base64url"))

    def public_jwk(self, private_pem: str) -> Mapping[str, str]:
        """The public half as a JWK: ``kty``, ``n``, ``e``."""
        key = node_crypto().createPublicKey(private_pem)
        return json.loads(js.JSON.stringify(key.export(_parsed('{"format": "jwk"}'))))

    def public_pem(self, jwk: Mapping[str, str]) -> str:
        """A public RSA JWK as PEM (SPKI). Raises ``ValueError`` if it is none."""
        wanted = {"key": {name: jwk[name] for name in ("kty", "n", "e")}, "format": "jwk"}
        try:
            key = node_crypto().createPublicKey(_parsed(json.dumps(wanted)))
        except JsException as error:
            raise ValueError(str(error)) from None
        return key.export(_parsed('{"format": "pem", "type": "spki"}'))


@lru_cache(maxsize=1)
def node_crypto() -> Any:
    """``node:crypto``. Call it first where a frame may wait for an import: at the isolate's first event."""
    try:
        return js.process.getBuiltinModule("node:crypto")
    except AttributeError:
        return import_from_javascript("node:crypto")


@lru_cache(maxsize=8)
def _private_key(pem: str) -> Any:
    """A private key, read and checked once instead of for each signature."""
    return node_crypto().createPrivateKey(pem)


MAX_KEYS = 64
"""Imported keys that are kept; those of single messages would else pile up."""
_aes_keys: dict[bytes, Any] = {}


async def _aes_key(key: bytes) -> Any:
    if key not in _aes_keys:
        if len(_aes_keys) >= MAX_KEYS:
            _aes_keys.clear()
        usages = _parsed('["encrypt", "decrypt"]')
        _aes_keys[key] = await js.crypto.subtle.importKey("raw", to_js(key), "AES-GCM", False, usages)  # noqa: FBT003
    return _aes_keys[key]


def _aes_gcm(nonce: bytes, associated: bytes) -> Any:
    algorithm = _parsed('{"name": "AES-GCM"}')
    algorithm.iv = to_js(nonce)
    algorithm.additionalData = to_js(associated)
    return algorithm


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _parsed(text: str) -> Any:
    return js.JSON.parse(text)


class EdgeConfig:
    """Vars and secrets of the environment; read once, they do not change while an isolate lives."""

    __slots__ = ("_env", "_known")

    def __init__(self, env: Any) -> None:
        self._env = env
        self._known: dict[str, str | None] = {}

    def get(self, name: str, default: str = "") -> str:
        """A var, or the default."""
        if name not in self._known:
            value = getattr(self._env, name, None)
            self._known[name] = None if value is jsnull or value is None else _text(value)
        known = self._known[name]
        return default if known is None else known

    def secret(self, name: str) -> str:
        """A secret that must be there."""
        value = self.get(name)
        if not value:
            raise MissingSecret(
                f"the secret {name} is not set: make it with `python -m ops keys new`"
                " and store it with `python -m ops keys push` (docs/accounts.md)"
            )
        return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else js.JSON.stringify(value)
