"""GIF 87a and 89a, with animations."""

from __future__ import annotations

from struct import unpack_from

from services.images.common import (
    MAX_FRAMES,
    BrokenImage,
    Image,
    check_dimensions,
)

SIGNATURES = (b"GIF87a", b"GIF89a")

_SCREEN_END = 13
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_CONTROL_LENGTH = 4
_MAX_BLOCKS = 100_000
"""Data sub-blocks of a file: 10 MB in full blocks are 41 000."""


def clean(data: memoryview) -> Image:
    """The picture with its frames, timing and loop count; no comments, text, foreign data, trailing bytes."""
    return _Walk(data).run()


class _Walk:
    """One pass over the blocks (GIF89a specification, appendix B)."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.position = _SCREEN_END
        self.blocks = 0
        self.frames = 0
        self.kept: list[bytes | memoryview] = []

    def run(self) -> Image:
        """Walk to the trailer."""
        if len(self.data) < _SCREEN_END:
            raise BrokenImage("The picture ends early.")
        width, height, flags = unpack_from("<HHB", self.data, 6)
        check_dimensions(width, height)
        self.position += _table_length(flags)
        self.kept.append(self.data[: self.position])
        while (introducer := self._byte()) != _TRAILER:
            if introducer == _EXTENSION:
                self._extension()
            elif introducer == _IMAGE:
                self._image()
            else:
                raise BrokenImage
        if not self.frames:
            raise BrokenImage
        return Image("gif", "image/gif", width, height, (*self.kept, bytes((_TRAILER,))))

    def _byte(self) -> int:
        if self.position >= len(self.data):
            raise BrokenImage("The picture ends early.")
        self.position += 1
        return self.data[self.position - 1]

    def _image(self) -> None:
        """An image descriptor, its colour table, its coded data (sections 20 to 22)."""
        start = self.position - 1
        self.frames += 1
        if start + 11 > len(self.data) or self.frames > MAX_FRAMES:
            raise BrokenImage
        left, top, width, height, flags = unpack_from("<HHHHB", self.data, start + 1)
        check_dimensions(left + width, top + height)
        self.position = start + 10 + _table_length(flags) + 1
        self._skip_blocks()
        self.kept.append(self.data[start : self.position])

    def _extension(self) -> None:
        """Of all extensions only frame timing and the loop count are kept."""
        start, label = self.position - 1, self._byte()
        size = self.data[self.position] if self.position < len(self.data) else 0
        body = bytes(self.data[self.position + 1 : self.position + 1 + size])
        self._skip_blocks()
        if label == _CONTROL and size == _CONTROL_LENGTH:
            self.kept.append(bytes((_EXTENSION, label, size)) + body + b"\x00")
        elif label == _APPLICATION and body in _LOOPS:
            loop = bytes(self.data[start + 3 + size : start + 7 + size])
            if loop[:2] == b"\x03\x01":
                self.kept.append(bytes((_EXTENSION, label, size)) + body + loop + b"\x00")

    def _skip_blocks(self) -> None:
        """Move behind the terminator of a chain of data sub-blocks (section 15)."""
        data, position, end, blocks = self.data, self.position, len(self.data), self.blocks
        size = None
        while size != 0:
            blocks += 1  # terminators count: a chain of nothing else costs as much time
            if blocks > _MAX_BLOCKS:
                raise BrokenImage("The picture is cut into too many parts.")
            if position >= end:
                raise BrokenImage("The picture ends early.")
            size = data[position]
            position += size + 1
        self.position, self.blocks = position, blocks


def _table_length(flags: int) -> int:
    """Bytes of the colour table that these packed fields announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
