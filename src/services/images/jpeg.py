"""JPEG (ITU-T T.81): baseline, extended and progressive Huffman pictures, as browsers show them."""

from __future__ import annotations

import re
from struct import pack, unpack_from
from typing import TYPE_CHECKING, NamedTuple

from services.images import exif
from services.images.common import BrokenImage, Image, check_dimensions, check_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\xff\xd8\xff"

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _END_MARKER = 0xDA, 0xD9
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_TABLES = frozenset((0xC4, 0xDB, 0xDD))
"""DHT, DQT, DRI."""
_JFIF, _EXIF, _ICC, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_IGNORED = frozenset((*range(0xE0, 0xF0), 0xFE))
"""APPn and COM: nothing that a decoder needs, but for the few that are kept."""
_JFIF_LENGTH = 14
_COMPONENTS = (1, 3, 4)
_MAX_SCANS = 128
_MARKER = re.compile(rb"\xff+[^\x00\xff]")
"""Any number of fill bytes may precede a marker (section B.1.1.2)."""
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In a scan FF is data before 00 and a restart marker before D0 to D7 (section B.1.1.5)."""


class _Segment(NamedTuple):
    """A marker and its payload; of a scan also the coded data behind it."""

    marker: int
    payload: bytes
    scan: memoryview = memoryview(b"")

    @property
    def framed(self) -> tuple[bytes, memoryview]:
        """As it stands in a file."""
        return pack(">BBH", 0xFF, self.marker, len(self.payload) + 2) + self.payload, self.scan


def clean(data: memoryview) -> Image:
    """The picture with JFIF, ICC and Adobe segments, its orientation, and nothing else beside the pixels."""
    segments = list(_segments(data))
    width, height = _dimensions(segments)
    markers = [segment.marker for segment in segments]
    if not 0 < markers.count(_SCAN) <= _MAX_SCANS:
        raise BrokenImage
    kept = [stripped for segment in segments if (stripped := _stripped(segment))]
    turned = next(
        (s.payload for s in segments if s.marker == _EXIF and s.payload.startswith(exif.PREFIX)), b""
    )
    if block := exif.minimal(exif.orientation(turned)):
        kept.insert(int(kept[0].marker == _JFIF), _Segment(_EXIF, exif.PREFIX + block))
    pieces = (piece for segment in kept for piece in segment.framed)
    return Image("jpg", "image/jpeg", width, height, (_START, *pieces, _END))


def _segments(data: memoryview) -> Iterator[_Segment]:
    """The segments between SOI and EOI."""
    position, count = len(_START), 0
    while True:
        check_parts(count := count + 1)
        match = _MARKER.match(data, position)
        if match is None:
            raise BrokenImage("The picture ends early.")
        marker, start = data[match.end() - 1], match.end()
        if marker == _END_MARKER:
            return
        length = int.from_bytes(data[start : start + 2], "big")
        position = start + length
        if length < 2 or position > len(data):  # noqa: PLR2004 - the length counts itself
            raise BrokenImage("The picture ends early.")
        scan = data[:0]
        if marker == _SCAN:
            scan, position = _scan(data, position)
        yield _Segment(marker, bytes(data[start + 2 : start + length]), scan)


def _scan(data: memoryview, start: int) -> tuple[memoryview, int]:
    """The coded data of a scan and where the next marker stands."""
    match = _SCAN_END.search(data, start)
    if match is None:
        raise BrokenImage("The picture ends early.")
    return data[start : match.start()], match.start()


def _dimensions(segments: list[_Segment]) -> tuple[int, int]:
    """Width and height from the one frame header (section B.2.2), which must precede the scans."""
    frames = [at for at, segment in enumerate(segments) if segment.marker in _FRAMES]
    if len(frames) != 1 or any(segment.marker == _SCAN for segment in segments[: frames[0]]):
        raise BrokenImage
    payload = segments[frames[0]].payload
    if len(payload) < 6:  # noqa: PLR2004 - up to the number of components
        raise BrokenImage
    precision, height, width, components = unpack_from(">BHHB", payload)
    if precision != 8 or components not in _COMPONENTS or len(payload) != 6 + 3 * components:  # noqa: PLR2004
        raise BrokenImage
    check_dimensions(width, height)
    return width, height


def _stripped(segment: _Segment) -> _Segment | None:
    """What to keep of a segment."""
    marker, payload = segment.marker, segment.payload
    if marker == _SCAN or marker in _FRAMES or marker in _TABLES:
        return segment
    if marker not in _IGNORED:
        raise BrokenImage("The picture is coded in a way that browsers do not show.")
    if marker == _JFIF and payload.startswith(b"JFIF\x00") and len(payload) >= _JFIF_LENGTH:
        # A thumbnail may show what was cut out of the picture: its two dimensions become zero.
        return _Segment(marker, payload[: _JFIF_LENGTH - 2] + b"\x00\x00")
    if (marker == _ICC and payload.startswith(b"ICC_PROFILE\x00")) or (
        marker == _ADOBE and payload.startswith(b"Adobe")
    ):
        return segment
    return None
