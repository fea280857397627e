"""Files for everyone: which keys, which parts, when nothing needs to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.media import Conditions, RangeNotSatisfiable, Selected, matches, parse_range, select
from services.problems import NotFound

if TYPE_CHECKING:
    from services.context import Context

KEY = f"profile/{'0' * 26}/{'1' * 26}.png"
BODY = bytes(range(100))


@pytest.fixture
async def etag(context: Context) -> str:
    """The entity tag of a stored file."""
    return f'"{await context.media.put(KEY, BODY, content_type="image/png")}"'


async def read(context: Context, key: str = KEY, *, head: bool = False, **conditions: str) -> Selected:
    return await select(context, key, Conditions(**conditions), head=head)


class TestKeys:
    @pytest.mark.parametrize(
        "key",
        [
            "",
            "profile",
            "profile/",
            "health",
            "backup/2026-11-20.sql",
            KEY.removesuffix(".png"),
            KEY + "/",
            KEY + "\n",
            "/" + KEY,
            "chat/" + KEY,
            f"profile/../{KEY}",
            f"profile/{'0' * 26}/../../backup/key",
            KEY.replace(".png", ".html"),
            KEY.replace(".png", ".svg"),
            KEY.replace("0", "\u0660"),
            KEY.replace("/", "%2f"),
            KEY.replace("/", "\\"),
        ],
    )
    async def test_that_are_not_for_everyone(self, context: Context, key: str) -> None:
        await context.media.put(key, b"secret", content_type="image/png")
        with pytest.raises(NotFound):
            await read(context, key)

    async def test_of_nothing(self, context: Context) -> None:
        for conditions in ({}, {"byte_range": "bytes=0-"}, {"if_none_match": "*"}):
            with pytest.raises(NotFound):
                await read(context, **conditions)


class TestConditions:
    async def test_none_gives_the_whole(self, context: Context, etag: str) -> None:
        selected = await read(context)
        assert (selected.file.stream, selected.etag, selected.span, selected.fresh) == (
            BODY,
            etag,
            None,
            False,
        )

    async def test_the_head_alone(self, context: Context, etag: str) -> None:
        selected = await read(context, head=True, byte_range="bytes=0-1")
        assert (selected.file.size, selected.etag, selected.span) == (100, etag, None)
        assert not selected.file.body
        assert selected.file.stream is None

    async def test_a_reader_who_has_it(self, context: Context, etag: str) -> None:
        for given_tags in (etag, f'"other", W/{etag}', "*"):
            assert (await read(context, if_none_match=given_tags, byte_range="bytes=0-1")).fresh
        assert not (await read(context, if_none_match='"other"')).fresh

    async def test_a_range_if_the_file_is_still_the_same(self, context: Context, etag: str) -> None:
        assert (await read(context, byte_range="bytes=10-19", if_range=etag)).file.stream == BODY[10:20]
        for other in ('"other"', f"W/{etag}", "Fri, 20 Nov 2026 00:00:00 GMT"):
            assert (await read(context, byte_range="bytes=10-19", if_range=other)).file.stream == BODY

    @pytest.mark.parametrize(
        ("header", "tag", "expected"),
        [
            ("*", '"a"', True),
            ('"a"', '"a"', True),
            ('"ab"', '"a"', False),
            ('"a', '"a"', False),
            ("", '"a"', False),
        ],
    )
    def test_entity_tags(self, header: str, tag: str, expected: bool) -> None:
        assert matches(header, tag) is expected


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("bytes=0-0", (0, 1)),
            ("bytes=0-", (0, 100)),
            ("bytes=99-", (99, 1)),
            ("bytes=90-1000", (90, 10)),
            ("bytes=-1", (99, 1)),
            ("bytes=-1000", (0, 100)),
            ("bytes= 1-2 ", (1, 2)),
            ("bytes=2-1", None),
            ("bytes=0-1,5-6", None),
            ("bytes=", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=--1", None),
            ("bytes=\u0661-\u0662", None),
            ("bytes=" + "9" * 40 + "-", None),
            ("items=0-1", None),
            ("", None),
        ],
    )
    def test_one_sound_range_or_the_whole(self, header: str, expected: tuple[int, int] | None) -> None:
        assert parse_range(header, 100) == expected

    @pytest.mark.parametrize(
        "header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"]
    )
    def test_behind_the_end(self, header: str) -> None:
        with pytest.raises(RangeNotSatisfiable) as caught:
            parse_range(header, 100)
        assert ("content-range", "bytes */100") in caught.value.headers

    @given(size=st.integers(1, 50), first=st.integers(0, 60), last=st.none() | st.integers(0, 60))
    def test_are_what_slicing_gives(self, size: int, first: int, last: int | None) -> None:
        body = bytes(range(size))
        wanted = body[first:] if last is None else body[first : last + 1]
        header = f"bytes={first}-{'' if last is None else last}"
        if last is not None and last < first:
            assert parse_range(header, size) is None
        elif not wanted:
            with pytest.raises(RangeNotSatisfiable):
                parse_range(header, size)
        else:
            offset, length = parse_range(header, size) or (0, 0)
            assert body[offset : offset + length] == wanted
