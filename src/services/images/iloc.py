"""Where the items of an ISO base media file lie: the boxes iinf and iloc (ISO/IEC 14496-12, section 8.11)."""

from __future__ import annotations

from struct import error, unpack_from
from typing import NamedTuple

from services.images.common import BrokenImage, check_parts

_MAX_ITEMS = 4096
_ITEM_INFO = b"infe"
_IN_FILE, _IN_ITEM_DATA = 0, 1
"""Construction methods (section 8.11.3.3)."""


class Extent(NamedTuple):
    """A run of an item's bytes: ``offset`` counts from the start of the file, or of the box idat."""

    item: int
    inside: bool
    offset: int
    length: int


class _Reader:
    """Big-endian integers of widths that the file declares."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def uint(self, width: int) -> int:
        end = self.position + width
        if end > len(self.data):
            raise error("the box ends early")
        value = int.from_bytes(self.data[self.position : end], "big")
        self.position = end
        return value


def read_kinds(iinf: bytes) -> dict[int, bytes]:
    """Item id → item type, from the body of an iinf box."""
    version = iinf[0] if iinf else 0
    position, kinds = (8 if version else 6), dict[int, bytes]()
    while position < len(iinf):
        check_parts(len(kinds), _MAX_ITEMS)
        size, box, entry_version = unpack_from(">I4sB", iinf, position)
        if box != _ITEM_INFO or entry_version not in (2, 3) or size < 20 or position + size > len(iinf):  # noqa: PLR2004
            raise BrokenImage
        layout = ">H2x4s" if entry_version == 2 else ">I2x4s"  # noqa: PLR2004
        item, kind = unpack_from(layout, iinf, position + 12)
        if item in kinds:
            raise BrokenImage
        kinds[item] = kind
        position += size
    return kinds


def read_extents(iloc: bytes) -> list[Extent]:
    """Every extent of every item, from the body of an iloc box."""
    reader = _Reader(iloc)
    version, _ = reader.uint(1), reader.uint(3)
    offset_width, length_width = divmod(reader.uint(1), 16)
    base_width, index_width = divmod(reader.uint(1), 16)
    wide = 4 if version == 2 else 2  # noqa: PLR2004
    if version > 2 or {offset_width, length_width, base_width, index_width} - {0, 4, 8} or not length_width:  # noqa: PLR2004
        raise BrokenImage
    extents: list[Extent] = []
    for _ in range(reader.uint(wide)):
        item = reader.uint(wide)
        method = reader.uint(2) & 0xF if version else _IN_FILE
        reference, base = reader.uint(2), reader.uint(base_width)
        if method not in (_IN_FILE, _IN_ITEM_DATA) or reference:
            raise BrokenImage("The picture is put together in a way that is not supported.")
        for _ in range(reader.uint(2)):
            check_parts(len(extents), _MAX_ITEMS)
            reader.uint(index_width if version else 0)
            offset, length = base + reader.uint(offset_width), reader.uint(length_width)
            extents.append(Extent(item, method == _IN_ITEM_DATA, offset, length))
    return extents
