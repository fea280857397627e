"""The ways in which a request can fail, as exceptions that say so in HTTP's own terms (RFC 9457).

A failure is one class: its ``code`` is stable and documented, its ``status`` is the HTTP status, its
sentence is for the person who reads it. It is raised where it is found; the HTTP kernel and the realtime
connections turn it into an answer, each in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with a body: where (JSON path, ``$`` is the whole) and what, in a sentence."""

    path: str
    message: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Base of every failure that a caller is told about.

    ``detail`` overrides the class's sentence for this occurrence; ``retry_after`` (seconds) becomes the
    ``Retry-After`` header; ``errors`` lists what does not validate.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side."

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        self.headers = headers


class BadRequest(Problem):
    """The request itself cannot be understood."""

    status = 400
    code = "bad_request"
    title = "The request could not be understood."


class MalformedJson(BadRequest):
    """The body is not JSON."""

    code = "malformed_json"
    title = "The body is not valid JSON."


class Unauthorized(Problem):
    """No credentials, or bad ones. ``error`` goes into ``WWW-Authenticate`` (RFC 6750, section 3.1)."""

    status = 401
    code = "unauthorized"
    title = "Sign in to do this."
    error: ClassVar[str | None] = None


class InvalidToken(Unauthorized):
    """The access token is malformed, expired, revoked or not ours."""

    code = "invalid_token"
    title = "The access token is not valid or has expired."
    error = "invalid_token"


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status = 403
    code = "forbidden"
    title = "You may not do this."


class NotFound(Problem):
    """It does not exist, or the caller may not know that it does."""

    status = 404
    code = "not_found"
    title = "There is nothing here."


class MethodNotAllowed(Problem):
    """The resource exists and does not do that."""

    status = 405
    code = "method_not_allowed"
    title = "This resource does not support that method."


class Conflict(Problem):
    """The request contradicts the present state."""

    status = 409
    code = "conflict"
    title = "The request conflicts with the present state."


class PayloadTooLarge(Problem):
    """The body is larger than this route takes."""

    status = 413
    code = "payload_too_large"
    title = "The body is too large."


class UnsupportedMediaType(Problem):
    """The body's format is not one that this route takes."""

    status = 415
    code = "unsupported_media_type"
    title = "The body's format is not supported here."


class Unprocessable(Problem):
    """The body is well-formed and its content does not validate."""

    status = 422
    code = "validation_failed"
    title = "The request does not validate."


class TooManyRequests(Problem):
    """A rate limit is used up; ``retry_after`` says when to come back."""

    status = 429
    code = "rate_limited"
    title = "Too many requests."


class Unavailable(Problem):
    """Something that this needs is down or not configured; ``retry_after`` says when to try again."""

    status = 503
    code = "unavailable"
    title = "This is not available right now."
