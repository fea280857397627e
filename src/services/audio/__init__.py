"""Recordings: which format it really is, how long it lasts, whether it may be taken (docs/ai.md)."""

from services.audio.problems import (
    MAX_BYTES,
    MAX_SECONDS,
    AudioBroken,
    AudioFormatUnsupported,
    AudioTooLarge,
    AudioTooLong,
)
from services.audio.sniff import Audio, read_audio

__all__ = [
    "MAX_BYTES",
    "MAX_SECONDS",
    "Audio",
    "AudioBroken",
    "AudioFormatUnsupported",
    "AudioTooLarge",
    "AudioTooLong",
    "read_audio",
]
