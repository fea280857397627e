"""Secrets for development, made at the first start and kept in the state folder."""

from __future__ import annotations

import base64
import json
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from ops import keys

if TYPE_CHECKING:
    from pathlib import Path


def load(state: Path) -> dict[str, str]:
    """Return name → text of every development secret, making those that are missing."""
    file = state / "secrets.json"
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = {name: make() for name, make in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        _write(file, json.dumps(kept, indent=1))
    return kept


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def _jwt_private_keys() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps([{"kid": _key_id(), "pem": pem.decode()}])


def _column_keys() -> str:
    kid = _key_id()
    return json.dumps({"current": kid, "keys": {kid: _key()}})


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _key_id() -> str:
    return f"dev-{secrets.token_hex(4)}"


_MAKERS = {
    "JWT_PRIVATE_KEYS": _jwt_private_keys,
    "COLUMN_KEYS": _column_keys,
    "LOOKUP_KEY": _key,
    "VAPID_KEY": keys.vapid_key,
    "STATE_KEY": _key,
}
