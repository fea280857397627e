"""What account routes take and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.accounts import passwords
from services.models import Model, Timestamp

Email = Annotated[str, Field(max_length=320, examples=["mina@example.org"])]
NewPassword = Annotated[
    str,
    StringConstraints(
        strip_whitespace=False, min_length=passwords.MIN_LENGTH, max_length=passwords.MAX_LENGTH
    ),
]
Password = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=1, max_length=passwords.MAX_LENGTH)
]
DisplayName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=50, pattern=r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+$"
    ),
]
"""Anything visible: no control characters, and none that turn the direction of the text around it."""
Locale = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$", max_length=12)
]
"""BCP 47: language, script, region."""
Secret = Annotated[str, Field(min_length=1, max_length=200)]
"""A token of ours, as text."""


class Agreements(Model):
    """What a person agrees to; the first two are demanded."""

    terms: bool
    privacy: bool
    marketing: bool = False


class RegisterBody(Model):
    """A new account."""

    email: Email
    password: NewPassword
    display_name: DisplayName
    time_zone: Annotated[str, Field(max_length=64, examples=["Asia/Seoul"])] = "UTC"
    locale: Locale = "en"
    agreements: Agreements


class LoginBody(Model):
    """E-mail address and password."""

    email: Email
    password: Password


class RefreshBody(Model):
    """The refresh token; browsers leave it out and send their cookie with ``X-CSRF-Token``."""

    refresh_token: Secret | None = None


class LogoutBody(Model):
    """``all`` signs out every device."""

    all: bool = False


class ForgotBody(Model):
    """Whose password to reset."""

    email: Email


class ResetBody(Model):
    """The token of the mail and the new password."""

    token: Secret
    password: NewPassword


class TokenBody(Model):
    """The token of the mail."""

    token: Secret


class Accepted(Model):
    """The request is taken; what comes of it comes by mail."""

    message: str


class User(Model):
    """The signed-in person. ``email`` is null for one who came through a provider that tells none."""

    id: str
    email: str | None
    display_name: str
    roles: list[str]
    created_at: Timestamp


class SignedIn(Model):
    """The person and the tokens of this device."""

    user: User
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's name of the scheme
    expires_in: int
    """Seconds that the access token lives."""


class DeviceSession(Model):
    """A device that is signed in."""

    id: str
    device: str
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    current: bool


class Ticket(Model):
    """A single-use proof of identity for ``?ticket=``, where a client cannot send headers."""

    ticket: str
    expires_in: int
    """Seconds."""
