"""What the routes of people take and answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.languages import LanguageTag
from services.models import Model, Timestamp
from services.text import tidy

Level = Literal["A1", "A2", "B1", "B2", "C1", "C2"]
"""A level of the Common European Framework of Reference."""

MAX_TARGETS = 3
MAX_DETAIL = 2000


def _text(most: int, *, least: int = 0, multiline: bool = False) -> AfterValidator:
    return AfterValidator(lambda value: tidy(value, least=least, most=most, multiline=multiline))


DisplayName = Annotated[str, _text(50, least=1), Field(examples=["Mina"])]
"""1 to 50 visible characters."""
EnglishName = Annotated[str, _text(50, least=1), Field(examples=["Mina Kim"])]
Bio = Annotated[str, _text(500, multiline=True)]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), Field(examples=["Asia/Seoul"])]
"""A name of the IANA time zone database."""


def left_out() -> Any:
    """The default of a field that an update may leave out: ``model_fields_set`` tells whether it did."""
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class TargetLanguage(Model):
    """A language that a person learns, and how well they know it if they have said so."""

    language: LanguageTag
    level: Level | None = None


class Profile(Model):
    """A person as they see themselves. ``email`` is null where a sign-in provider told none."""

    id: str
    email: str | None
    display_name: str
    english_name: str | None
    bio: str
    native_language: str | None
    target_languages: list[TargetLanguage]
    profile_image_url: str | None
    time_zone: str
    locale: str
    onboarding_completed: bool
    created_at: Timestamp
    updated_at: Timestamp


def _distinct(targets: list[TargetLanguage]) -> list[TargetLanguage]:
    if len({target.language for target in targets}) < len(targets):
        raise ValueError("must not name a language twice")
    return targets


class ProfileUpdate(Model):
    """What to change; what is left out stays. ``englishName`` and ``nativeLanguage`` may be set to null."""

    display_name: DisplayName = left_out()
    english_name: EnglishName | None = left_out()
    bio: Bio = left_out()
    native_language: LanguageTag | None = left_out()
    target_languages: Annotated[
        list[TargetLanguage], Field(max_length=MAX_TARGETS), AfterValidator(_distinct)
    ] = left_out()
    time_zone: TimeZone = left_out()
    locale: LanguageTag = left_out()


class PublicProfile(Model):
    """A person as others see them."""

    id: str
    display_name: str
    english_name: str | None
    bio: str
    native_language: str | None
    target_languages: list[TargetLanguage]
    profile_image_url: str | None
    time_zone: str
    created_at: Timestamp


class BlockedUser(Model):
    """Somebody whom the caller has blocked."""

    id: str
    display_name: str
    profile_image_url: str | None
    blocked_at: Timestamp


Reason = Literal[
    "spam",
    "harassment",
    "hate",
    "sexual",
    "violence",
    "self_harm",
    "impersonation",
    "underage",
    "fraud",
    "other",
]


class Report(Model):
    """Why somebody should be looked at by a moderator."""

    reason: Reason
    detail: Annotated[str, _text(MAX_DETAIL, multiline=True)] = ""


class Reported(Model):
    """The report, as it is kept. Reporting the same person for the same reason twice a day is one report."""

    id: str
    status: Literal["open", "resolved", "dismissed"]
    created_at: Timestamp


class DeleteAccount(Model):
    """The proof that it is meant: the password, or for accounts without one the e-mail address."""

    password: Annotated[str, StringConstraints(strip_whitespace=False, max_length=256)] | None = None
    confirm: Annotated[str, StringConstraints(max_length=320)] | None = None
