"""Uploaded pictures: what is kept, what is left out, what is refused.

The files in ``pictures/`` were made by libvips; ``photo.*`` and the animations name their author, a place
and a position, and ``photo.*`` but AVIF are to be turned (Exif orientation 6).
"""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from zlib import compress, crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.images import BrokenImage, ImageTooLarge, UnsupportedImage, clean
from services.images.common import MAX_FRAMES, MAX_PARTS
from services.images.exif import orientation

PICTURES = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "pictures").iterdir())}
TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}
NINE_MEGABYTES = 9_000_000

each_picture = pytest.mark.parametrize("name", PICTURES)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))


def png(*chunks: bytes, width: int = 2, height: int = 1, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks)


PIXELS = chunk(b"IDAT", compress(b"\x00" + b"\x10\x20\x30" * 2))
END = chunk(b"IEND", b"")


class TestEveryFormat:
    @each_picture
    def test_tells_type_and_size_by_content(self, name: str) -> None:
        image = clean(PICTURES[name])
        assert image.content_type == TYPES[name.rpartition(".")[2]]
        assert (image.width, image.height) == ((12, 8) if name.startswith("moving") else (24, 16))

    @each_picture
    def test_leaves_out_author_place_and_position(self, name: str) -> None:
        data = clean(PICTURES[name]).data
        assert not [word for word in (b"Secret", b"GPS", b"xmpmeta", b"Artist") if word in data]

    @each_picture
    def test_cuts_what_follows_the_end(self, name: str) -> None:
        assert clean(PICTURES[name] + b"<script>alert(1)</script>") == clean(PICTURES[name])

    @each_picture
    def test_a_clean_picture_stays_as_it_is(self, name: str) -> None:
        cleaned = clean(PICTURES[name])
        assert clean(cleaned.data) == cleaned

    @each_picture
    def test_every_truncation_is_refused(self, name: str) -> None:
        whole = clean(PICTURES[name]).data
        for length in range(len(whole)):
            with pytest.raises((BrokenImage, UnsupportedImage)):
                clean(whole[:length])

    @each_picture
    @given(data=st.data())
    def test_damage_is_refused_or_harmless(self, name: str, data: st.DataObject) -> None:
        damaged = bytearray(PICTURES[name])
        for position in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=8)):
            damaged[position] = data.draw(st.integers(0, 255))
        with suppress(BrokenImage, ImageTooLarge, UnsupportedImage):
            assert len(clean(bytes(damaged)).data) <= len(damaged)


class TestOtherFormats:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<!doctype html><script>alert(1)</script>",
            b"II*\x00\x08\x00\x00\x00",
            b"BM" + bytes(60),
            b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
            b"RIFF\x04\x00\x00\x00WAVE",
            b"%PDF-1.7",
            b"GIF88a" + bytes(20),
        ],
    )
    def test_are_refused(self, data: bytes) -> None:
        with pytest.raises(UnsupportedImage):
            clean(data)


class TestPng:
    def test_keeps_the_pixels_and_what_colours_need(self) -> None:
        kept = chunk(b"gAMA", struct.pack(">I", 45455)), PIXELS, END
        text = chunk(b"tEXt", b"Comment\x00home"), chunk(b"tIME", bytes(7)), chunk(b"zTXt", b"a\x00\x00")
        assert clean(png(kept[0], *text, *kept[1:])).data == png(*kept)

    @pytest.mark.parametrize(
        "data",
        [
            png(END),
            png(PIXELS, chunk(b"gAMA", bytes(4)), PIXELS, END),
            png(PIXELS, END, colour=3),
            png(PIXELS, END, colour=5),
            png(chunk(b"CgBI", bytes(4)), PIXELS, END),
            png(PIXELS[:-1] + b"\x00", END),
            png(PIXELS, END, width=0),
            b"\x89PNG\r\n\x1a\n" + PIXELS + END,
        ],
    )
    def test_nonsense_is_broken(self, data: bytes) -> None:
        with pytest.raises(BrokenImage):
            clean(data)

    @pytest.mark.parametrize(("width", "height"), [(8193, 1), (1, 8193), (8000, 8000), (2**31, 2**31)])
    def test_a_decompression_bomb_is_told_by_its_header(self, width: int, height: int) -> None:
        with pytest.raises(ImageTooLarge):
            clean(png(PIXELS, END, width=width, height=height))

    def test_the_largest_sizes_pass(self) -> None:
        assert clean(png(PIXELS, END, width=8192, height=4882)).height == 4882

    def test_too_many_chunks_and_frames_are_refused(self) -> None:
        with pytest.raises(BrokenImage):
            clean(png(*[chunk(b"tEXt", b"")] * MAX_PARTS, PIXELS, END))
        with pytest.raises(BrokenImage):
            clean(png(*[chunk(b"fcTL", bytes(26))] * (MAX_FRAMES + 1), PIXELS, END))

    def test_a_large_picture_passes_whole(self) -> None:
        pixels = chunk(b"IDAT", bytes(NINE_MEGABYTES))
        assert clean(png(pixels, END)).data == png(pixels, END)


