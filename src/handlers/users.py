"""People: ``/api/v1/users``."""

from __future__ import annotations

from edge.http.routes import FRESH, Call, Routes
from services.chat.relations import contact_changed, tell_name
from services.images import BrokenImage, ImageTooLarge, UnsupportedImage
from services.models import Page
from services.multipart import MalformedMultipart
from services.paging import InvalidCursor, PageQuery
from services.problems import NotFound, PayloadTooLarge
from services.users import erasure, image, profile, relations, settings, stats
from services.users.export import Export, export
from services.users.models import (
    BlockedUser,
    DeleteAccount,
    Profile,
    ProfileUpdate,
    PublicProfile,
    Report,
    Reported,
)
from services.users.settings import Settings
from services.users.stats import Achievements, HistoryItem, Stats

routes = Routes("/api/v1/users", "users")


@routes.get("/profile")
async def read_profile(call: Call) -> Profile:
    """The caller's profile."""
    return await profile.read_profile(call.context, call.user.user_id)


@routes.patch("/profile", problems=(profile.NativeAsTarget,))
async def update_profile(call: Call, body: ProfileUpdate) -> Profile:
    """Change what the body names and leave the rest. Answers the profile as it is then."""
    changed = await profile.update_profile(call.context, call.user.user_id, body)
    if "display_name" in body.model_fields_set:
        call.context.defer(tell_name(call.context, call.user.user_id, changed.display_name))
    return changed


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


@routes.get("/settings")
async def read_settings(call: Call) -> Settings:
    """The caller's settings."""
    return await settings.read_settings(call.context, call.user.user_id)


@routes.patch("/settings")
async def update_settings(call: Call, body: Settings) -> Settings:
    """Change what the body names and leave the rest. Answers all settings as they are then."""
    return await settings.update_settings(call.context, call.user.user_id, body)


@routes.get("/stats")
async def read_stats(call: Call) -> Stats:
    """How much the caller has learned, by the days of their time zone."""
    return await stats.read_stats(call.context, call.user.user_id)


@routes.get("/achievements")
async def read_achievements(call: Call) -> Achievements:
    """The badges: which the caller has earned and how far the others are."""
    return await stats.read_achievements(call.context, call.user.user_id)


@routes.get("/history", problems=(InvalidCursor,))
async def read_history(call: Call, query: PageQuery) -> Page[HistoryItem]:
    """What the caller has done, the latest first."""
    return await stats.read_history(call.context, call.user.user_id, query)


@routes.get("/blocks", problems=(InvalidCursor,))
async def list_blocks(call: Call, query: PageQuery) -> Page[BlockedUser]:
    """Whom the caller has blocked, the latest first."""
    return await relations.list_blocks(call.context, call.user.user_id, query)


@routes.get("/export", auth=FRESH)
async def export_personal_data(call: Call) -> Export:
    """Everything that is kept about the caller, as a file."""
    call.headers.append(("content-disposition", 'attachment; filename="studymate-export.json"'))
    return await export(call.context, call.user.user_id)


@routes.delete("/account", auth=FRESH, problems=(erasure.NotConfirmed,))
async def delete_account(call: Call, body: DeleteAccount) -> None:
    """Delete the account for good and sign out everywhere.

    Needs the password; for an account without one, the e-mail address as `confirm`. What the caller wrote in
    rooms of others stays there, without a name.
    """
    await call.limit("sign_in", f"delete:{call.user.user_id}")
    await erasure.delete_account(call.context, call.user.user_id, body)


@routes.get("/{user_id}", problems=(NotFound,))
async def read_public_profile(call: Call, user_id: str) -> PublicProfile:
    """Somebody's public profile; 404 as well for deleted accounts and when either has blocked the other."""
    return await profile.read_public_profile(call.context, user_id, call.user.user_id)


@routes.post("/{user_id}/block", status=204, problems=(NotFound, relations.NotYourself))
async def block_user(call: Call, user_id: str) -> None:
    """Block somebody: neither sees or reaches the other any more."""
    await relations.block(call.context, call.user.user_id, user_id)
    await contact_changed(call.context, call.user.user_id, user_id)


@routes.delete("/{user_id}/block")
async def unblock_user(call: Call, user_id: str) -> None:
    """Take a block back."""
    await relations.unblock(call.context, call.user.user_id, user_id)
    await contact_changed(call.context, call.user.user_id, user_id)


@routes.post("/{user_id}/report", status=201, limit="report", problems=(NotFound, relations.NotYourself))
async def report_user(call: Call, user_id: str, body: Report) -> Reported:
    """Ask the moderators to look at somebody. Once a day for each reason."""
    return await relations.report(call.context, call.user.user_id, user_id, body)
