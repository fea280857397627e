"""KV, R2 and static assets behind ``services.context.KeyValue``, ``Bucket`` and ``Assets``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import js
from pyodide.ffi import jsnull, to_js

from edge.outside import header_map
from services.context import Asset, StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.context import Body, Piece


BLOCK = 64 * 1024
"""Bytes that are worth a crossing of their own."""


class Kv:
    """A KV namespace."""

    __slots__ = ("_binding",)

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    async def get(self, key: str) -> str | None:
        """The value as text, or None."""
        value = await self._binding.get(key)
        return None if value is jsnull or value is None else value

    async def put(self, key: str, value: str, *, ttl: int | None = None) -> None:
        """Store text, for ``ttl`` seconds (at least 60) or for good."""
        options = {"expirationTtl": max(60, ttl)} if ttl else {}
        await self._binding.put(key, value, _object(options))

    async def delete(self, key: str) -> None:
        """Forget a key."""
        await self._binding.delete(key)


class R2:
    """An R2 bucket."""

    __slots__ = ("_binding",)

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    async def put(
        self, key: str, body: Body, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        """Store; the object's etag."""
        options = {"httpMetadata": {"contentType": content_type}, "customMetadata": dict(metadata or {})}
        sent = to_js(body) if isinstance(body, bytes) else _joined(body)
        return (await self._binding.put(key, sent, _object(options))).etag

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> StoredObject | None:
        """The object, or the part of it from ``offset``."""
        found = await self._get(key, offset, length)
        return _stored(found, (await found.arrayBuffer()).to_bytes()) if found else None

    async def open(self, key: str, *, offset: int = 0, length: int | None = None) -> StoredObject | None:
        """As ``get``, with the platform's stream."""
        found = await self._get(key, offset, length)
        return _stored(found, b"", found.body) if found else None

    async def _get(self, key: str, offset: int, length: int | None) -> Any:
        wanted: dict[str, int] = (
            {"offset": offset} if length is None else {"offset": offset, "length": length}
        )
        partial = offset or length is not None
        found = await self._binding.get(key, _object({"range": wanted} if partial else {}))
        return None if found is jsnull else found

    async def head(self, key: str) -> StoredObject | None:
        """As ``get`` with an empty body."""
        found = await self._binding.head(key)
        return None if found is jsnull or found is None else _stored(found, b"")

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete up to 1 000 objects; absent ones do not matter."""
        if keys:
            await self._binding.delete(js.JSON.parse(json.dumps(list(keys))))

    async def list(self, prefix: str, *, cursor: str | None = None) -> tuple[list[str], str | None]:
        """Up to 1 000 keys and the cursor of the next page."""
        options = {"prefix": prefix} | ({"cursor": cursor} if cursor else {})
        listing = json.loads(js.JSON.stringify(await self._binding.list(_object(options))))
        return [item["key"] for item in listing["objects"]], listing.get("cursor")


class StaticAssets:
    """The assets binding."""

    __slots__ = ("_binding",)

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    async def get(self, path: str, *, etag: str | None = None, byte_range: str | None = None) -> Asset | None:
        """The file at an absolute path, or None."""
        wanted = {"if-none-match": etag, "range": byte_range}
        headers = {name: value for name, value in wanted.items() if value}
        response = await self._binding.fetch(f"https://assets.invalid{path}", _object({"headers": headers}))
        if response.status not in (200, 206, 304):
            return None
        return Asset(response.status, header_map(response.headers), response.body)


def _joined(pieces: tuple[Piece, ...]) -> Any:
    """The pieces as one JavaScript array; Python never holds them joined."""
    target, at = js.Uint8Array.new(sum(map(len, pieces))), 0
    for block in _blocks(pieces):
        target.subarray(at, at + len(block)).assign(block)
        at += len(block)
    return target


def _blocks(pieces: tuple[Piece, ...]) -> Iterator[Piece]:
    """The same bytes in fewer pieces: each costs some crossings, and a file may be cut into thousands."""
    small = bytearray()
    for piece in pieces:
        if len(piece) < BLOCK:
            small += piece
        if small and (len(piece) >= BLOCK or len(small) >= BLOCK):
            yield small
            small = bytearray()
        if len(piece) >= BLOCK:
            yield piece
    if small:
        yield small


def _stored(found: Any, body: bytes, stream: Any = None) -> StoredObject:
    http, custom = json.loads(js.JSON.stringify(js.Array.of(found.httpMetadata, found.customMetadata)))
    return StoredObject(
        body=body,
        size=found.size,
        etag=found.etag,
        content_type=http.get("contentType", "application/octet-stream")
        if http
        else "application/octet-stream",
        metadata=custom or {},
        stream=stream,
    )


def _object(value: Mapping[str, Any]) -> Any:
    return js.JSON.parse(json.dumps(value))
