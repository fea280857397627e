"""The offline transcriber: real audio, its own processes, OpenAI's dialect."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
import wave
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from runtime.bootstrap import ROOT
from runtime.sound import UndecodableError, pcm_of, resample
from runtime.speech import Speech
from services.ai import AiUnavailable, transcriber
from services.audio import Audio, AudioFormatUnsupported, read_audio
from tests.unit.ai.conftest import RECORDINGS
from tests.unit.support import make_context
from tests.unit.support_http import HttpxHttp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.context import Context


@pytest.fixture(scope="module")
def service() -> Iterator[Speech]:
    path = os.environ["PATH"]
    os.environ["PATH"] = "/nonexistent"  # as on a machine without ffmpeg
    with Speech() as speech:
        os.environ["PATH"] = path
        yield speech


@pytest.fixture
def context(service: Speech) -> Context:
    return replace(make_context(**service.variables), http=HttpxHttp())


class TestTheWholeChain:
    async def test_from_a_voice_to_words_with_times(self, context: Context, speech: Audio) -> None:
        transcript = await transcriber(context).transcribe(context, speech, "en")
        heard = transcript.text.split()
        assert {"we", "every", "day", "and", "food"} <= set(heard)
        assert [word.word for word in transcript.words] == heard
        assert all(word.start < word.end for word in transcript.words)
        assert all(
            before.end <= after.start + 0.02
            for before, after in zip(transcript.words, transcript.words[1:], strict=False)
        )
        assert 0 < transcript.words[0].start < transcript.words[-1].end <= speech.duration_seconds
        assert transcript.duration_seconds == pytest.approx(speech.duration_seconds, abs=0.01)
        assert transcript.provider == "openai:pocketsphinx"

    async def test_silence_has_no_words(self, context: Context) -> None:
        silence = read_audio(wav(array("h", bytes(16_000)), 16_000))
        transcript = await transcriber(context).transcribe(context, silence, "en")
        assert (transcript.text, transcript.words) == ("", ())

    @pytest.mark.parametrize("name", ["walk.webm", "walk.opus.ogg", "walk.mp3", "walk.m4a"])
    async def test_what_it_cannot_decode_it_says(self, context: Context, name: str) -> None:
        audio = read_audio((RECORDINGS / name).read_bytes())
        with pytest.raises(AudioFormatUnsupported, match="cannot decode"):
            await transcriber(context).transcribe(context, audio, "en")

    async def test_it_knows_english_only(self, context: Context, speech: Audio) -> None:
        with pytest.raises(AiUnavailable):
            await transcriber(context).transcribe(context, speech, "ko")


class TestTheServer:
    @pytest.mark.parametrize(
        ("request_", "status", "code"),
        [
            ({"content": b"no form"}, 400, "malformed"),
            ({"data": {"language": "en"}, "files": {"other": ("a", b"")}}, 415, "unsupported_format"),
            ({"files": {"file": ("a.wav", b"RIFF\0\0\0\0WAVE")}}, 415, "unsupported_format"),
            ({"files": {"file": ("a.wav", b"x" * 11_000_001)}}, 413, "too_large"),
        ],
    )
    def test_bad_requests(self, service: Speech, request_: dict, status: int, code: str) -> None:
        told = httpx.post(f"{service.url}/audio/transcriptions", timeout=30, **request_)
        assert (told.status_code, told.json()["error"]["code"]) == (status, code)

    def test_unknown_paths(self, service: Speech) -> None:
        assert httpx.get(f"{service.url}/models").json()["data"][0]["id"] == "pocketsphinx"
        assert httpx.get(f"{service.url}/nothing").status_code == 404
        assert httpx.post(f"{service.url}/nothing").status_code == 404

    def test_it_ends_with_whoever_started_it(self) -> None:
        command = [sys.executable, "-m", "runtime.speech"]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert server.stdout
        url = server.stdout.readline().split()[-1]
        assert httpx.get(f"{url}/models").status_code == 200
        server.communicate()
        assert server.returncode == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/models")


class TestSound:
    @pytest.mark.parametrize(
        ("rate", "width", "channels"),
        [(8000, 1, 1), (11_025, 2, 1), (16_000, 2, 2), (44_100, 2, 2), (48_000, 1, 1)],
    )
    def test_every_pcm_wav_becomes_the_same_tone(self, rate: int, width: int, channels: int) -> None:
        tone = array("h", [int(12_000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(rate)])
        heard = array("h", pcm_of(wav(tone, rate, width, channels)))
        assert len(heard) == pytest.approx(16_000, abs=2)
        expected = [12_000 * math.sin(2 * math.pi * 440 * n / 16_000) for n in range(len(heard))]
        difference = [abs(a - b) for a, b in zip(heard, expected, strict=True)]
        assert sum(difference) / len(difference) < 700

    def test_what_lies_above_half_the_new_rate_is_weakened(self) -> None:
        hiss = array("h", [int(12_000 * math.sin(2 * math.pi * 15_000 * n / 48_000)) for n in range(48_000)])
        kept = resample(hiss, 48_000)
        assert max(map(abs, kept)) < 4000

    @pytest.mark.parametrize("body", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"OggS", b"RIFF" + bytes(60)])
    def test_what_is_no_wav(self, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(UndecodableError, match="install ffmpeg"):
            pcm_of(body)


def wav(samples: array, rate: int, width: int = 2, channels: int = 1) -> bytes:
    if width == 1:
        frames = bytes((sample >> 8) + 128 for sample in samples for _ in range(channels))
    else:
        frames = array("h", [sample for sample in samples for _ in range(channels)]).tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((channels, width, rate, 0, "NONE", ""))
        out.writeframes(frames)
    return file.getvalue()
