"""WAV: RIFF chunks (Multimedia Programming Interface and Data Specifications 1.0; RFC 2361)."""

from __future__ import annotations

from services.audio.fields import Found, little, take
from services.audio.problems import AudioBroken, AudioFormatUnsupported

CODECS = {1: "pcm", 3: "float", 6: "alaw", 7: "mulaw"}
EXTENSIBLE = 0xFFFE
MAX_CHUNKS = 200
MAX_RATE = 384_000
MAX_CHANNELS = 8


def is_wav(body: bytes) -> bool:
    """Whether it begins as RIFF of the form WAVE."""
    return body[:4] == b"RIFF" and body[8:12] == b"WAVE"


def read(body: bytes) -> Found:
    """Codec and exact duration. A recorder that streams leaves the size of the data open."""
    layout: tuple[str, int] | None = None
    at = 12
    for _ in range(MAX_CHUNKS):
        kind, size = take(body, at, 4), little(body, at + 4, 4)
        at += 8
        if kind == b"fmt ":
            layout = _layout(body, at, size)
        elif kind == b"data":
            if layout is None:
                raise AudioBroken("The WAV file has samples before it says what they are.")
            codec, bytes_per_second = layout
            return Found(codec, min(size or len(body), len(body) - at) / bytes_per_second)
        at += size + size % 2
    raise AudioBroken("The WAV file has more parts than a recording has.")


def _layout(body: bytes, at: int, size: int) -> tuple[str, int]:
    """Codec and bytes per second, from what cannot contradict itself."""
    if size < 16:  # noqa: PLR2004 - the least that WAVEFORMAT has
        raise AudioBroken("The WAV file does not say what its samples are.")
    tag, channels, rate = little(body, at, 2), little(body, at + 2, 2), little(body, at + 4, 4)
    bits = little(body, at + 14, 2)
    if tag == EXTENSIBLE:
        tag = little(body, at + 24, 2) if size >= 26 else 0  # noqa: PLR2004 - the sub-format's first field
    if tag not in CODECS:
        raise AudioFormatUnsupported(f"WAV with codec {tag} is not taken; send PCM.")
    if not (0 < channels <= MAX_CHANNELS and 0 < rate <= MAX_RATE and bits in (8, 16, 24, 32, 64)):
        raise AudioBroken(f"The WAV file says {channels} channels, {rate} Hz, {bits} bits.")
    return CODECS[tag], rate * channels * bits // 8
