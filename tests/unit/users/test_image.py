"""A person's picture: stored clean, shown, replaced, removed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.context import sql
from services.multipart import MalformedMultipart
from services.problems import InvalidToken, PayloadTooLarge, Unprocessable
from services.users.image import MAX_IMAGE, picture_in, remove_image, set_image
from services.users.profile import read_profile
from tests.unit.users.test_multipart import form
from tests.unit.users.test_pictures import PICTURES

if TYPE_CHECKING:
    from services.context import Context

FORM = "multipart/form-data; boundary=b0"
PHOTO = PICTURES["photo.jpeg"]


async def test_is_stored_clean_and_shown(context: Context, mina: str) -> None:
    profile = await set_image(context, mina, PHOTO)
    assert profile == await read_profile(context, mina)
    ((key, stored),) = context.media.objects.items()
    assert profile.profile_image_url == f"/media/{key}"
    assert key.startswith(f"profile/{mina}/")
    assert stored.content_type == "image/jpeg"
    assert b"Secret" not in stored.body


async def test_the_old_one_goes_once_the_new_one_is_shown(context: Context, mina: str) -> None:
    await set_image(context, mina, PHOTO)
    profile = await set_image(context, mina, PHOTO)
    await context.defer.finish()
    assert list(context.media.objects) == [profile.profile_image_url.removeprefix("/media/")]


async def test_uploads_at_once_leave_the_one_that_is_shown(context: Context, mina: str) -> None:
    await asyncio.gather(*(set_image(context, mina, PHOTO) for _ in range(5)), remove_image(context, mina))
    await context.defer.finish()
    url = (await read_profile(context, mina)).profile_image_url
    assert list(context.media.objects) == ([url.removeprefix("/media/")] if url else [])


async def test_is_removed_and_that_again(context: Context, mina: str) -> None:
    await set_image(context, mina, PHOTO)
    await remove_image(context, mina)
    await remove_image(context, mina)
    await context.defer.finish()
    assert (await read_profile(context, mina)).profile_image_url is None
    assert context.media.objects == {}


async def test_of_a_deleted_account_is_not_kept(context: Context, mina: str) -> None:
    await context.db.run(sql("UPDATE users SET deleted_at = 1 WHERE id = ?", mina))
    with pytest.raises(InvalidToken):
        await set_image(context, mina, PHOTO)
    assert context.media.objects == {}


class TestUpload:
    def test_as_the_body_or_as_a_field_among_others(self) -> None:
        assert picture_in("image/jpeg", PHOTO) == PHOTO
        body = form([("note", None, "", b"x"), ("image", "../../photo.jpeg", "text/html", PHOTO)])
        assert picture_in(FORM, body) == PHOTO

    @pytest.mark.parametrize("names", [[], ["picture"], ["image", "image"]])
    def test_without_exactly_one_such_field(self, names: list[str]) -> None:
        with pytest.raises(Unprocessable) as caught:
            picture_in(FORM, form([(name, "a.png", "", PHOTO) for name in names]))
        assert caught.value.errors[0].path == "$.image"

    def test_that_is_no_form(self) -> None:
        with pytest.raises(MalformedMultipart):
            picture_in(FORM, PHOTO)

    def test_of_one_byte_more_than_ten_megabytes(self) -> None:
        largest = bytes(MAX_IMAGE)
        assert len(picture_in("image/png", largest)) == MAX_IMAGE
        for content_type, body in (
            ("image/png", largest + b"\x00"),
            (FORM, form([("image", "a.png", "image/png", largest + b"\x00")])),
        ):
            with pytest.raises(PayloadTooLarge):
                picture_in(content_type, body)
        assert len(picture_in(FORM, form([("image", "a.png", "image/png", largest)]))) == MAX_IMAGE
