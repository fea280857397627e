"""MP3: frames of MPEG-1, 2 and 2.5 layer III (ISO/IEC 11172-3, 13818-3), with ID3v2 and Xing headers."""

from __future__ import annotations

from typing import NamedTuple

from services.audio.fields import Found, big, take
from services.audio.problems import MAX_SECONDS, AudioBroken

BITRATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
LAYER_3 = 1
MONO = 3
ID3_HEADER = 10
ID3_TRAILER = 128
TRUSTED = 3
"""Frames in a row that make a stream of it: eleven set bits alone are found in any data."""
MAX_TAGS = 4


class _Frame(NamedTuple):
    size: int
    samples: int
    rate: int
    bitrate: int
    mono: bool
    mpeg1: bool


def is_mp3(body: bytes) -> bool:
    """Whether it begins with an ID3v2 tag or with frames that follow one another."""
    return body[:3] == b"ID3" or _starts_stream(body, 0)


def read(body: bytes) -> Found:
    """The duration as a Xing or Info header counts it, or else from the frames themselves."""
    start = _after_tags(body)
    first = _frame(body, start)
    if first is None or not _starts_stream(body, start):
        raise AudioBroken("There are no MP3 frames behind the tag.")
    frames = _counted(body, start, first)
    if frames is None:
        return Found("mp3", _walked(body, start))
    return Found("mp3", frames * first.samples / first.rate)


def _after_tags(body: bytes) -> int:
    """Where the first frame is: behind ID3v2 tags (id3.org, ID3v2.4.0 section 3.1) and padding."""
    at = 0
    for _ in range(MAX_TAGS):
        if body[at : at + 3] != b"ID3":
            break
        flags, size = big(body, at + 5, 1), take(body, at + 6, 4)
        if any(part & 0x80 for part in size):
            raise AudioBroken("The MP3 file's tag is damaged.")
        length = size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]
        at += ID3_HEADER + length + (ID3_HEADER if flags & 0x10 else 0)
    return len(body) - len(body[at:].lstrip(b"\0"))


def _frame(body: bytes, at: int) -> _Frame | None:
    """The frame whose header is there, if one is."""
    header = int.from_bytes(body[at : at + 4], "big")
    version, layer = header >> 19 & 3, header >> 17 & 3
    bitrate, rate = header >> 12 & 15, header >> 10 & 3
    if at + 4 > len(body) or header >> 21 != 0x7FF or layer != LAYER_3:  # noqa: PLR2004 - the frame sync
        return None
    if version not in RATES or bitrate in (0, 15) or rate == 3:  # noqa: PLR2004 - reserved values
        return None
    mpeg1 = version == 3  # noqa: PLR2004 - the version's code
    bits, hertz = BITRATES[1 if mpeg1 else 2][bitrate] * 1000, RATES[version][rate]
    size = (144 if mpeg1 else 72) * bits // hertz + (header >> 9 & 1)
    return _Frame(size, 1152 if mpeg1 else 576, hertz, bits, (header >> 6 & 3) == MONO, mpeg1)


def _starts_stream(body: bytes, at: int) -> bool:
    """Whether frames of one kind follow one another from here; fewer than trusted only if the body ends."""
    first = _frame(body, at)
    found = first
    for _ in range(TRUSTED - 1):
        if first is None or found is None or (found.rate, found.mpeg1) != (first.rate, first.mpeg1):
            return False
        at += found.size
        if at >= len(body):
            return True
        found = _frame(body, at)
    return found is not None


def _counted(body: bytes, at: int, first: _Frame) -> int | None:
    """The number of frames that a Xing or Info header in the first frame gives."""
    side = (17 if first.mono else 32) if first.mpeg1 else (9 if first.mono else 17)
    tag = body[at + 4 + side : at + 4 + side + 12]
    if tag[:4] in (b"Xing", b"Info") and len(tag) == 12 and tag[7] & 1:  # noqa: PLR2004 - tag, flags, count
        return int.from_bytes(tag[8:12], "big") or None
    return None


def _walked(body: bytes, at: int) -> float:
    """The sum of all frames' durations, up to what is none (a tag, or a cut) or to more than may be taken."""
    seconds = 0.0
    while seconds <= MAX_SECONDS and (frame := _frame(body, at)):
        seconds += frame.samples / frame.rate
        at += frame.size
    return seconds
