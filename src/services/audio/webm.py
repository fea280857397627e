"""WebM: EBML elements (RFC 8794) of Matroska (RFC 9559) with an Opus or Vorbis track.

The elements are read in one pass without a stack: one that contains others is entered simply by going on
behind its header, so that the unknown sizes which browsers write while they record need no case of their own.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from services.audio.fields import Found, big, take
from services.audio.problems import AudioBroken, AudioFormatUnsupported

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, INFO, TRACKS, TRACK, CLUSTER, GROUP = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0
SCALE, DURATION = 0x2AD7B1, 0x4489
TRACK_TYPE, CODEC = 0x83, 0x86
TIMESTAMP, SIMPLE_BLOCK, BLOCK = 0xE7, 0xA3, 0xA1

ENTERED = frozenset({SEGMENT, INFO, TRACKS, TRACK, CLUSTER, GROUP})
READ = frozenset({SCALE, DURATION, TRACK_TYPE, CODEC, TIMESTAMP, SIMPLE_BLOCK, BLOCK})
VIDEO, AUDIO = 1, 2
CODECS = {b"A_OPUS": "opus", b"A_VORBIS": "vorbis"}
MAX_ELEMENTS = 50_000
"""Five minutes of 20 ms blocks are 15 000; what has more elements than this is no recording."""
LONGEST_PACKET = 0.12
"""Seconds that an Opus packet holds at most (RFC 6716, section 2)."""


@dataclass(slots=True)
class _Recording:
    scale: int = 1_000_000
    duration: float = 0.0
    types: list[int] = field(default_factory=list[int])
    codecs: list[bytes] = field(default_factory=list[bytes])
    cluster: int = 0
    last: int = 0
    before_last: int = 0

    def seconds(self) -> float:
        """The header's duration, or where the last block ends, whichever is later."""
        tick = self.scale / 1e9
        packet = min((self.last - self.before_last) * tick, LONGEST_PACKET)
        return max(self.duration * tick, self.last * tick + packet if self.last else 0.0)


def is_webm(body: bytes) -> bool:
    """Whether it begins with an EBML header."""
    return body[:4] == EBML.to_bytes(4, "big")


def read(body: bytes) -> Found:
    """Codec and duration; a recording without a duration lasts until its last block."""
    recording = _Recording()
    at = _document(body)
    for _ in range(MAX_ELEMENTS):
        header = _header(body, at)
        if header is None:
            return _found(recording)
        kind, start, size = header
        at = start
        if kind not in ENTERED:
            if size is None or start + size > len(body):
                return _found(recording)
            if kind in READ:
                _note(recording, kind, body[start : start + min(size, 64)])
            at = start + size
        elif kind == TRACK:
            recording.types.append(0)
            recording.codecs.append(b"")
    raise AudioBroken("The WebM file has more parts than a recording has.")


def _document(body: bytes) -> int:
    """Where the EBML header ends; the document is WebM, or Matroska as some recorders call it."""
    _, start, size = _header(body, 0) or (EBML, 0, None)
    if size is None:
        raise AudioBroken("The WebM file has no complete header.")
    content = take(body, start, size)
    if b"\x42\x82\x84webm" not in content and b"\x42\x82\x88matroska" not in content:
        raise AudioFormatUnsupported("This EBML document is not WebM.")
    return start + size


def _header(body: bytes, at: int) -> tuple[int, int, int | None] | None:
    """Id, start of the content and size (None if unknown) of an element; None where the body ends."""
    first = body[at : at + 1]
    if not first:
        return None
    length = 9 - first[0].bit_length()
    if length > 4:  # noqa: PLR2004 - the longest id of Matroska
        raise AudioBroken("The WebM file is damaged.")
    identity = int.from_bytes(body[at : at + length], "big")
    at += length
    first = body[at : at + 1]
    if not first:
        return None
    width = 9 - first[0].bit_length()
    if width > 8:  # noqa: PLR2004 - the longest size of Matroska
        raise AudioBroken("The WebM file is damaged.")
    unmarked = int.from_bytes(body[at : at + width], "big") & ((1 << 7 * width) - 1)
    size = None if unmarked == (1 << 7 * width) - 1 else unmarked
    return identity, at + width, size


def _note(recording: _Recording, kind: int, content: bytes) -> None:
    if kind in (SIMPLE_BLOCK, BLOCK):
        _note_block(recording, content)
    elif kind == TIMESTAMP:
        recording.cluster = int.from_bytes(content, "big")
    elif kind == SCALE:
        recording.scale = int.from_bytes(content, "big")
    elif kind == DURATION:
        recording.duration = _float(content)
    elif recording.types:
        if kind == CODEC:
            recording.codecs[-1] = content
        elif kind == TRACK_TYPE:
            recording.types[-1] = int.from_bytes(content, "big")


def _note_block(recording: _Recording, content: bytes) -> None:
    """A block begins with its track's number and a signed 16-bit time from its cluster's (RFC 9559, 10.2)."""
    width = 9 - big(content, 0, 1).bit_length()
    relative = int.from_bytes(take(content, width, 2), "big", signed=True)
    time = recording.cluster + relative
    if time > recording.last:
        recording.before_last, recording.last = recording.last, time


def _float(content: bytes) -> float:
    if len(content) not in (4, 8):
        return 0.0
    value: float = struct.unpack(">f" if len(content) == 4 else ">d", content)[0]  # noqa: PLR2004
    return value if math.isfinite(value) else 0.0


def _found(recording: _Recording) -> Found:
    if VIDEO in recording.types:
        raise AudioFormatUnsupported("This is a film. Send the sound alone.")
    if AUDIO not in recording.types:
        raise AudioBroken("The WebM file has no sound track.")
    codec = CODECS.get(recording.codecs[recording.types.index(AUDIO)])
    if codec is None:
        raise AudioFormatUnsupported("WebM is taken with Opus or Vorbis in it.")
    return Found(codec, recording.seconds())
