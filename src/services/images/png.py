"""PNG (W3C PNG, third edition), with its animations."""

from __future__ import annotations

from struct import pack, unpack_from
from typing import TYPE_CHECKING
from zlib import crc32

from services.images import exif
from services.images.common import MAX_FRAMES, BrokenImage, Image, check_dimensions, check_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT"
    b" acTL fcTL fdAT".split()
)
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Colour type → bit depths (table 8)."""
_PALETTE_COLOUR = 3
_HEADER_LENGTH = 13
_LOWER_CASE = 0x20
"""Bit 5 of a chunk type's first letter: a decoder may skip the chunk (section 5.4)."""


def clean(data: memoryview) -> Image:
    """The picture without text, time stamps, Exif (but its orientation), and what follows IEND."""
    chunks = list(_chunks(data))
    width, height, colour = _header(chunks[0])
    _check_order([kind for kind, _ in chunks], colour)
    kept: list[bytes | memoryview] = [SIGNATURE, *(whole for kind, whole in chunks if kind in _KEPT)]
    for kind, whole in chunks:
        if kind == b"eXIf" and (turned := exif.minimal(exif.orientation(bytes(whole[8:-4])))):
            kept.insert(2, _framed(kind, turned))
            break
    return Image("png", "image/png", width, height, tuple(kept))


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The chunks up to IEND as (type, whole chunk), their CRCs checked."""
    position, count, kind = len(SIGNATURE), 0, b""
    while kind != b"IEND":
        check_parts(count := count + 1)
        if position + 12 > len(data):
            raise BrokenImage("The picture ends early.")
        length, kind = unpack_from(">I4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            raise BrokenImage("The picture ends early.")
        if crc32(data[position + 4 : end]) != unpack_from(">I", data, end)[0]:
            raise BrokenImage("A check sum of the picture is wrong.")
        yield kind, data[position : end + 4]
        position = end + 4


def _header(chunk: tuple[bytes, memoryview]) -> tuple[int, int, int]:
    """Width, height and colour type."""
    kind, whole = chunk
    if kind != b"IHDR" or len(whole) != _HEADER_LENGTH + 12:
        raise BrokenImage
    width, height, depth, colour, compression, filtering, interlace = unpack_from(">IIBBBBB", whole, 8)
    check_dimensions(width, height)
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise BrokenImage
    return width, height, colour


def _check_order(kinds: list[bytes], colour: int) -> None:
    """Critical chunks are known, single and in order, the IDATs in one run (section 5.6)."""
    if any(kind not in _KEPT for kind in kinds if not kind[0] & _LOWER_CASE):
        raise BrokenImage("The picture has a part that no viewer knows.")
    idats, palettes = kinds.count(b"IDAT"), kinds.count(b"PLTE")
    if not idats or kinds.count(b"IHDR") > 1 or palettes > 1 or kinds.count(b"fcTL") > MAX_FRAMES:
        raise BrokenImage
    first = kinds.index(b"IDAT")
    if kinds[first : first + idats] != [b"IDAT"] * idats:
        raise BrokenImage
    if (palettes and kinds.index(b"PLTE") > first) or (colour == _PALETTE_COLOUR and not palettes):
        raise BrokenImage


def _framed(kind: bytes, body: bytes) -> bytes:
    return pack(">I4s", len(body), kind) + body + pack(">I", crc32(body, crc32(kind)))
