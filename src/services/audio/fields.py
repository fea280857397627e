"""Reading binary fields from a body that may end anywhere."""

from __future__ import annotations

from typing import NamedTuple

from services.audio.problems import AudioBroken


class Found(NamedTuple):
    """What a format's reader finds: the codec's name and the duration in seconds."""

    codec: str
    seconds: float


def take(body: bytes, start: int, length: int) -> bytes:
    """``length`` bytes from ``start``; raises ``AudioBroken`` when the body ends before."""
    if start < 0 or length < 0 or start + length > len(body):
        raise AudioBroken("The recording ends in the middle of a header.")
    return body[start : start + length]


def big(body: bytes, start: int, length: int) -> int:
    """An unsigned big-endian number."""
    return int.from_bytes(take(body, start, length), "big")


def little(body: bytes, start: int, length: int) -> int:
    """An unsigned little-endian number."""
    return int.from_bytes(take(body, start, length), "little")
