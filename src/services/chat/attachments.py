"""Files that are sent in rooms: recognised by content, kept in the bucket, given to members alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from services.audio import AudioBroken, AudioFormatUnsupported, AudioTooLarge, AudioTooLong, read_audio
from services.chat.files import key
from services.chat.models import Attachment
from services.chat.rooms import hub
from services.images import UnsupportedImage, clean
from services.multipart import is_multipart, parse_multipart
from services.problems import FieldError, PayloadTooLarge, Unprocessable
from services.text import tidy

__all__ = ["MAX_FORM", "disposition", "fetch", "key", "store", "uploaded"]

if TYPE_CHECKING:
    from services.context import Context, Piece

MAX_FILE = 10 * 1024 * 1024
"""Bytes."""
MAX_FORM = MAX_FILE + 64 * 1024
"""Bytes of a form around a file."""
MAX_NAME = 120
"""Characters of a file's name."""


class Upload(NamedTuple):
    """A file as it came."""

    name: str
    body: bytes


class _Kind(NamedTuple):
    kind: str
    content_type: str
    pieces: tuple[Piece, ...]
    about: dict[str, int | float]


def uploaded(content_type: str, body: bytes) -> Upload:
    """The file of a request: the form field ``file``, or the whole body.

    Raises ``Unprocessable`` without exactly one such field or for an empty one, ``PayloadTooLarge``.
    """
    name = "file"
    if is_multipart(content_type):
        parts = [part for part in parse_multipart(content_type, body) if part.name == "file"]
        if len(parts) != 1:
            raise Unprocessable(errors=(FieldError("$.file", "must be sent once"),))
        name, body = parts[0].filename or name, parts[0].data
    if not body:
        raise Unprocessable(errors=(FieldError("$.file", "must not be empty"),))
    if len(body) > MAX_FILE:
        raise PayloadTooLarge
    return Upload(_clean_name(name), body)


async def store(context: Context, user_id: str, room_id: str, new_id: str, upload: Upload) -> Attachment:
    """Keep a file until it is sent, a day at most. Pictures lose their metadata.

    Raises ``RoomNotFound``, ``TooManyUnsent``; ``BrokenImage`` and ``ImageTooLarge`` for such pictures.
    """
    found = _recognised(upload.body)
    attachment = Attachment.model_validate(
        {
            "id": new_id,
            "name": upload.name,
            "kind": found.kind,
            "content_type": found.content_type,
            "size": sum(map(len, found.pieces)),
            "url": f"/api/v1/chat/rooms/{room_id}/attachments/{new_id}",
            **found.about,
        }
    )
    await hub(context, room_id).call("attach", user_id=user_id, about=attachment.model_dump(mode="json"))
    await context.media.put(key(room_id, new_id), found.pieces, content_type=found.content_type)
    return attachment


async def fetch(context: Context, user_id: str, room_id: str, attachment_id: str) -> Attachment:
    """What a file is, for those who may have it. Raises ``RoomNotFound``, ``AttachmentNotFound``."""
    found = await hub(context, room_id).call("attachment", user_id=user_id, attachment_id=attachment_id)
    return Attachment.model_validate(found)


def disposition(attachment: Attachment) -> str:
    """How browsers treat the file (RFC 6266): pictures and recordings are shown, all else is only saved."""
    kind = "attachment" if attachment.kind == "file" else "inline"
    return f"{kind}; filename*=UTF-8''{quote(attachment.name, safe='')}"


def _recognised(body: bytes) -> _Kind:
    try:
        image = clean(body)
    except UnsupportedImage:
        return _recording(body)
    return _Kind("image", image.content_type, image.pieces, {"width": image.width, "height": image.height})


def _recording(body: bytes) -> _Kind:
    try:
        audio = read_audio(body)
    except (AudioBroken, AudioFormatUnsupported, AudioTooLarge, AudioTooLong):
        return _Kind("file", "application/octet-stream", (body,), {})
    about: dict[str, int | float] = {"duration_seconds": round(audio.duration_seconds, 3)}
    return _Kind("audio", audio.content_type, (body,), about)


def _clean_name(name: str) -> str:
    """The last part of a path, as far as it is readable."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable())[-MAX_NAME:]
    try:
        return tidy(shown, least=1, most=MAX_NAME)
    except ValueError:
        return "file"
