"""Recordings as 16 kHz mono PCM: WAV by the standard library, the rest through ffmpeg if there is one."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import sys
import tempfile
import wave
from array import array
from itertools import accumulate, pairwise
from pathlib import Path

RATE = 16_000
MAX_SECONDS = 300
FFMPEG_SECONDS = 60


class UndecodableError(Exception):
    """The recording cannot be decoded here; the sentence says why and what helps."""


def pcm_of(recording: bytes) -> bytes:
    """Return a recording as signed 16-bit little-endian samples, 16 000 a second; raises UndecodableError."""
    if recording[:4] == b"RIFF" and (samples := _wav(recording)) is not None:
        return samples
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise UndecodableError(
            "The offline transcriber decodes WAV (PCM, 8 or 16 bit); install ffmpeg for the rest."
        )
    return _converted(ffmpeg, recording)


def _wav(recording: bytes) -> bytes | None:
    """Return the samples of a PCM WAV; None for WAV with another codec."""
    try:
        with wave.open(io.BytesIO(recording)) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(min(file.getnframes(), MAX_SECONDS * rate))
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
    if width not in (1, 2) or channels not in (1, 2) or not 4000 <= rate <= 192_000:  # noqa: PLR2004
        return None
    frames = frames[: len(frames) // (width * channels) * width * channels]
    samples = _mono(_signed(frames, width), channels)
    return _little(samples if rate == RATE else resample(samples, rate))


def _signed(frames: bytes, width: int) -> array[int]:
    """Return samples of one width (8-bit WAV is unsigned) as 16-bit ones."""
    if width == 1:
        return array("h", [(byte - 128) << 8 for byte in frames])
    samples = array("h", frames)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _mono(samples: array[int], channels: int) -> array[int]:
    if channels == 1:
        return samples
    return array("h", [(left + right) >> 1 for left, right in zip(samples[::2], samples[1::2], strict=True)])


def resample(samples: array[int], rate: int) -> array[int]:
    """Return the samples at 16 kHz.

    From a higher rate each new sample is the mean of the signal over its own duration, which takes away
    most of what would fold back; from a lower one they lie on straight lines between the old.
    """
    if not samples:
        return samples
    step = rate / RATE
    count = int(len(samples) / step)
    if step > 1:
        sums = [0, *accumulate(samples)]
        samples.append(0)
        edges = [_area(sums, samples, number * step) for number in range(count + 1)]
        return array("h", [int((b - a) / step) for a, b in pairwise(edges)])
    samples.append(samples[-1])
    return array("h", [_between(samples, number * step) for number in range(count)])


def _area(sums: list[int], samples: array[int], position: float) -> float:
    """Return the integral of the signal from its beginning."""
    whole = min(int(position), len(sums) - 1)
    return sums[whole] + (position - whole) * samples[whole]


def _between(samples: array[int], position: float) -> int:
    part, whole = math.modf(position)
    first, second = samples[int(whole)], samples[int(whole) + 1]
    return int(first + part * (second - first))


def _little(samples: array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _converted(ffmpeg: str, recording: bytes) -> bytes:
    """Return what ffmpeg makes of it; from a file, because some containers have their index at the end."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(recording)
        limits = ["-t", str(MAX_SECONDS), "-vn", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
        command = [
            ffmpeg,
            "-v",
            "error",
            "-nostdin",
            "-protocol_whitelist",
            "file,pipe",
            "-i",
            file.name,
            *limits,
        ]
        try:
            done = subprocess.run(command, check=False, capture_output=True, timeout=FFMPEG_SECONDS)
        except subprocess.TimeoutExpired:
            raise UndecodableError("ffmpeg took too long over this recording.") from None
    if done.returncode or not done.stdout:
        raise UndecodableError("ffmpeg cannot decode this recording.")
    return done.stdout
