"""AVIF (AV1 Image File Format 1.1) in its container, ISO/IEC 14496-12 with 23008-12 items.

Offsets in the file are absolute, so nothing is moved: what is dropped is overwritten in place. Of the media
data of a still picture only what its image items refer to survives.
"""

from __future__ import annotations

from struct import error, unpack_from
from typing import TYPE_CHECKING, NamedTuple

from services.images.common import BrokenImage, Image, check_dimensions, check_parts
from services.images.iloc import read_extents, read_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

_BRANDS = (b"avif", b"avis")
_TOP = frozenset((b"ftyp", b"meta", b"moov", b"mdat"))
_META = frozenset((b"hdlr", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat", b"dinf", b"grpl"))
_TRACK_EXTRAS = frozenset((b"udta", b"meta", b"uuid"))
_PICTURE_ITEMS = frozenset((b"av01", b"grid", b"iovl", b"iden", b"tmap"))
_MAX_MEDIA = 64
_ZEROS = bytes(64 * 1024)
_NO_EXIF = b"\x00\x00\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
"""An Exif item without a field: strict readers refuse zeros."""


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


class _Size(NamedTuple):
    width: int
    height: int


class _Item(NamedTuple):
    """A run of an item's bytes, by its place in the file."""

    kind: bytes
    start: int
    end: int


def is_avif(head: bytes) -> bool:
    """Whether a file that begins like this has a file type box with a brand of AVIF."""
    if head[4:8] != b"ftyp":
        return False
    brands = head[8 : int.from_bytes(head[:4], "big")]
    return any(brands[at : at + 4] in _BRANDS for at in range(0, len(brands), 4) if at != 4)  # noqa: PLR2004


def clean(data: memoryview) -> Image:
    """The picture with Exif, XMP and foreign boxes blanked and what follows the last box cut off."""
    try:
        return _clean(data)
    except error:
        raise BrokenImage("The picture ends early.") from None


def _clean(data: memoryview) -> Image:
    top = list(_top_boxes(data))
    out = bytearray(data[: top[-1].end])
    for box in top:
        if box.kind not in _TOP:
            _blank(out, box)
    metas, movies = ([box for box in top if box.kind == kind] for kind in (b"meta", b"moov"))
    if len(metas) != 1 or len(movies) > 1:
        raise BrokenImage
    sizes = [size for movie in movies for size in _strip_movie(data, out, movie)]
    media = [box for box in top if box.kind == b"mdat"]
    sizes += _strip_items(data, out, metas[0], media, keep_media=bool(movies))
    if not sizes:
        raise BrokenImage
    for size in sizes:
        check_dimensions(*size)
    largest = max(sizes, key=lambda size: size.width * size.height)
    return Image("avif", "image/avif", largest.width, largest.height, (out,))


def _top_boxes(data: memoryview) -> Iterator[_Box]:
    """The boxes of the file, up to the first bytes that are none."""
    position, count = 0, 0
    while position < len(data):
        check_parts(count := count + 1)
        box = _box(data, position, len(data))
        if box is None:
            if bytes(data[position + 4 : position + 8]) in _TOP:
                raise BrokenImage("The picture ends early.")
            return
        yield box
        position = box.end


def _boxes(data: memoryview, start: int, end: int) -> Iterator[_Box]:
    """The boxes inside a box, which they must fill."""
    position, count = start, 0
    while position < end:
        check_parts(count := count + 1)
        box = _box(data, position, end)
        if box is None:
            raise BrokenImage
        yield box
        position = box.end


def _box(data: memoryview, start: int, end: int) -> _Box | None:
    """The box that begins here (14496-12, section 4.2), if one does and it fits."""
    if start + 8 > end:
        return None
    size, kind = unpack_from(">I4s", data, start)
    body = start + 8
    if size == 1 and start + 16 <= end:
        (size,), body = unpack_from(">Q", data, body), start + 16
    stop = end if size == 0 else start + size
    return _Box(kind, start, body, stop) if body <= stop <= end else None


def _blank(out: bytearray, box: _Box) -> None:
    """Turn a box into free space."""
    out[box.start + 4 : box.start + 8] = b"free"
    _zero(out, box.body, box.end)


def _zero(out: bytearray, start: int, end: int) -> None:
    """Overwrite a range, which may be most of the file, without as many new bytes."""
    for at in range(start, end, len(_ZEROS)):
        out[at : min(at + len(_ZEROS), end)] = _ZEROS[: end - at]


def _strip_movie(data: memoryview, out: bytearray, movie: _Box) -> list[_Size]:
    """Blank what users and tools wrote into a movie and its tracks; the sizes of the tracks."""
    sizes: list[_Size] = []
    for box in _boxes(data, movie.body, movie.end):
        if box.kind in _TRACK_EXTRAS:
            _blank(out, box)
        elif box.kind == b"trak":
            for part in _boxes(data, box.body, box.end):
                if part.kind in _TRACK_EXTRAS:
                    _blank(out, part)
                elif part.kind == b"tkhd":
                    width, height = unpack_from(">II", data, part.end - 8)
                    sizes.append(_Size(width >> 16, height >> 16))
    return sizes


def _strip_items(
    data: memoryview, out: bytearray, meta: _Box, media: list[_Box], *, keep_media: bool
) -> list[_Size]:
    """Blank what is no picture item, in the media data and in the items' own; the sizes of the items."""
    boxes = list(_boxes(data, meta.body + 4, meta.end))
    for box in boxes:
        if box.kind not in _META:
            _blank(out, box)
    parts = {box.kind: box for box in boxes}
    if len(media) > _MAX_MEDIA or not parts.keys() >= {b"pitm", b"iinf", b"iloc", b"iprp"}:
        raise BrokenImage
    items = list(_items(data, parts, media))
    pictures = [item for item in items if item.kind in _PICTURE_ITEMS]
    others = [item for item in items if item.kind not in _PICTURE_ITEMS]
    if not pictures:
        raise BrokenImage
    for start, end in [(box.body, box.end) for box in media if not keep_media] + _merged(others):
        _zero(out, start, end)
    for item in others:
        if item.kind == b"Exif" and item.end - item.start >= len(_NO_EXIF):
            out[item.start : item.start + len(_NO_EXIF)] = _NO_EXIF
    for start, end in _merged(pictures):
        out[start:end] = data[start:end]
    return _sizes(data, parts[b"iprp"])


def _items(data: memoryview, parts: dict[bytes, _Box], media: list[_Box]) -> Iterator[_Item]:
    """Where each part of each item lies in the file, which must be inside the media data or the box idat."""
    kinds = read_kinds(_content(data, parts[b"iinf"]))
    inner = parts.get(b"idat")
    for extent in read_extents(_content(data, parts[b"iloc"])):
        space = media
        start = extent.offset
        if extent.inside:
            if inner is None:
                raise BrokenImage
            space, start = [inner], inner.body + extent.offset
        end = start + extent.length
        if not any(box.body <= start and end <= box.end for box in space):
            raise BrokenImage("The picture ends early.")
        yield _Item(kinds.get(extent.item, b""), start, end)


def _merged(items: list[_Item]) -> list[tuple[int, int]]:
    """The ranges that items cover, each byte once."""
    ranges: list[tuple[int, int]] = []
    for start, end in sorted((item.start, item.end) for item in items):
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    return ranges


def _sizes(data: memoryview, properties: _Box) -> list[_Size]:
    """The sizes that the items of the file may have (23008-12, section 6.5.3)."""
    return [
        _Size(*unpack_from(">4xII", data, box.body))
        for container in _boxes(data, properties.body, properties.end)
        if container.kind == b"ipco"
        for box in _boxes(data, container.body, container.end)
        if box.kind == b"ispe"
    ]


def _content(data: memoryview, box: _Box) -> bytes:
    return bytes(data[box.body : box.end])
