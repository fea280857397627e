"""Pictures that people upload: recognised by content, bounded in dimensions, stripped of metadata.

Nothing is decoded or re-encoded: every format is walked as a container, what a browser needs to show the
picture is kept byte for byte, the rest (places, cameras, comments, bytes after the end) is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.images.common import BrokenImage, Image, ImageTooLarge, UnsupportedImage

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BrokenImage", "Image", "ImageTooLarge", "UnsupportedImage", "clean"]


def clean(data: bytes) -> Image:
    """The picture without its metadata.

    Raises ``UnsupportedImage`` for what is not PNG, JPEG, GIF, WebP or AVIF, ``BrokenImage`` for what only
    begins like one, ``ImageTooLarge`` for dimensions beyond ``MAX_SIDE`` or ``MAX_PIXELS``.
    """
    return _cleaner(data)(data)


def _cleaner(data: bytes) -> Callable[[bytes], Image]:
    from services.images import avif, gif, jpeg, png, webp  # noqa: PLC0415 - few requests upload

    if data.startswith(png.SIGNATURE):
        return png.clean
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.clean
    if data.startswith(gif.SIGNATURES):
        return gif.clean
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return webp.clean
    if avif.is_avif(data):
        return avif.clean
    raise UnsupportedImage
