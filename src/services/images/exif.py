"""Exif (CIPA DC-008), of which only the orientation is worth keeping."""

from __future__ import annotations

from struct import Struct, error, unpack_from

PREFIX = b"Exif\x00\x00"
"""Stands before the TIFF structure in JPEG, and by mistake of some writers in WebP."""

_ORIENTATION_TAG = 0x0112
_SHORT = 3
_UPRIGHT = 1
_MAX_ENTRIES = 1_000
_MINIMAL = Struct(">2sHIHHHIHHI")


def orientation(exif: bytes) -> int:
    """The orientation 1 to 8 in an Exif block, with or without ``PREFIX``; 1 where it says nothing sound."""
    tiff = exif.removeprefix(PREFIX)
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None:
        return _UPRIGHT
    try:
        (start,) = unpack_from(order + "I", tiff, 4)
        (count,) = unpack_from(order + "H", tiff, start)
        for entry in range(min(count, _MAX_ENTRIES)):
            tag, kind, _, value = unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and value in range(1, 9) else _UPRIGHT
    except error:
        pass
    return _UPRIGHT


def minimal(value: int) -> bytes:
    """A TIFF structure that holds the orientation and nothing else; nothing at all for an upright picture."""
    if value == _UPRIGHT:
        return b""
    return _MINIMAL.pack(b"MM", 42, 8, 1, _ORIENTATION_TAG, _SHORT, 1, value, 0, 0)