class TestJpeg:
    def test_the_turn_survives_alone(self) -> None:
        data = clean(PICTURES["photo.jpeg"]).data
        start = data.index(b"Exif\x00\x00")
        (length,) = struct.unpack_from(">H", data, start - 2)
        assert length == 34
        assert orientation(data[start : start + length - 2]) == 6

    def test_an_upright_picture_has_no_exif(self) -> None:
        assert b"Exif" not in clean(PICTURES["progressive.jpeg"]).data

    def test_a_thumbnail_of_the_uncropped_picture_is_left_out(self) -> None:
        plain = clean(PICTURES["progressive.jpeg"]).data
        header = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x01" + b"\xaa\xbb\xcc"
        with_thumbnail = plain[:2] + b"\xff\xe0" + struct.pack(">H", len(header) + 2) + header + plain[2:]
        assert b"\xaa\xbb\xcc" not in clean(with_thumbnail).data

    def test_comments_and_foreign_segments_are_left_out(self) -> None:
        plain = clean(PICTURES["progressive.jpeg"]).data
        extra = b"".join(b"\xff" + bytes((marker,)) + b"\x00\x06home" for marker in (0xFE, 0xE2, 0xED, 0xEF))
        assert clean(plain[:2] + extra + plain[2:]).data == plain

    def test_fill_bytes_before_markers_are_allowed(self) -> None:
        plain = clean(PICTURES["progressive.jpeg"]).data
        assert clean(plain[:2] + b"\xff\xff\xff" + plain[2:]).data == plain

    @pytest.mark.parametrize("marker", [0xC3, 0xC9, 0xCB, 0xDE])
    def test_codings_that_browsers_do_not_show_are_refused(self, marker: int) -> None:
        plain = clean(PICTURES["photo.jpeg"]).data
        frame = plain.index(b"\xff\xc0")
        with pytest.raises(BrokenImage):
            clean(plain[: frame + 1] + bytes((marker,)) + plain[frame + 2 :])

    def test_huge_dimensions_are_refused(self) -> None:
        plain = bytearray(PICTURES["photo.jpeg"])
        frame = plain.index(b"\xff\xc0")
        plain[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
        with pytest.raises(ImageTooLarge):
            clean(bytes(plain))

    @pytest.mark.parametrize("filling", [b"\xff", b"\xff\x00", b"\xff\xd0", b"\x00"])
    def test_a_scan_of_any_bytes_takes_one_pass(self, filling: bytes) -> None:
        plain = clean(PICTURES["photo.jpeg"]).data
        long = plain[:-2] + filling * (NINE_MEGABYTES // len(filling))
        with pytest.raises(BrokenImage):
            clean(long)
        assert clean(long + b"\xff\xd9").data == long + b"\xff\xd9"

    def test_too_many_scans_are_refused(self) -> None:
        plain = clean(PICTURES["photo.jpeg"]).data
        scan = plain[plain.index(b"\xff\xda") : -2]
        with pytest.raises(BrokenImage):
            clean(plain[:-2] + scan * 200 + b"\xff\xd9")


def gif(*blocks: bytes, width: int = 2, height: int = 1) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + b"".join(blocks)


FRAME = b"\x2c" + struct.pack("<HHHHB", 0, 0, 2, 1, 0) + b"\x02\x02\x44\x01\x00"


class TestGif:
    def test_comments_text_and_foreign_data_are_left_out(self) -> None:
        loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x05\x00\x00"
        timing = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"
        comment = b"\x21\xfe\x04home\x00"
        foreign = b"\x21\xff\x0bXMP DataXMP\x04home\x00"
        text = b"\x21\x01\x0c" + bytes(12) + b"\x04home\x00"
        dirty = gif(comment, loop, foreign, timing, FRAME, text, b"\x3b")
        assert clean(dirty).data == gif(loop, timing, FRAME, b"\x3b")

    def test_data_behind_the_loop_count_is_left_out(self) -> None:
        dirty = gif(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x05\x00\x04home\x00", FRAME, b"\x3b")
        assert clean(dirty).data == gif(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x05\x00\x00", FRAME, b"\x3b")

    @pytest.mark.parametrize(
        "data", [gif(b"\x3b"), gif(FRAME), gif(b"\x99", FRAME, b"\x3b"), gif(FRAME, b"\x3b", width=0)]
    )
    def test_nonsense_is_broken(self, data: bytes) -> None:
        with pytest.raises(BrokenImage):
            clean(data)

    def test_a_frame_beyond_the_limits_is_refused(self) -> None:
        frame = b"\x2c" + struct.pack("<HHHHB", 8000, 0, 500, 1, 0) + FRAME[10:]
        with pytest.raises(ImageTooLarge):
            clean(gif(frame, b"\x3b"))

    def test_too_many_frames_and_blocks_are_refused(self) -> None:
        with pytest.raises(BrokenImage):
            clean(gif(*[FRAME] * (MAX_FRAMES + 1), b"\x3b"))
        with pytest.raises(BrokenImage):
            clean(gif(b"\x21\xfe" + b"\x01a" * 4_500_000 + b"\x00", FRAME, b"\x3b"))

    def test_extensions_of_nothing_are_refused_before_they_cost_time(self) -> None:
        with pytest.raises(BrokenImage, match="too many parts"):
            clean(gif(b"\x21\xfe\x00" * 3_000_000, FRAME, b"\x3b"))


class TestWebp:
    def test_the_turn_survives_alone(self) -> None:
        data = clean(PICTURES["photo.webp"]).data
        start = data.index(b"EXIF")
        (length,) = struct.unpack_from("<I", data, start + 4)
        assert length == 26
        assert orientation(data[start + 8 :]) == 6
        assert data[20] & 0x0C == 0x08, "the flags say Exif and no XMP"

    def test_the_flags_say_when_nothing_is_left(self) -> None:
        assert clean(PICTURES["moving.webp"]).data[20] & 0x0C == 0

    def test_a_canvas_that_is_not_the_picture_is_refused(self) -> None:
        data = bytearray(PICTURES["photo.webp"])
        data[24] += 1
        with pytest.raises(BrokenImage):
            clean(bytes(data))

    def test_huge_dimensions_are_refused(self) -> None:
        data = bytearray(PICTURES["plain-lossless.webp"])
        data[21:25] = b"\xff\xff\xff\x0f"
        with pytest.raises(ImageTooLarge):
            clean(bytes(data))


class TestAvif:
    def test_the_length_and_every_offset_stay(self) -> None:
        assert len(clean(PICTURES["photo.avif"]).data) == len(PICTURES["photo.avif"])

    def test_the_exif_that_is_left_is_valid_and_empty(self) -> None:
        assert (
            b"\x00\x00\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
            in clean(PICTURES["photo.avif"]).data
        )

    def test_foreign_boxes_become_free_space(self) -> None:
        data = PICTURES["photo.avif"]
        start = struct.unpack_from(">I", data)[0]
        # At the end, since a box in front would move what the file points to.
        cleaned = clean(data + b"\x00\x00\x00\x0cuuidhome").data
        assert cleaned[:start] == data[:start]
        assert cleaned.endswith(b"\x00\x00\x00\x0cfree\x00\x00\x00\x00")

    def test_media_data_that_no_item_refers_to_is_blanked(self) -> None:
        data = PICTURES["photo.avif"]
        media = data.index(b"mdat") - 4
        (size,) = struct.unpack_from(">I", data, media)
        hidden = data[:media] + struct.pack(">I", size + 6) + data[media + 4 :] + b"hidden"
        assert clean(hidden).data.endswith(bytes(6))

    def test_huge_dimensions_are_refused(self) -> None:
        data = bytearray(PICTURES["photo.avif"])
        size = data.index(b"ispe") + 8
        data[size : size + 4] = b"\x00\x00\xff\xff"
        with pytest.raises(ImageTooLarge):
            clean(bytes(data))
