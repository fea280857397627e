"""Why a recording is not taken."""

from __future__ import annotations

from services.problems import PayloadTooLarge, Unprocessable, UnsupportedMediaType

MAX_BYTES = 10_000_000
MAX_SECONDS = 300


class AudioTooLarge(PayloadTooLarge):
    """More than ``MAX_BYTES``."""

    code = "audio_too_large"
    title = f"A recording may have at most {MAX_BYTES // 1_000_000} MB."


class AudioTooLong(Unprocessable):
    """Longer than ``MAX_SECONDS``."""

    code = "audio_too_long"
    title = f"A recording may last at most {MAX_SECONDS // 60} minutes."


class AudioFormatUnsupported(UnsupportedMediaType):
    """Not one of the formats that are taken, or one that the transcriber at hand cannot decode."""

    code = "audio_format_unsupported"
    title = "Send WAV, WebM (Opus), OGG (Opus or Vorbis), MP3 or M4A."


class AudioBroken(Unprocessable):
    """It begins like a known format and then breaks the format's own rules."""

    code = "audio_broken"
    title = "The recording is damaged or empty."
