"""Recordings: real ones of every format, and what is no recording."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audio import (
    MAX_BYTES,
    AudioBroken,
    AudioFormatUnsupported,
    AudioTooLarge,
    AudioTooLong,
    read_audio,
)
from services.problems import Problem

DATA = Path(__file__).parents[2] / "data" / "audio"
SPOKEN = 2.775
"""Seconds that the sentence in the files takes; codecs add padding."""

TAKEN = {
    "walk.wav": ("wav", "pcm", "audio/wav"),
    "walk.webm": ("webm", "opus", "audio/webm"),
    "walk.live.webm": ("webm", "opus", "audio/webm"),
    "walk.opus.ogg": ("ogg", "opus", "audio/ogg"),
    "walk.vorbis.ogg": ("ogg", "vorbis", "audio/ogg"),
    "walk.mp3": ("mp3", "mp3", "audio/mpeg"),
    "walk.plain.mp3": ("mp3", "mp3", "audio/mpeg"),
    "walk.m4a": ("mp4", "aac", "audio/mp4"),
    "walk.fragmented.mp4": ("mp4", "aac", "audio/mp4"),
}
BODIES = {name: (DATA / name).read_bytes() for name in TAKEN}


def wav(seconds: float, *, rate: int = 8000, width: int = 1, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((channels, width, rate, 0, "NONE", ""))
        out.writeframes(bytes(int(seconds * rate) * width * channels))
    return file.getvalue()


class TestFormats:
    @pytest.mark.parametrize("name", TAKEN)
    def test_every_format_is_recognised_by_its_content(self, name: str) -> None:
        audio = read_audio(BODIES[name])
        assert (audio.format, audio.codec, audio.content_type) == TAKEN[name]
        assert audio.duration_seconds == pytest.approx(SPOKEN, abs=0.12)

    @pytest.mark.parametrize(("rate", "width", "channels"), [(8000, 1, 1), (44_100, 2, 2), (48_000, 3, 1)])
    def test_the_duration_of_wav_is_exact(self, rate: int, width: int, channels: int) -> None:
        audio = read_audio(wav(1.5, rate=rate, width=width, channels=channels))
        assert audio.duration_seconds == 1.5

    def test_wav_of_a_recorder_that_streams_lasts_to_the_end_of_the_file(self) -> None:
        open_ended = bytearray(wav(2))
        for unknown in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
            open_ended[40:44] = unknown
            assert read_audio(bytes(open_ended)).duration_seconds == 2

    def test_wav_with_other_parts_before_its_samples(self) -> None:
        body = wav(1)
        extra = b"LIST" + struct.pack("<I", 5) + b"notes\0"
        assert read_audio(body[:36] + extra + body[36:]).duration_seconds == 1

    def test_webm_without_a_duration_lasts_until_its_last_block(self) -> None:
        live, whole = BODIES["walk.live.webm"], BODIES["walk.webm"]
        assert b"\x44\x89\x88" not in live
        assert read_audio(live).duration_seconds == pytest.approx(
            read_audio(whole).duration_seconds, abs=0.07
        )

    def test_a_webm_recording_that_was_cut_off_is_taken_as_far_as_it_goes(self) -> None:
        half = read_audio(BODIES["walk.live.webm"][:2500])
        assert 0.5 < half.duration_seconds < SPOKEN

    def test_mp3_behind_a_tag_and_padding(self) -> None:
        tag = b"ID3\x04\0\0\0\0\0\x05hello" + bytes(32)
        audio = read_audio(tag + BODIES["walk.plain.mp3"])
        assert audio.duration_seconds == read_audio(BODIES["walk.plain.mp3"]).duration_seconds


class TestRefusals:
    def test_too_large(self) -> None:
        with pytest.raises(AudioTooLarge) as caught:
            read_audio(bytes(MAX_BYTES + 1))
        assert (caught.value.status, caught.value.code) == (413, "audio_too_large")

    def test_too_long(self) -> None:
        assert read_audio(wav(300)).duration_seconds == 300
        with pytest.raises(AudioTooLong) as caught:
            read_audio(wav(301))
        assert (caught.value.status, caught.value.code) == (422, "audio_too_long")

    @pytest.mark.parametrize(
        "body", [b"", b"hello", b"<html>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", bytes(100)]
    )
    def test_what_is_no_recording(self, body: bytes) -> None:
        with pytest.raises(AudioFormatUnsupported) as caught:
            read_audio(body)
        assert (caught.value.status, caught.value.code) == (415, "audio_format_unsupported")

    def test_the_reason_names_what_it_is(self) -> None:
        with pytest.raises(AudioFormatUnsupported, match="This is FLAC"):
            read_audio((DATA / "walk.flac").read_bytes())
        with pytest.raises(AudioFormatUnsupported, match="WAV with codec 2 is not taken"):
            read_audio(wav(1).replace(b"\x01\0\x01\0", b"\x02\0\x01\0", 1))

    @pytest.mark.parametrize("name", ["film.mp4", "film.webm"])
    def test_films(self, name: str) -> None:
        with pytest.raises(AudioFormatUnsupported, match="This is a film"):
            read_audio((DATA / name).read_bytes())

    def test_an_ebml_document_that_is_not_webm(self) -> None:
        with pytest.raises(AudioFormatUnsupported, match="not WebM"):
            read_audio(BODIES["walk.webm"].replace(b"webm", b"mine", 1))

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (wav(0), "there is no sound in it"),
            (wav(1).replace(b"fmt ", b"fmt?"), "before it says what they are"),
            (wav(1)[:30], "ends in the middle of a header"),
            (wav(1).replace(struct.pack("<I", 8000), bytes(4), 1), "0 Hz"),
            (BODIES["walk.m4a"].replace(b"moov", b"free"), "no index"),
            (BODIES["walk.m4a"].replace(b"soun", b"text"), "no sound track"),
            (BODIES["walk.opus.ogg"][:60], "breaks off before its sound"),
            (
                BODIES["walk.opus.ogg"].replace(b"OpusHead\x01\x01", b"OpusHead\x01\x02"),
                "first page is damaged",
            ),
            (BODIES["walk.webm"].replace(b"\x83\x81\x02", b"\x83\x81\x11"), "no sound track"),
            (b"ID3\x04\0\0\0\0\0\x05hello and nothing", "no MP3 frames"),
            (b"ID3\x04\0\0\xff\xff\xff\xff", "tag is damaged"),
        ],
    )
    def test_broken_ones_say_what_is_wrong(self, body: bytes, reason: str) -> None:
        with pytest.raises(AudioBroken, match=reason) as caught:
            read_audio(body)
        assert (caught.value.status, caught.value.code) == (422, "audio_broken")


class TestHostileBodies:
    @given(
        name=st.sampled_from(sorted(TAKEN)),
        cut=st.integers(0, 6000),
        changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    )
    def test_damage_ends_in_a_recording_or_a_typed_problem(
        self, name: str, cut: int, changes: list[tuple[int, int]]
    ) -> None:
        body = bytearray(BODIES[name])
        for at, byte in changes:
            body[at] = byte
        self.read(bytes(body[: len(body) - cut]))

    @given(
        start=st.sampled_from([body[:size] for body in BODIES.values() for size in (12, 64, 300)]),
        rest=st.binary(max_size=600),
    )
    def test_noise_behind_a_true_beginning(self, start: bytes, rest: bytes) -> None:
        self.read(start + rest)

    @pytest.mark.parametrize(
        "body",
        [
            b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1_200_000,
            BODIES["walk.webm"][:40] + b"\xec\x80" * 4_900_000,
            BODIES["walk.m4a"][:28] + struct.pack(">I4s", 8, b"free") * 1_200_000,
            BODIES["walk.opus.ogg"][:500] + b"OggS" * 2_400_000,
            b"ID3\x04\0\0\0\0\0\0" * 990_000,
            b"ID3\x04\0\0\0\0\0\0" + bytes(9_900_000),
        ],
        ids=["riff", "ebml", "boxes", "pages", "tags", "zeros"],
    )
    def test_ten_megabytes_made_of_nothing_but_headers(self, body: bytes) -> None:
        assert len(body) <= MAX_BYTES
        with pytest.raises(AudioBroken):
            read_audio(body)

    def read(self, body: bytes) -> None:
        try:
            audio = read_audio(body)
        except Problem as problem:
            assert problem.status in (413, 415, 422)  # noqa: PT017 - most damage leaves a recording
        else:
            assert 0 < audio.duration_seconds <= 300
