"""People: ``/api/v1/users``."""

from __future__ import annotations

from edge.http.routes import Call, Routes
from services.images import BrokenImage, ImageTooLarge, UnsupportedImage
from services.multipart import MalformedMultipart
from services.problems import NotFound, PayloadTooLarge
from services.users import image, profile
from services.users.models import Profile, ProfileUpdate, PublicProfile

routes = Routes("/api/v1/users", "users")


@routes.get("/profile")
async def read_profile(call: Call) -> Profile:
    """The caller's profile."""
    return await profile.read_profile(call.context, call.user.user_id)


@routes.patch("/profile", problems=(profile.NativeAsTarget,))
async def update_profile(call: Call, body: ProfileUpdate) -> Profile:
    """Change what the body names and leave the rest. Answers the profile as it is then."""
    return await profile.update_profile(call.context, call.user.user_id, body)


@routes.post(
    "/profile/image",
    max_body=image.MAX_FORM,
    accepts=("multipart/form-data", "image/*", "application/octet-stream"),
    problems=(PayloadTooLarge, MalformedMultipart, UnsupportedImage, BrokenImage, ImageTooLarge),
)
async def set_profile_image(call: Call, body: bytes) -> Profile:
    """Show a picture: PNG, JPEG, GIF, WebP or AVIF up to 10 MB, as the body or as the form field `image`.

    Where it was taken, by whom and with what is removed from the file. Answers the profile.
    """
    picture = image.picture_in(call.request.headers.get("content-type", ""), body)
    return await image.set_image(call.context, call.user.user_id, picture)


@routes.delete("/profile/image")
async def remove_profile_image(call: Call) -> None:
    """Show no picture any more."""
    await image.remove_image(call.context, call.user.user_id)


@routes.get("/{user_id}", problems=(NotFound,))
async def read_public_profile(call: Call, user_id: str) -> PublicProfile:
    """Somebody's public profile; 404 as well for deleted accounts and when either has blocked the other."""
    return await profile.read_public_profile(call.context, user_id, call.user.user_id)
