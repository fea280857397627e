"""AVIF files built box by box: movies, items in the meta box, wide offsets, and boxes that lie."""

from __future__ import annotations

import struct

import pytest

from services.images import BrokenImage, ImageTooLarge, UnsupportedImage, clean


def box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, *contents: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *contents)


FTYP = box(b"ftyp", b"avif", bytes(4), b"avifmif1")


def item(number: int, kind: bytes) -> bytes:
    return full(b"infe", struct.pack(">HH4s", number, 0, kind), b"name\x00", version=2)


def size(width: int, height: int) -> bytes:
    return box(b"iprp", box(b"ipco", full(b"ispe", struct.pack(">II", width, height))))


def still(
    items: list[tuple[bytes, int, int]],
    data: bytes,
    *,
    idat: bytes = b"",
    properties: bytes = size(4, 2),
    before: bytes = b"",
    after: bytes = b"",
    extra: bytes = b"",
    count: int | None = None,
    ftyp: bytes = FTYP,
) -> bytes:
    """A file of items ``(kind, offset, length)``: from the media data, with a negative offset from idat."""
    head = [
        full(b"hdlr", bytes(4), b"pict", bytes(13)),
        full(b"pitm", struct.pack(">H", 1)),
        full(
            b"iinf",
            struct.pack(">H", len(items)),
            *(item(number, kind) for number, (kind, _, _) in enumerate(items, 1)),
        ),
        properties,
        box(b"idat", idat) if idat else b"",
        extra,
    ]

    def assembled(start: int) -> bytes:
        entries = b"".join(
            struct.pack(
                ">HHHHII",
                number,
                1 if offset < 0 else 0,
                0,
                1,
                -offset - 1 if offset < 0 else start + offset,
                length,
            )
            for number, (_, offset, length) in enumerate(items, 1)
        )
        wanted = len(items) if count is None else count
        iloc = full(b"iloc", b"\x44\x00", struct.pack(">H", wanted), entries, version=1)
        return ftyp + before + full(b"meta", *head, iloc) + after

    start = len(assembled(0)) + 8
    return assembled(start) + box(b"mdat", data)


def test_only_what_picture_items_refer_to_survives() -> None:
    cleaned = clean(
        still([(b"av01", 0, 4), (b"mime", 4, 6), (b"Exif", 10, 20)], b"PIXL<home>" + b"e" * 20 + b"gap")
    )
    assert (cleaned.width, cleaned.height) == (4, 2)
    assert cleaned.data.endswith(
        b"PIXL" + bytes(6) + b"\x00\x00\x00\x00MM\x00*\x00\x00\x00\x08" + bytes(6) + bytes(2) + bytes(3)
    )


def test_a_picture_that_shares_bytes_with_metadata_keeps_them() -> None:
    assert clean(still([(b"av01", 0, 8), (b"mime", 4, 8)], b"PIXLPIXLhome")).data.endswith(
        b"PIXLPIXL" + bytes(4)
    )


def test_items_inside_the_meta_box() -> None:
    data = clean(still([(b"grid", -1, 4), (b"mime", -5, 4), (b"av01", 0, 4)], b"PIXL", idat=b"gridhome")).data
    assert box(b"idat", b"grid", bytes(4)) in data


def test_foreign_boxes_anywhere_become_free_space() -> None:
    udta = box(b"udta", b"home")
    data = clean(still([(b"av01", 0, 4)], b"PIXL", before=box(b"uuid", b"home"), after=udta, extra=udta)).data
    assert b"home" not in data
    assert data.count(box(b"free", bytes(4))) == 3


def test_a_movie_keeps_its_frames_and_loses_what_people_wrote() -> None:
    track = full(b"tkhd", bytes(72), struct.pack(">II", 40 << 16, 20 << 16))
    notes = box(b"udta", b"home")
    movie = box(b"moov", box(b"mvhd", bytes(8)), box(b"trak", track, notes, box(b"mdia", b"")), notes)
    brands = box(b"ftyp", b"avis", bytes(4), b"avismsf1")
    cleaned = clean(still([(b"av01", 0, 4), (b"mime", 4, 4)], b"PIXLhomeFRAMES", after=movie, ftyp=brands))
    assert (cleaned.width, cleaned.height) == (40, 20)
    assert b"home" not in cleaned.data
    assert cleaned.data.endswith(b"PIXL" + bytes(4) + b"FRAMES")


def test_a_large_size_and_a_box_to_the_end_of_the_file() -> None:
    plain = still([(b"av01", 0, 4)], b"PIXL", before=struct.pack(">I4sQ", 1, b"free", 20) + b"home")
    assert b"home" not in clean(plain).data
    open_end = plain[:-12] + struct.pack(">I", 0) + plain[-8:]
    assert clean(open_end).data.endswith(b"mdatPIXL")


@pytest.mark.parametrize(
    "data",
    [
        FTYP,
        FTYP + box(b"mdat", b"PIXL"),
        still([(b"av01", 0, 5)], b"PIXL"),
        still([(b"av01", -1, 4)], b"PIXL"),
        still([(b"av01", -1, 5)], b"PIXL", idat=b"grid"),
        still([(b"Exif", 0, 4)], b"PIXL"),
        still([(b"av01", 0, 4)], b"PIXL", count=0),
        still([(b"av01", 0, 4)], b"PIXL", count=60_000),
        still([(b"av01", 0, 4)], b"PIXL", properties=b""),
        still([(b"av01", 0, 4)], b"PIXL", properties=box(b"iprp", box(b"ipco"))),
        still([(b"av01", 0, 4)], b"PIXL", properties=size(0, 2)),
        still([(b"av01", 0, 4)], b"PIXL", properties=box(b"iprp", b"\x00\x00\x00\x04ipco")),
        still([(b"av01", 0, 4)], b"PIXL", extra=b"\x00\x00\x00"),
        still([(b"av01", 0, 4)], b"PIXL", after=box(b"moov", b"\x00\x00\x00\xfftrak")),
        still([(b"av01", 0, 4)], b"PIXL", after=box(b"moov", box(b"trak", box(b"tkhd")))),
        still([(b"av01", 0, 4)], b"PIXL", after=full(b"meta")),
        still([(b"av01", 0, 4)], b"PIXL", after=box(b"mdat") * 100),
        still([(b"av01", 0, 4)] * 5000, b"PIXL"),
        still([(b"av01", 0, 4)], b"PIXL", before=box(b"free") * 20_000),
        still([(b"av01", 0, 4)], b"PIXL")[:-1],
    ],
)  # fmt: skip
def test_boxes_that_lie_are_broken(data: bytes) -> None:
    with pytest.raises(BrokenImage):
        clean(data)


def test_a_thousand_pictures_over_the_same_megabytes_are_written_once() -> None:
    data = bytes(4_000_000)
    assert clean(still([(b"av01", 0, len(data))] * 1000, data)).data.endswith(data)


def test_a_huge_movie_is_refused() -> None:
    track = full(b"tkhd", bytes(72), struct.pack(">II", 9000 << 16, 20 << 16))
    with pytest.raises(ImageTooLarge):
        clean(still([(b"av01", 0, 4)], b"PIXL", after=box(b"moov", box(b"trak", track))))


@pytest.mark.parametrize(
    "brands", [b"heic" + bytes(4) + b"mif1heic", b"mp42" + bytes(4) + b"isom", b"isom" + b"avif"]
)
def test_other_files_of_the_family_are_unsupported(brands: bytes) -> None:
    with pytest.raises(UnsupportedImage):
        clean(still([(b"av01", 0, 4)], b"PIXL", ftyp=box(b"ftyp", brands)))
