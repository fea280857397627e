"""Everything that is kept about a person: where it lies, how it is exported, how it is erased.

Each table that refers to a person has its entry here, or the test that walks the schema fails. All statements
take the person's id as ``?1`` and can be repeated. Columns ``*_sealed`` are opened for the export under the
purpose ``<table>.<column>``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from services.chat.relations import erase_from_rooms
from services.leveltest.taking import erase_tests
from services.notifications.notifier import forget_notifications
from services.realtime.whereabouts import forget_presence
from services.users.image import erase_pictures

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.context import Context


class Holding(NamedTuple):
    """What a table holds about a person.

    ``name`` is its name in the export. Without ``export`` nothing is exported; ``why`` gives the reason for
    that, and for what ``erase`` leaves.
    """

    name: str
    table: str
    export: str | None = None
    erase: tuple[str, ...] = ()
    why: str = ""


_ANONYMISE = (
    "UPDATE users SET email_sealed = NULL, email_lookup = NULL, email_verified_at = NULL,"
    " password_hash = NULL, display_name = 'Deleted user', english_name = NULL, bio = '',"
    " native_language = NULL, birth_date_sealed = NULL, phone_sealed = NULL, image_key = NULL,"
    " time_zone = 'UTC', locale = 'en', settings = '{}', agreements = '{}', onboarding_completed_at = NULL"
    " WHERE id = ?1"
)

HOLDINGS = (
    Holding(
        "account", "users",
        "SELECT id, email_sealed, email_verified_at, display_name, english_name, bio, native_language,"
        " birth_date_sealed, phone_sealed, image_key, time_zone, locale, settings, agreements,"
        " onboarding_completed_at, suspended_at, created_at, updated_at FROM users WHERE id = ?1",
        (_ANONYMISE,),
        "An empty row stays, so that what the person wrote in rooms of others still has an author.",
    ),
    Holding(
        "roles", "user_roles",
        "SELECT role, granted_at FROM user_roles WHERE user_id = ?1",
        ("DELETE FROM user_roles WHERE user_id = ?1",),
    ),
    Holding(
        "languages", "user_languages",
        "SELECT language, level FROM user_languages WHERE user_id = ?1 ORDER BY position",
        ("DELETE FROM user_languages WHERE user_id = ?1",),
    ),
    Holding(
        "identities", "identities",
        "SELECT provider, subject_sealed, created_at FROM identities WHERE user_id = ?1",
        ("DELETE FROM identities WHERE user_id = ?1",),
    ),
    Holding(
        "devices", "device_sessions",
        "SELECT id, user_agent, created_at, used_at, expires_at, revoked_at, revoked_why"
        " FROM device_sessions WHERE user_id = ?1",
        ("DELETE FROM device_sessions WHERE user_id = ?1",),
        "Hashes of refresh tokens are no use to anyone; the spent ones go with their session.",
    ),
    Holding(
        "oneTimeTokens", "one_time_tokens",
        erase=("DELETE FROM one_time_tokens WHERE user_id = ?1",),
        why="Hashes of secrets that live for hours; to export them would tell nothing.",
    ),
    Holding(
        "blocks", "blocks",
        "SELECT blocked_id, created_at FROM blocks WHERE user_id = ?1",
        ("DELETE FROM blocks WHERE user_id = ?1", "DELETE FROM blocks WHERE blocked_id = ?1"),
        "Who has blocked the person is those people's own affair.",
    ),
    Holding(
        "reports", "reports",
        "SELECT id, subject_id, reason, detail, status, created_at FROM reports WHERE reporter_id = ?1",
        ("UPDATE reports SET reporter_id = NULL WHERE reporter_id = ?1",),
        "Moderators still need what was reported; who reported the person is not told.",
    ),
    Holding(
        "activity", "activity",
        "SELECT id, kind, seconds, data, at FROM activity WHERE user_id = ?1",
        ("DELETE FROM activity WHERE user_id = ?1",),
    ),
    Holding(
        "levelTests", "level_tests",
        "SELECT id, language, status, overall_level, report AS data, started_at, ended_at"
        " FROM level_tests WHERE user_id = ?1",
        why="The tests' own objects and recordings are found by it; the rows go when these have gone.",
    ),
    Holding(
        "notifications", "notifications",
        "SELECT id, kind, data, read_at, created_at FROM notifications WHERE user_id = ?1",
        ("DELETE FROM notifications WHERE user_id = ?1",),
    ),
    Holding(
        "chatRooms", "chat_members",
        "SELECT room_id, role, joined_at, read_seq, muted_until, left_at"
        " FROM chat_members WHERE user_id = ?1",
        why="The rooms, which are told one by one, are found by it; each then marks the person as gone.",
    ),
    Holding(
        "chatMessages", "chat_messages",
        "SELECT room_id, seq, message AS data, created_at FROM chat_messages WHERE sender_id = ?1",
        why="What was written to others stays with them; the author's name is gone with the account's.",
    ),
    Holding(
        "pushSubscriptions", "push_subscriptions",
        "SELECT subscription_sealed, user_agent, created_at FROM push_subscriptions WHERE user_id = ?1",
        ("DELETE FROM push_subscriptions WHERE user_id = ?1",),
    ),
    Holding(
        "idempotencyKeys", "idempotency_keys",
        erase=("DELETE FROM idempotency_keys WHERE scope > ?1 || ' ' AND scope < ?1 || '!'",),
        why="Copies of answers of the last day, whose content is exported where it belongs.",
    ),
)  # fmt: skip

PURGES: tuple[Callable[[Context, str], Awaitable[None]], ...] = (
    erase_pictures,
    erase_tests,
    erase_from_rooms,
    forget_notifications,
    forget_presence,
)
"""What erases a person outside the database: the bucket, published snapshots, Durable Objects. Repeatable."""
