"""What all picture formats share: the result, the limits, the failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.problems import Unprocessable, UnsupportedMediaType

if TYPE_CHECKING:
    from services.context import Piece

MAX_SIDE = 8192
"""Pixels."""
MAX_PIXELS = 40_000_000
"""Of one frame; what a decoder must allocate is a small multiple."""
MAX_PARTS = 16_384
"""Chunks, segments or boxes of one file: real encoders make far fewer, and each costs us time."""
MAX_FRAMES = 1_000
"""Frames of an animation."""


class UnsupportedImage(UnsupportedMediaType):
    """Not a format that we serve."""

    code = "unsupported_image"
    title = "Send a PNG, JPEG, GIF, WebP or AVIF picture."


class BrokenImage(Unprocessable):
    """The picture begins well and is then truncated or malformed."""

    code = "broken_image"
    title = "The picture is damaged."


class ImageTooLarge(Unprocessable):
    """Decoding the picture would take more memory than a viewer should be asked for."""

    code = "image_dimensions"
    title = f"A picture may have at most {MAX_SIDE} pixels a side and {MAX_PIXELS // 1_000_000} megapixels."


@dataclass(frozen=True, slots=True)
class Image:
    """A clean picture. ``extension`` is without its dot; the sides are those of the coded picture.

    ``pieces`` are for the most part views of what came: joining them would hold the picture twice.
    """

    extension: str
    content_type: str
    width: int
    height: int
    pieces: tuple[Piece, ...]

    @property
    def data(self) -> bytes:
        """All of it, copied."""
        return b"".join(self.pieces)


def check_dimensions(width: int, height: int) -> None:
    """Raise ``BrokenImage`` for an empty picture and ``ImageTooLarge`` for a huge one."""
    if width <= 0 or height <= 0:
        raise BrokenImage("The picture has no pixels.")
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageTooLarge


def check_parts(count: int, most: int = MAX_PARTS) -> None:
    """Raise ``BrokenImage`` for a file cut into absurdly many parts."""
    if count > most:
        raise BrokenImage("The picture is cut into too many parts.")
