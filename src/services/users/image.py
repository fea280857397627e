"""A person's picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.context import sql
from services.images import clean
from services.multipart import is_multipart, parse_multipart
from services.problems import FieldError, InvalidToken, PayloadTooLarge, Unprocessable
from services.users.profile import READ_PROFILE, profile_of

if TYPE_CHECKING:
    from services.context import Context
    from services.users.models import Profile

MAX_IMAGE = 10 * 1024 * 1024
"""Bytes."""
MAX_FORM = MAX_IMAGE + 64 * 1024
"""Bytes of a form around a picture."""


def prefix(user_id: str) -> str:
    """Where in the bucket all pictures of a person lie."""
    return f"profile/{user_id}/"


def picture_in(content_type: str, body: bytes) -> memoryview:
    """The uploaded picture: the body itself, or the field ``image`` of a form.

    Raises ``PayloadTooLarge`` beyond ``MAX_IMAGE``, ``Unprocessable`` without exactly one such field.
    """
    if is_multipart(content_type):
        pictures = [part.view for part in parse_multipart(content_type, body) if part.name == "image"]
        if len(pictures) != 1:
            raise Unprocessable(errors=(FieldError("$.image", "must be sent once"),))
        return pictures[0]
    if len(body) > MAX_IMAGE:
        raise PayloadTooLarge
    return memoryview(body)


async def set_image(context: Context, user_id: str, picture: bytes | memoryview) -> Profile:
    """Store a picture without its metadata and show it in the profile; the new profile.

    Raises ``UnsupportedImage``, ``BrokenImage``, ``ImageTooLarge``.
    """
    image = clean(picture)
    # A key is used once: deleting an old picture can never hit the same picture uploaded again meanwhile.
    key = f"{prefix(user_id)}{context.random.id()}.{image.extension}"
    await context.media.put(key, image.pieces, content_type=image.content_type)
    try:
        return await _show(context, user_id, key)
    except InvalidToken:
        await context.media.delete([key])
        raise


async def remove_image(context: Context, user_id: str) -> None:
    """Show no picture; it is no failure if there was none."""
    await _show(context, user_id, None)


async def erase_pictures(context: Context, user_id: str) -> None:
    """Delete every picture that the person ever uploaded and that is still there."""
    while keys := (await context.media.list(prefix(user_id)))[0]:
        await context.media.delete(keys)


async def _show(context: Context, user_id: str, key: str | None) -> Profile:
    before, _, after = await context.db.batch(
        [
            sql("SELECT image_key FROM users WHERE id = ? AND deleted_at IS NULL", user_id),
            sql(
                "UPDATE users SET image_key = ?2, updated_at = ?3 WHERE id = ?1 AND deleted_at IS NULL",
                user_id, key, context.clock.now(),
            ),
            sql(READ_PROFILE, user_id),
        ]
    )  # fmt: skip
    if before and before[0]["image_key"]:
        context.defer(context.media.delete([before[0]["image_key"]]))
    return await profile_of(context, after[0] if after else None)
