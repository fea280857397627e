"""The ``Crypto`` port on the ``cryptography`` package, and keys to configure tests with."""

from __future__ import annotations

import asyncio
import base64
import json
from functools import cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

if TYPE_CHECKING:
    from collections.abc import Mapping


class PyCryptography:
    """``Crypto`` on the ``cryptography`` package; ``derivations`` counts PBKDF2 iterations."""

    def __init__(self) -> None:
        self.derivations = 0
        self.verifications = 0

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int, rounds: int) -> bytes:
        assert iterations <= 100_000, "the platform refuses more at once"
        output = b""
        for _ in range(rounds):
            self.derivations += iterations
            await asyncio.sleep(0)
            output = PBKDF2HMAC(hashes.SHA256(), 32, salt + output, iterations).derive(password)
        return output

    async def aes_gcm_encrypt(self, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, plaintext, associated)

    async def aes_gcm_decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(nonce, sealed, associated)
        except InvalidTag:
            raise ValueError("the tag does not match") from None

    async def ecdh_p256(self, peer: bytes) -> tuple[bytes, bytes]:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), peer)
        ours = ec.generate_private_key(ec.SECP256R1())
        return point(ours), ours.exchange(ec.ECDH(), theirs)

    async def es256_sign(self, private_jwk: Mapping[str, str], message: bytes) -> bytes:
        secret = _number(private_jwk["d"])
        signature = ec.derive_private_key(secret, ec.SECP256R1()).sign(message, ec.ECDSA(hashes.SHA256()))
        return b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(signature))

    def rs256_sign(self, private_pem: str, message: bytes) -> bytes:
        return _private(private_pem).sign(message, padding.PKCS1v15(), hashes.SHA256())

    def rs256_verify(self, public_pem: str, message: bytes, signature: bytes) -> bool:
        self.verifications += 1
        key = serialization.load_pem_public_key(public_pem.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        try:
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def public_jwk(self, private_pem: str) -> Mapping[str, str]:
        numbers = _private(private_pem).public_key().public_numbers()
        return {"kty": "RSA", "n": _base64_number(numbers.n), "e": _base64_number(numbers.e)}

    def public_pem(self, jwk: Mapping[str, str]) -> str:
        numbers = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"]))
        return (
            numbers.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half as an uncompressed point."""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


@cache
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _base64_number(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


@cache
def vapid_key() -> str:
    """A value of ``VAPID_KEY``."""
    return json.dumps(p256_jwk(ec.generate_private_key(ec.SECP256R1())))


def p256_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """A private key of P-256 as a JWK (RFC 7518, section 6.2)."""
    numbers = key.private_numbers()
    parts = {"x": numbers.public_numbers.x, "y": numbers.public_numbers.y, "d": numbers.private_value}
    encoded = {
        name: base64.urlsafe_b64encode(part.to_bytes(32, "big")).decode().rstrip("=")
        for name, part in parts.items()
    }
    return {"kty": "EC", "crv": "P-256", **encoded}


@cache
def rsa_pem(number: int) -> str:
    """A private key, the same for the same number within one run: making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def signing_keys(*numbers: int) -> str:
    """A value of ``JWT_PRIVATE_KEYS``."""
    return json.dumps([{"kid": f"rsa-{number}", "pem": rsa_pem(number)} for number in numbers])


def column_keys(current: str, *kids: str) -> str:
    """A value of ``COLUMN_KEYS``; a key's bytes follow from its id."""
    keys = {kid: base64.b64encode(kid.encode().ljust(32, b"#")).decode() for kid in (current, *kids)}
    return json.dumps({"current": current, "keys": keys})
