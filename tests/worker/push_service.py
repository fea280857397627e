"""A push service and a browser: what RFC 8030, 8188, 8291 and 8292 say from the other side."""

from __future__ import annotations

import base64
import json
import queue
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_bytes, token_hex
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Pushed:
    """One request that the push service got."""

    path: str
    headers: dict[str, str]
    body: bytes


class PushService:
    """Listens on the loopback; answers with ``script`` in turn, then 201."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str]]] = []
        self.pushed: queue.Queue[Pushed] = queue.Queue()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, extra = service.script.pop(0) if service.script else (201, {})
                service.pushed.put(Pushed(self.path, headers, body))
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def next(self, seconds: float = 30) -> Pushed:
        """The next push; raises ``queue.Empty`` if none comes."""
        return self.pushed.get(timeout=seconds)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Browser:
    """A subscribed browser: it alone can read its pushes."""

    service: PushService
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: token_bytes(16))
    path: str = field(default_factory=lambda: f"/push/{token_hex(8)}")

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def subscription(self) -> dict[str, Any]:
        """As ``PushSubscription.toJSON()`` gives it."""
        keys = {"p256dh": encoded(self.point), "auth": encoded(self.secret)}
        return {"endpoint": self.service.origin + self.path, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt a push (RFC 8291, section 3.4; RFC 8188, section 2)."""
        salt, record_size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        point, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= record_size
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.key.exchange(ec.ECDH(), sender)
        keying = _derive(self.secret, b"WebPush: info\x00" + self.point + point, 32, shared)
        key = _derive(salt, b"Content-Encoding: aes128gcm\x00", 16, keying)
        nonce = _derive(salt, b"Content-Encoding: nonce\x00", 12, keying)
        padded = AESGCM(key).decrypt(nonce, record, b"").rstrip(b"\x00")
        assert padded.endswith(b"\x02"), "the last record"
        return json.loads(padded[:-1])


def _derive(salt: bytes, info: bytes, length: int, keying: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(keying)


def read_vapid(header: str) -> tuple[dict[str, Any], str]:
    """The claims of a VAPID header, its signature checked, and the server's public key (RFC 8292)."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
    claims = jwt.decode(parts["t"], key, ["ES256"], options={"verify_aud": False})
    return claims, parts["k"]
