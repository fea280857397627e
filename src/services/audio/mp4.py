"""MP4 and M4A: boxes of the ISO base media file format (ISO/IEC 14496-12), whole or fragmented."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from services.audio.fields import Found, big, take
from services.audio.problems import AudioBroken, AudioFormatUnsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BOXES = 20_000
"""At the top: a fragmented recording of five minutes has some hundreds."""
MAX_CHILDREN = 64
"""Within one box."""
CODECS = {b"mp4a": "aac", b"alac": "alac", b"Opus": "opus", b"fLaC": "flac", b".mp3": "mp3"}

BASE_DURATION, BASE_SAMPLE_DURATION = 0x01, 0x08  # tfhd: data offset present, default duration present
SAMPLE_DESCRIPTION = 0x02


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


class _Track(NamedTuple):
    codec: bytes
    timescale: int
    duration: int


def is_mp4(body: bytes) -> bool:
    """Whether it begins with a file type box."""
    return body[4:8] == b"ftyp"


def read(body: bytes) -> Found:
    """Codec and duration: the sound track's own, or the sum of its fragments."""
    top = list(_boxes(body, 0, len(body), MAX_BOXES))
    movie = next((box for box in top if box.kind == b"moov"), None)
    if movie is None:
        raise AudioBroken("The MP4 file has no index: it was cut off while it was being written.")
    track = _sound_track(body, movie)
    codec = CODECS.get(track.codec)
    if codec is None:
        raise AudioFormatUnsupported("M4A is taken with AAC, ALAC, Opus, FLAC or MP3 in it.")
    return Found(codec, (track.duration or _fragments(body, top)) / track.timescale)


def _boxes(body: bytes, at: int, end: int, most: int = MAX_CHILDREN) -> Iterator[_Box]:
    """The boxes between two positions; the last may be cut off, as the data of a broken download are."""
    for _ in range(most):
        if at + 8 > end:
            return
        size, header = big(body, at, 4), 8
        if size == 1:
            size, header = big(body, at + 8, 8), 16
        elif size == 0:
            size = end - at
        if size < header:
            raise AudioBroken("The MP4 file is damaged.")
        yield _Box(body[at + 4 : at + 8], at + header, min(at + size, end))
        at += size
    raise AudioBroken("The MP4 file has more parts than a recording has.")


def _child(body: bytes, parent: _Box, *path: bytes) -> _Box:
    for kind in path:
        found = next((box for box in _boxes(body, parent.start, parent.end) if box.kind == kind), None)
        if found is None:
            raise AudioBroken(f"The MP4 file lacks its {kind.decode()} box.")
        parent = found
    return parent


def _sound_track(body: bytes, movie: _Box) -> _Track:
    found: _Track | None = None
    for track in _boxes(body, movie.start, movie.end):
        if track.kind != b"trak":
            continue
        media = _child(body, track, b"mdia")
        handler = take(body, _child(body, media, b"hdlr").start + 8, 4)
        if handler == b"vide":
            raise AudioFormatUnsupported("This is a film. Send the sound alone.")
        if handler == b"soun" and found is None:
            found = _described(body, media)
    if found is None:
        raise AudioBroken("The MP4 file has no sound track.")
    return found


def _described(body: bytes, media: _Box) -> _Track:
    header = _child(body, media, b"mdhd").start
    long = big(body, header, 1) == 1
    timescale = big(body, header + (20 if long else 12), 4)
    duration = big(body, header + 24, 8) if long else big(body, header + 16, 4)
    if timescale == 0:
        raise AudioBroken("The MP4 file's sound has no time scale.")
    if duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
        duration = 0
    samples = _child(body, media, b"minf", b"stbl", b"stsd").start
    return _Track(take(body, samples + 12, 4), timescale, duration)


def _fragments(body: bytes, top: list[_Box]) -> int:
    """The durations of all fragments together, in the track's time scale; a recording has one track."""
    total = 0
    for moof in top:
        if moof.kind != b"moof":
            continue
        fragment = _child(body, moof, b"traf")
        default = _default_duration(body, _child(body, fragment, b"tfhd").start)
        runs = (box for box in _boxes(body, fragment.start, fragment.end) if box.kind == b"trun")
        total += sum(_run(body, run, default) for run in runs)
    return total


def _default_duration(body: bytes, at: int) -> int:
    """A fragment's default sample duration (tfhd); 0 where every run gives its own."""
    flags = big(body, at + 1, 3)
    if not flags & BASE_SAMPLE_DURATION:
        return 0
    skipped = 8 * bool(flags & BASE_DURATION) + 4 * bool(flags & SAMPLE_DESCRIPTION)
    return big(body, at + 8 + skipped, 4)


def _run(body: bytes, run: _Box, default: int) -> int:
    """The duration of one run of samples (trun)."""
    flags, count = big(body, run.start + 1, 3), big(body, run.start + 4, 4)
    if not flags & 0x100:
        return count * default
    fields = (flags & 0xF00).bit_count()
    first = run.start + 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    entries = take(body, first, 4 * fields * count)
    return sum(entry[0] for entry in struct.iter_unpack(f">{fields}I", entries))
