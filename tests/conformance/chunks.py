"""HTTP whose chunks can be told apart, which clients of a stream rely on and HTTP libraries hide."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 10.0


class Exchange:
    """One request, sent as it stands, and its answer as it comes: ``status``, ``headers``, the body piecewise."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, *, version: str = "1.1"
    ) -> None:
        self._at = urlsplit(url)
        self._socket = socket.create_connection((self._at.hostname or "", self._at.port or 80), SECONDS)
        self._stream = self._socket.makefile("rb")
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ask(method, headers or {}, version=version)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, method: str, headers: Mapping[str, str], *, version: str = "1.1") -> None:
        """Send a request on this connection and read the head of its answer."""
        own = (
            {"host": self._at.netloc} | ({"content-length": "0"} if method == "POST" else {}) | dict(headers)
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in own.items())
        path = self._at.path + (f"?{self._at.query}" if self._at.query else "")
        self._socket.sendall(f"{method} {path} HTTP/{version}\r\n{lines}\r\n".encode())
        self.status = int(self._stream.readline().split(b" ")[1])
        fields = iter(self._stream.readline, b"\r\n")
        pairs = (field.decode().rstrip("\r\n").split(": ", 1) for field in fields)
        self.headers = {name.lower(): value for name, value in pairs}

    def chunk(self) -> str:
        """The next chunk, empty at the end."""
        size = int(self._stream.readline(), 16)
        return self._stream.read(size + 2)[:-2].decode()

    def read(self, octets: int) -> str:
        """So much of a body that is not chunked."""
        return self._stream.read(octets).decode()

    def ended(self) -> bool:
        """Whether the server closed the connection."""
        return self._stream.read(1) == b""

    def close(self) -> None:
        """Go away as a browser does: with a FIN, and no sign of it in the protocol."""
        self._stream.close()
        self._socket.close()
