"""How a person wants the product to behave towards them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from services.context import sql
from services.languages import LanguageTag
from services.models import Model
from services.problems import InvalidToken

if TYPE_CHECKING:
    from services.context import Context

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Audience = Literal["everyone", "partners", "nobody"]


class QuietHours(Model):
    """The time of day in which nothing is pushed, in the person's time zone; it may go over midnight."""

    start: TimeOfDay
    end: TimeOfDay


class NotificationSettings(Model):
    """What to be told of, by which way, and when not to be disturbed."""

    messages: bool = True
    matches: bool = True
    sessions: bool = True
    studies: bool = True
    feedback: bool = True
    email: bool = True
    push: bool = True
    quiet_hours: QuietHours | None = None


class PrivacySettings(Model):
    """Who may see that the person is online, and who may write to them first."""

    presence: Audience = "partners"
    messages: Audience = "partners"


class AppearanceSettings(Model):
    """How the interface looks. ``language`` null follows the profile's locale."""

    theme: Literal["system", "light", "dark"] = "system"
    language: LanguageTag | None = None
    text_size: Literal["small", "medium", "large"] = "medium"
    reduce_motion: bool = False


class Settings(Model):
    """All settings. An update changes what it names and leaves the rest."""

    notifications: Annotated[NotificationSettings, Field(default_factory=NotificationSettings)]
    privacy: Annotated[PrivacySettings, Field(default_factory=PrivacySettings)]
    appearance: Annotated[AppearanceSettings, Field(default_factory=AppearanceSettings)]


async def read_settings(context: Context, user_id: str) -> Settings:
    """The caller's settings. Raises ``InvalidToken`` when the account is gone."""
    row = await context.db.first(
        sql("SELECT settings FROM users WHERE id = ? AND deleted_at IS NULL", user_id)
    )
    return _settings(row)


async def update_settings(context: Context, user_id: str, update: Settings) -> Settings:
    """Change what the update names; all settings as they are then. Raises ``InvalidToken``.

    The merge happens in the database, so updates from several devices do not undo each other.
    """
    merge = sql(
        "UPDATE users SET settings = json_patch(settings, ?2), updated_at = ?3"
        " WHERE id = ?1 AND deleted_at IS NULL RETURNING settings",
        user_id, update.model_dump_json(exclude_unset=True), context.clock.now(),
    )  # fmt: skip
    return _settings(await context.db.first(merge))


def _settings(row: dict[str, str] | None) -> Settings:
    if row is None:
        raise InvalidToken("This account is gone.")
    return Settings.model_validate_json(row["settings"])
