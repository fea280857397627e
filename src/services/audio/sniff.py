"""Which audio format a body really is, by its structure and never by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from services.audio import mp3, mp4, ogg, wav, webm
from services.audio.problems import (
    MAX_BYTES,
    MAX_SECONDS,
    AudioBroken,
    AudioFormatUnsupported,
    AudioTooLarge,
    AudioTooLong,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.audio.fields import Found

Format = Literal["wav", "webm", "ogg", "mp3", "mp4"]


class _Kind(NamedTuple):
    recognise: Callable[[bytes], bool]
    read: Callable[[bytes], Found]
    content_type: str
    extension: str


_KINDS: dict[Format, _Kind] = {
    "wav": _Kind(wav.is_wav, wav.read, "audio/wav", "wav"),
    "webm": _Kind(webm.is_webm, webm.read, "audio/webm", "webm"),
    "ogg": _Kind(ogg.is_ogg, ogg.read, "audio/ogg", "ogg"),
    "mp4": _Kind(mp4.is_mp4, mp4.read, "audio/mp4", "m4a"),
    "mp3": _Kind(mp3.is_mp3, mp3.read, "audio/mpeg", "mp3"),
}

_OTHERS = {
    b"fLaC": "FLAC",
    b"FORM": "AIFF",
    b"#!AMR": "AMR",
    b"\x30\x26\xb2\x75": "Windows Media",
    b"\xff\xf1": "raw AAC",
    b"\xff\xf9": "raw AAC",
    b"caff": "Core Audio",
    b".snd": "AU",
    b"RF64": "RF64",
    b"PK\x03\x04": "a ZIP archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
}


@dataclass(frozen=True, slots=True)
class Audio:
    """A recording that may be taken: within the bounds, of a known format, with sound in it."""

    body: bytes = field(repr=False)
    format: Format
    codec: str
    duration_seconds: float

    @property
    def content_type(self) -> str:
        """Its media type."""
        return _KINDS[self.format].content_type

    @property
    def file_name(self) -> str:
        """A name that decoders which go by names understand."""
        return f"recording.{_KINDS[self.format].extension}"


def read_audio(body: bytes) -> Audio:
    """Recognise a recording.

    Raises ``AudioTooLarge``, ``AudioFormatUnsupported``, ``AudioBroken`` (with a reason) or ``AudioTooLong``.
    """
    if len(body) > MAX_BYTES:
        raise AudioTooLarge
    for name, kind in _KINDS.items():
        if kind.recognise(body):
            codec, seconds = kind.read(body)
            return _bounded(Audio(body, name, codec, seconds))
    raise AudioFormatUnsupported(_guess(body))


def _bounded(audio: Audio) -> Audio:
    if audio.duration_seconds > MAX_SECONDS:
        raise AudioTooLong
    if audio.duration_seconds <= 0:
        raise AudioBroken("The recording is empty: there is no sound in it.")
    return audio


def _guess(body: bytes) -> str | None:
    name = next((name for magic, name in _OTHERS.items() if body.startswith(magic)), None)
    return f"This is {name}. {AudioFormatUnsupported.title}" if name else None
