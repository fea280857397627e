"""A person's own profile, and how others see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.accounts import emails
from services.context import ConstraintError, Row, sql
from services.problems import FieldError, InvalidToken, NotFound, Unprocessable
from services.sealing import Sealer
from services.users.models import Profile, ProfileUpdate, PublicProfile

if TYPE_CHECKING:
    from services.context import Context, Statement

READ_PROFILE = (
    "SELECT id, email_sealed, display_name, english_name, bio, native_language, image_key, time_zone, locale,"
    " onboarding_completed_at, created_at, updated_at,"
    " (SELECT json_group_array(json_object('language', language, 'level', level)) FROM"
    "  (SELECT language, level FROM user_languages WHERE user_id = ?1 ORDER BY position)) AS target_languages"
    " FROM users WHERE id = ?1 AND deleted_at IS NULL"
)
READ_PUBLIC = (
    "SELECT id, display_name, english_name, bio, native_language, image_key, time_zone, created_at,"
    " (SELECT json_group_array(json_object('language', language, 'level', level)) FROM"
    "  (SELECT language, level FROM user_languages WHERE user_id = ?1 ORDER BY position)) AS target_languages"
    " FROM users WHERE id = ?1 AND deleted_at IS NULL AND suspended_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ?2 AND blocked_id = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = ?2)"
)

_MAX_OPENED = 2048
_opened: dict[str, str] = {}
"""Sealed address → address. A sealed text never means anything else, so an entry is never stale."""


class NativeAsTarget(Unprocessable):
    """Nobody learns the language they grew up with."""

    code = "native_language_as_target"
    title = "A target language must not be the native language."


async def read_profile(context: Context, user_id: str) -> Profile:
    """The caller's profile. Raises ``InvalidToken`` when the account is gone."""
    return await profile_of(context, await context.db.first(sql(READ_PROFILE, user_id)))


async def update_profile(context: Context, user_id: str, update: ProfileUpdate) -> Profile:
    """Change what the update names, all or nothing; the new profile.

    Updates of different fields do not undo each other. Raises ``Unprocessable`` for an unknown time zone,
    ``NativeAsTarget``, and ``InvalidToken`` when the account is gone.
    """
    named = update.model_fields_set
    if "time_zone" in named and not context.clock.is_time_zone(update.time_zone):
        raise Unprocessable(errors=(FieldError("$.timeZone", "must be an IANA time zone"),))
    statements: list[Statement] = []
    if named:
        statements.append(_set_columns(user_id, update, context.clock.now()))
    if "target_languages" in named:
        statements += _set_targets(user_id, update)
    if named & {"target_languages", "native_language"}:
        statements.append(_refuse_native_target(user_id))
    try:
        *_, rows = await context.db.batch([*statements, sql(READ_PROFILE, user_id)])
    except ConstraintError:
        raise NativeAsTarget from None
    return await profile_of(context, rows[0] if rows else None)


async def read_public_profile(context: Context, user_id: str, viewer_id: str) -> PublicProfile:
    """Somebody as the viewer may see them.

    Raises ``NotFound`` alike for nobody, a deleted or suspended account, and a block in either direction.
    """
    row = await context.db.replica().first(sql(READ_PUBLIC, user_id, viewer_id))
    if row is None:
        raise NotFound
    return PublicProfile.model_validate(_readable(row))


async def read_locale(context: Context, user_id: str) -> str:
    """The language in which a person wants to be spoken to; English for nobody."""
    row = await context.db.first(sql("SELECT locale FROM users WHERE id = ?", user_id))
    return row["locale"] if row else "en"


def image_url(key: str | None) -> str | None:
    """Where a stored picture is served."""
    return f"/media/{key}" if key else None


def _set_columns(user_id: str, update: ProfileUpdate, now: int) -> Statement:
    named = update.model_fields_set
    return sql(
        "UPDATE users SET display_name = coalesce(?2, display_name), bio = coalesce(?3, bio),"
        " time_zone = coalesce(?4, time_zone), locale = coalesce(?5, locale),"
        " english_name = iif(?6, ?7, english_name), native_language = iif(?8, ?9, native_language),"
        " updated_at = ?10 WHERE id = ?1 AND deleted_at IS NULL",
        user_id, update.display_name, update.bio, update.time_zone, update.locale,
        int("english_name" in named), update.english_name,
        int("native_language" in named), update.native_language, now,
    )  # fmt: skip


def _set_targets(user_id: str, update: ProfileUpdate) -> list[Statement]:
    targets = json.dumps([target.model_dump() for target in update.target_languages])
    insert = sql(
        "INSERT INTO user_languages (user_id, language, level, position)"
        " SELECT u.id, t.value ->> 'language', t.value ->> 'level', t.key FROM users u, json_each(?2) t"
        " WHERE u.id = ?1 AND u.deleted_at IS NULL",
        user_id, targets,
    )  # fmt: skip
    return [sql("DELETE FROM user_languages WHERE user_id = ?", user_id), insert]


def _refuse_native_target(user_id: str) -> Statement:
    """Break a constraint, and so undo the batch, if a target is the native language after the changes.

    A batch has no condition of its own, and a check before it would race with the person's other device.
    """
    return sql(
        "UPDATE users SET display_name = NULL WHERE id = ?1 AND EXISTS"
        " (SELECT 1 FROM user_languages l WHERE l.user_id = ?1 AND l.language = users.native_language)",
        user_id,
    )


async def profile_of(context: Context, row: Row | None) -> Profile:
    """The profile in a row of ``READ_PROFILE``. Raises ``InvalidToken`` when there is none."""
    if row is None:
        raise InvalidToken("This account is gone.")
    values = _readable(row)
    values["email"] = await _email(context, row["email_sealed"])
    values["onboarding_completed"] = row["onboarding_completed_at"] is not None
    return Profile.model_validate(values)


def _readable(row: Row) -> Row:
    row["target_languages"] = json.loads(row["target_languages"])
    row["profile_image_url"] = image_url(row["image_key"])
    return row


async def _email(context: Context, sealed: str | None) -> str | None:
    if sealed is None:
        return None
    address = _opened.get(sealed)
    if address is None:
        address = await Sealer(context.config).open(context, sealed, emails.PURPOSE)
        while len(_opened) >= _MAX_OPENED:
            del _opened[next(iter(_opened))]
        _opened[sealed] = address
    return address
