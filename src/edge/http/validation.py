"""Bodies and query strings against their models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from services.problems import BadRequest, FieldError, MalformedJson, Unprocessable, UnsupportedMediaType

if TYPE_CHECKING:
    from edge.http.messages import Request
    from edge.http.routes import Route
    from services.models import Model

MAX_QUERY = 4096
MAX_QUERY_FIELDS = 50
MAX_REPORTED_ERRORS = 20


async def read_raw_body(request: Request, route: Route) -> bytes:
    """The body's bytes, within the route's bound and of a media type that it takes."""
    raw = await request.body.read(route.max_body)
    if route.body is bytes:
        _demand_media_type(request, route.accepts)
    elif raw:
        _demand_media_type(request, ("application/json",))
    return raw


def parse_body(route: Route, raw: bytes) -> Any:
    """What the handler gets as ``body``: the validated model, or the bytes where it asked for these."""
    return raw if route.body is bytes else _checked(route.body, raw or b"{}")


def read_query(request: Request, model: type[Model]) -> Model:
    """The validated query string. A repeated name becomes a list."""
    if len(request.query) > MAX_QUERY:
        raise BadRequest("The query string is too long.")
    try:
        pairs = parse_qsl(
            request.query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, errors="strict"
        )
    except ValueError:
        raise BadRequest("The query string cannot be decoded.") from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            known = values[name]
            values[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Unprocessable(errors=_field_errors(error)) from None


def _demand_media_type(request: Request, accepted: Any) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    for pattern in accepted:
        if sent == pattern or (pattern.endswith("/*") and sent.startswith(pattern[:-1])):
            return
    raise UnsupportedMediaType(f"Send one of: {', '.join(accepted)}.")


def _checked(model: type[Model], raw: bytes) -> Model:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        if any(
            item["type"] == "json_invalid" for item in error.errors(include_url=False, include_input=False)
        ):
            raise MalformedJson from None
        raise Unprocessable(errors=_field_errors(error)) from None


def _field_errors(error: ValidationError) -> tuple[FieldError, ...]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return tuple(
        FieldError(_path(item["loc"]), item["msg"].removeprefix("Value error, "))
        for item in found[:MAX_REPORTED_ERRORS]
    )


def _path(location: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
