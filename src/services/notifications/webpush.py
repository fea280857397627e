"""Web Push: messages encrypted for one browser (RFC 8291 over RFC 8188), signed by this server (RFC 8292)."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from services.encoding import b64url, from_b64url

if TYPE_CHECKING:
    from services.context import Context

MAX_PLAINTEXT = 3993
"""Bytes that fit into the one record of 4096 that push services must take (RFC 8291, section 4)."""
_RECORD_SIZE = 4096
_TOKEN_SECONDS = 12 * 3600
_SALT_BYTES = 16


class Browser(NamedTuple):
    """Where and for whom to encrypt: the subscription's endpoint, its public key and its shared secret."""

    endpoint: str
    public_key: bytes
    secret: bytes


async def encrypt(context: Context, browser: Browser, plaintext: bytes) -> bytes:
    """The body of a push message, with a key pair and a salt of its own."""
    salt = context.random.bytes(_SALT_BYTES)
    public_key, shared = await context.crypto.ecdh_p256(browser.public_key)
    return await seal(context, browser, plaintext, salt=salt, public_key=public_key, shared=shared)


async def seal(
    context: Context, browser: Browser, plaintext: bytes, *, salt: bytes, public_key: bytes, shared: bytes
) -> bytes:
    """As ``encrypt``, with the server's ephemeral public key and the shared ECDH secret given."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise ValueError(f"a push message has at most {MAX_PLAINTEXT} bytes")
    about = b"WebPush: info\x00" + browser.public_key + public_key
    keying = _hkdf(browser.secret, shared, about, 32)
    key = _hkdf(salt, keying, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, keying, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(public_key)]) + public_key
    # 0x02 ends the last record (RFC 8188, section 2).
    return header + await context.crypto.aes_gcm_encrypt(key, nonce, plaintext + b"\x02", b"")


async def authorization(context: Context, endpoint: str) -> str:
    """The ``Authorization`` header for a push service (RFC 8292, sections 2 and 3)."""
    key = vapid_key(context)
    where = urlsplit(endpoint)
    claims = {
        "aud": f"{where.scheme}://{where.netloc}",
        "exp": context.clock.now() // 1000 + _TOKEN_SECONDS,
        "sub": context.config.get("PUSH_CONTACT"),
    }
    signed = ".".join(b64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    signature = await context.crypto.es256_sign(key, signed.encode())
    return f"vapid t={signed}.{b64url(signature)}, k={public_key(context)}"


def public_key(context: Context) -> str:
    """The public VAPID key as browsers and push services want it: an uncompressed point in base64url."""
    key = vapid_key(context)
    return b64url(b"\x04" + from_b64url(key["x"]) + from_b64url(key["y"]))


def vapid_key(context: Context) -> dict[str, str]:
    """The private VAPID key: a JWK of P-256."""
    return json.loads(context.config.secret("VAPID_KEY"))


def _hkdf(salt: bytes, keying: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869), of at most one block."""
    extracted = hmac.digest(salt, keying, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]
