"""What clients may ask for over a socket, whatever its framing, and how a refusal is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError

from services.models import Model
from services.problems import FieldError, NotFound, Problem, Unprocessable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ROOM_ID = 64
MAX_NUMBER = 2**53 - 1


class UnknownDestination(NotFound):
    """Nothing is sent to or from this destination, and no event has this name."""

    code = "unknown_destination"
    title = "There is no such destination."


class SendMessage(Model):
    """A message for a room."""

    client_message_id: str
    body: str = ""
    attachments: list[str] = Field(default_factory=list, max_length=100)
    reply_to: str | None = Field(default=None, max_length=128)


class ReadUpTo(Model):
    """Everything up to a message is read."""

    seq: int = Field(ge=0, le=MAX_NUMBER)


class Renew(Model):
    """A new access token for a connection whose token is about to expire."""

    access_token: str = Field(max_length=8192)


class SetStatus(Model):
    """What the person wants to be seen as on this device."""

    status: str = Field(pattern="^(online|away)$")


class InRoom(Model):
    """The room that an event is about."""

    room_id: str = Field(min_length=1, max_length=MAX_ROOM_ID)


class JoinRoom(InRoom):
    """Listen to a room, after what was missed since a message or an event."""

    last_seq: int | None = Field(default=None, ge=0, le=MAX_NUMBER)
    last_event: int | None = Field(default=None, ge=0, le=MAX_NUMBER)


class SendToRoom(SendMessage, InRoom):
    """A message and its room."""


class ReadInRoom(ReadUpTo, InRoom):
    """A read mark and its room."""


Command = TypeVar("Command", bound=Model)


def parse(model: type[Command], data: str | bytes) -> Command:
    """Read JSON. Raises ``Unprocessable``; nesting is bounded by the parser."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise _unprocessable(error) from None


def check(model: type[Command], value: Any) -> Command:
    """Read what was parsed already. Raises ``Unprocessable``."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _unprocessable(error) from None


def _unprocessable(error: ValidationError) -> Unprocessable:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return Unprocessable(
        errors=tuple(FieldError(".".join(("$", *map(str, each["loc"]))), each["msg"]) for each in found[:20])
    )


def describe(problem: Problem) -> Mapping[str, Any]:
    """A refusal as clients get it, in the terms of the HTTP API: ``code``, ``status``, ``detail``."""
    told: dict[str, Any] = {
        "code": problem.code,
        "status": problem.status,
        "detail": problem.detail or problem.title,
    }
    if problem.retry_after is not None:
        told["retryAfter"] = problem.retry_after
    if problem.errors:
        told["errors"] = [{"path": error.path, "message": error.message} for error in problem.errors]
    return told
