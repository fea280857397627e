"""WebP (RFC 9649): lossy, lossless, extended, animated."""

from __future__ import annotations

from struct import error, pack, unpack_from
from typing import TYPE_CHECKING

from services.images import exif
from services.images.common import MAX_FRAMES, MAX_PARTS, BrokenImage, Image, check_dimensions, check_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Chunk = tuple[bytes, memoryview]

_PICTURE = frozenset((b"VP8 ", b"VP8L"))
_KEPT = frozenset((b"ICCP", b"ANIM", b"ALPH", *_PICTURE))
_FRAME_HEADER = 16
_MAX_FRAME_PARTS = 16
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04
_EXTENDED_LENGTH = 10


def clean(data: memoryview) -> Image:
    """The picture without XMP, Exif (but its orientation), unknown chunks, and what follows the RIFF."""
    (size,) = unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise BrokenImage("The picture ends early.")
    chunks = list(_chunks(data[12 : size + 8]))
    try:
        width, height = _dimensions(chunks)
        pieces = [piece for chunk in _cleaned(chunks) for piece in _framed(chunk)]
    except error:
        raise BrokenImage("The picture ends early.") from None
    head = pack("<4sI4s", b"RIFF", 4 + sum(map(len, pieces)), b"WEBP")
    return Image("webp", "image/webp", width, height, (head, *pieces))


def _chunks(data: memoryview, most: int = MAX_PARTS) -> Iterator[Chunk]:
    position, count = 0, 0
    while position < len(data):
        check_parts(count := count + 1, most)
        if position + 8 > len(data):
            raise BrokenImage("The picture ends early.")
        kind, size = unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + size]
        if len(body) != size:
            raise BrokenImage("The picture ends early.")
        yield kind, body
        position += 8 + size + (size & 1)


def _dimensions(chunks: list[Chunk]) -> tuple[int, int]:
    """Width and height of the canvas; whatever is decoded onto it is checked as well."""
    if not chunks:
        raise BrokenImage
    kind, body = chunks[0]
    if kind in _PICTURE:
        return _coded(kind, body)
    if kind != b"VP8X" or len(body) != _EXTENDED_LENGTH:
        raise BrokenImage
    width, height = 1 + _uint24(body, 4), 1 + _uint24(body, 7)
    check_dimensions(width, height)
    pictures = [chunk for chunk in chunks if chunk[0] in _PICTURE]
    frames = [body for kind, body in chunks if kind == b"ANMF"]
    if bool(frames) == bool(pictures) or len(pictures) > 1 or len(frames) > MAX_FRAMES:
        raise BrokenImage
    if pictures and _coded(*pictures[0]) != (width, height):
        raise BrokenImage
    for frame in frames:
        _check_frame(frame, width, height)
    return width, height


def _coded(kind: bytes, body: memoryview) -> tuple[int, int]:
    """Width and height in the header of a key frame (RFC 6386, section 9.1) or a lossless picture."""
    if kind == b"VP8L":
        mark, bits = unpack_from("<BI", body)
        width, height, sound = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, mark == 0x2F  # noqa: PLR2004
    else:
        mark, code, width, height = unpack_from("<B2x3sHH", body)
        width, height, sound = width & 0x3FFF, height & 0x3FFF, not mark & 1 and code == b"\x9d\x01\x2a"
    if not sound:
        raise BrokenImage
    check_dimensions(width, height)
    return width, height


def _check_frame(frame: memoryview, width: int, height: int) -> None:
    """A frame lies on the canvas and holds one picture of its own size."""
    if len(frame) < _FRAME_HEADER:
        raise BrokenImage
    left, top = 2 * _uint24(frame, 0), 2 * _uint24(frame, 3)
    size = 1 + _uint24(frame, 6), 1 + _uint24(frame, 9)
    coded = [
        _coded(*chunk) for chunk in _chunks(frame[_FRAME_HEADER:], _MAX_FRAME_PARTS) if chunk[0] in _PICTURE
    ]
    if coded != [size] or left + size[0] > width or top + size[1] > height:
        raise BrokenImage


def _cleaned(chunks: list[Chunk]) -> Iterable[Chunk]:
    """The chunks to keep, the flags of VP8X in agreement with them."""
    turned = next(
        (exif.minimal(exif.orientation(bytes(body))) for kind, body in chunks if kind == b"EXIF"), b""
    )
    if chunks[0][0] != b"VP8X":
        return chunks[:1]
    flags = chunks[0][1][0] & ~_EXIF_FLAG & ~_XMP_FLAG | (_EXIF_FLAG if turned else 0)
    kept: list[Chunk] = [(b"VP8X", memoryview(bytes((flags, *chunks[0][1][1:]))))]
    for kind, body in chunks[1:]:
        if kind in _KEPT:
            kept.append((kind, body))
        elif kind == b"ANMF":
            kept.append((kind, _cleaned_frame(body)))
    if turned:
        kept.append((b"EXIF", memoryview(turned)))
    return kept


def _cleaned_frame(frame: memoryview) -> memoryview:
    pictures = (chunk for chunk in _chunks(frame[_FRAME_HEADER:], _MAX_FRAME_PARTS) if chunk[0] in _KEPT)
    return memoryview(
        b"".join((frame[:_FRAME_HEADER], *(piece for chunk in pictures for piece in _framed(chunk))))
    )


def _framed(chunk: Chunk) -> tuple[bytes, memoryview, bytes]:
    kind, body = chunk
    return pack("<4sI", kind, len(body)), body, b"\x00" * (len(body) & 1)


def _uint24(data: memoryview, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 3], "little")
