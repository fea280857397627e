"""The secrets of an environment, kept by the operator in a JSON file, stored with ``wrangler secret bulk``.

Workers do not give secrets back, so the file is the only copy: losing it loses every sealed column.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RSA_BITS = 2048
KEY_BYTES = 32
PUBLISHED_SIGNING_KEYS = 3
"""The one that signs, the one that will, and the one that did."""


def read(file: Path) -> dict[str, str]:
    """The secrets by name; none if there is no file yet."""
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def write(file: Path, values: dict[str, str]) -> None:
    """Replace the file at once, readable by its owner only."""
    draft = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(values, indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def make_missing(file: Path) -> list[str]:
    """Make the secrets that the file does not hold; their names."""
    values = read(file)
    made = {name: make() for name, make in MAKERS.items() if name not in values}
    write(file, values | made)
    return list(made)


def rotate_signing(file: Path) -> str:
    """Let the standby key sign, make a new standby, keep the former signer; the id that signs now.

    Every isolate knows the standby, so tokens of old and new isolates are good in both.
    """
    values = read(file)
    signer, *standby = json.loads(values["JWT_PRIVATE_KEYS"])
    promoted = standby[0] if standby else signing_key()
    rotated = [promoted, signing_key(), signer][:PUBLISHED_SIGNING_KEYS]
    write(file, values | {"JWT_PRIVATE_KEYS": json.dumps(rotated)})
    return promoted["kid"]


def rotate_columns(file: Path) -> str:
    """Seal with a new key from now on, keep the others to open; the new key's id."""
    values = read(file)
    columns: dict[str, Any] = json.loads(values["COLUMN_KEYS"])
    kid = key_id()
    columns = {"current": kid, "keys": {**columns["keys"], kid: symmetric_key()}}
    write(file, values | {"COLUMN_KEYS": json.dumps(columns)})
    return kid


def drop_old_columns(file: Path) -> list[str]:
    """Forget all column keys but the current; the ids. Only after ``keys status`` shows none in use."""
    values = read(file)
    columns: dict[str, Any] = json.loads(values["COLUMN_KEYS"])
    current = columns["current"]
    dropped = [kid for kid in columns["keys"] if kid != current]
    columns = {"current": current, "keys": {current: columns["keys"][current]}}
    write(file, values | {"COLUMN_KEYS": json.dumps(columns)})
    return dropped


def signing_key() -> dict[str, str]:
    """A new RSA key pair for RS256."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"kid": key_id(), "pem": pem.decode()}


def vapid_key() -> str:
    """A new P-256 key pair for Web Push (RFC 8292), as a JWK (RFC 7518, section 6.2)."""
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    parts = {"x": numbers.public_numbers.x, "y": numbers.public_numbers.y, "d": numbers.private_value}
    encoded = {name: urlsafe(part.to_bytes(KEY_BYTES, "big")) for name, part in parts.items()}
    return json.dumps({"kty": "EC", "crv": "P-256", **encoded})


def urlsafe(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def symmetric_key() -> str:
    """32 random bytes as base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_id() -> str:
    """A name that no other key has; without the dot that separates it in sealed texts."""
    return secrets.token_hex(4)


def _column_keys() -> str:
    kid = key_id()
    return json.dumps({"current": kid, "keys": {kid: symmetric_key()}})


MAKERS: dict[str, Callable[[], str]] = {
    "JWT_PRIVATE_KEYS": lambda: json.dumps([signing_key(), signing_key()]),
    "COLUMN_KEYS": _column_keys,
    "LOOKUP_KEY": symmetric_key,
    "VAPID_KEY": vapid_key,
    "OPERATOR_TOKEN": symmetric_key,
}
