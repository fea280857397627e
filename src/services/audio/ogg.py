"""OGG pages (RFC 3533) with Opus (RFC 7845) or Vorbis I in them."""

from __future__ import annotations

from services.audio.fields import Found, little, take
from services.audio.problems import AudioBroken, AudioFormatUnsupported

CAPTURE = b"OggS"
MAX_PAGE = 65_307
MAX_FIRST_PAGE = 1024
"""The first page holds the identification header alone: 19 bytes of Opus for stereo, 30 of Vorbis."""
HEADER = 27
FIRST_PAGE = 0x02
NO_GRANULE = 0xFFFFFFFFFFFFFFFF
OPUS_RATE = 48_000
CRC_POLYNOMIAL = 0x04C11DB7


def is_ogg(body: bytes) -> bool:
    """Whether it begins with a page's capture pattern, version 0."""
    return body[:5] == CAPTURE + b"\0"


def read(body: bytes) -> Found:
    """Codec, and the duration from the last page's granule position."""
    packet = _first_packet(body)
    serial = take(body, 14, 4)
    if packet[:8] == b"OpusHead":
        return Found("opus", (_last_granule(body, serial) - little(packet, 10, 2)) / OPUS_RATE)
    if packet[:7] == b"\x01vorbis":
        rate = little(packet, 12, 4)
        if not 0 < rate <= 384_000:  # noqa: PLR2004 - far above any recorder
            raise AudioBroken(f"The Vorbis header says {rate} Hz.")
        return Found("vorbis", _last_granule(body, serial) / rate)
    raise AudioFormatUnsupported("OGG is taken with Opus or Vorbis in it.")


def _first_packet(body: bytes) -> bytes:
    if not little(body, 5, 1) & FIRST_PAGE:
        raise AudioBroken("The OGG file does not begin with its first page.")
    segments = take(body, HEADER, little(body, 26, 1))
    length = HEADER + len(segments) + sum(segments)
    if length > MAX_FIRST_PAGE:
        raise AudioFormatUnsupported("OGG is taken with Opus or Vorbis in it.")
    page = take(body, 0, length)
    if _checksum(page[:22] + bytes(4) + page[26:]) != little(page, 22, 4):
        raise AudioBroken("The OGG file's first page is damaged.")
    return page[HEADER + len(segments) :]


def _last_granule(body: bytes, serial: bytes) -> int:
    """The position at the stream's last page that gives one: a page in which no packet ends does not."""
    end = len(body)
    while (at := body.rfind(CAPTURE, 0, end)) > 0 and len(body) - at <= 2 * MAX_PAGE:
        page = body[at : at + HEADER]
        granule = int.from_bytes(page[6:14], "little")
        if len(page) == HEADER and page[4] == 0 and page[14:18] == serial and granule != NO_GRANULE:
            return granule
        end = at
    raise AudioBroken("The OGG file breaks off before its sound.")


def _checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (CRC_POLYNOMIAL if value & 0x80000000 else 0)
        value &= 0xFFFFFFFF
    return value
