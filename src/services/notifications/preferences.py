"""What a person wants to be told of, and when not to be disturbed: a part of their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.context import sql
from services.notifications.kinds import KINDS
from services.problems import InvalidToken
from services.users.settings import NotificationSettings, Settings

if TYPE_CHECKING:
    from services.context import Clock, Context

_MINUTE = 60_000
_DAY_MINUTES = 24 * 60


async def read_preferences(context: Context, user_id: str) -> NotificationSettings:
    """The person's preferences. Raises ``InvalidToken`` when the account is gone."""
    row = await context.db.first(
        sql("SELECT settings FROM users WHERE id = ? AND deleted_at IS NULL", user_id)
    )
    return _of(row)


async def replace_preferences(
    context: Context, user_id: str, preferences: NotificationSettings
) -> NotificationSettings:
    """Replace all of them. Raises ``InvalidToken`` when the account is gone."""
    replace = sql(
        "UPDATE users SET settings = json_set(settings, '$.notifications', json(?2)), updated_at = ?3"
        " WHERE id = ?1 AND deleted_at IS NULL RETURNING settings",
        user_id, preferences.model_dump_json(exclude_none=True), context.clock.now(),
    )  # fmt: skip
    return _of(await context.db.first(replace))


def wanted(preferences: NotificationSettings, kind: str) -> bool:
    """Whether the person wants to be told of this at all."""
    setting = KINDS[kind]
    return setting is None or getattr(preferences, setting)


def is_quiet(preferences: NotificationSettings, clock: Clock, time_zone: str) -> bool:
    """Whether it is the person's time of rest where they live."""
    quiet = preferences.quiet_hours
    if quiet is None:
        return False
    now = clock.now()
    minute = (now + clock.utc_offset(time_zone, now)) // _MINUTE % _DAY_MINUTES
    start, end = _minutes(quiet.start), _minutes(quiet.end)
    return start <= minute < end if start <= end else minute >= start or minute < end


def _minutes(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def _of(row: dict[str, str] | None) -> NotificationSettings:
    if row is None:
        raise InvalidToken("This account is gone.")
    return Settings.model_validate_json(row["settings"]).notifications
