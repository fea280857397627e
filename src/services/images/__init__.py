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

_HEAD = 256
"""Bytes from which a format is told."""


def clean(data: bytes | memoryview) -> Image:
    """The picture without its metadata, in time and memory proportional to its length.

    Raises ``UnsupportedImage`` for what is not PNG, JPEG, GIF, WebP or AVIF, ``BrokenImage`` for what only
    begins like one, ``ImageTooLarge`` for dimensions beyond ``MAX_SIDE`` or ``MAX_PIXELS``.
    """
    # Views are sliced without copies: a picture is held once as it came and once as it is kept.
    view = memoryview(data)
    return _cleaner(bytes(view[:_HEAD]))(view)


def _cleaner(head: bytes) -> Callable[[memoryview], Image]:
    from services.images import avif, gif, jpeg, png, webp  # noqa: PLC0415 - few requests upload

    if head.startswith(png.SIGNATURE):
        return png.clean
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.clean
    if head.startswith(gif.SIGNATURES):
        return gif.clean
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return webp.clean
    if avif.is_avif(head):
        return avif.clean
    raise UnsupportedImage
