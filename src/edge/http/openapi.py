"""OpenAPI 3.1 from the declared routes and the models that validate. Made at build time, served as a file."""

from __future__ import annotations

import inspect
import re
from types import NoneType
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from edge.http.routes import ADMIN, MODERATOR, PUBLIC, SOCKET, Route
from services.models import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.problems import Problem

REFERENCE = "#/components/schemas/{model}"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "requestId"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "requestId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-studymate-access"},
}


def describe(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """The whole document."""
    routes = [route for route in routes if route.described]
    schemas, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"\{(\w+)\.\.\.\}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "StudyMate",
            "version": version,
            "description": "One backend for people who learn together.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM_SCHEMA, **definitions},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _is_model(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, Model)


def _schemas(routes: Iterable[Route]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    wanted: dict[Any, None] = {}
    for route in routes:
        for kind, mode in (
            (route.body, "validation"),
            (route.query, "validation"),
            (route.reply, "serialization"),
        ):
            if _is_model(kind):
                wanted[kind, mode] = None
    references, document = models_json_schema(list(wanted), ref_template=REFERENCE)
    return dict(references), document.get("$defs", {})


def _operation(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        **_documentation(route),
        "responses": _responses(route, schemas),
    }
    parameters = [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = _request_body(route, schemas)
    if route.auth not in {PUBLIC, SOCKET}:
        operation["security"] = [{"bearer": []}, {"cookie": []}]
    return operation


def _documentation(route: Route) -> dict[str, str]:
    summary, _, rest = (inspect.getdoc(route.handler) or "").partition("\n\n")
    documented = {"summary": " ".join(summary.split())}
    return documented | {"description": rest.strip()} if rest else documented


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)(?:\.\.\.)?\}", route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=REFERENCE)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": inner}
        for name, inner in schema["properties"].items()
    ]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if not route.idempotent:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}]


def _request_body(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if route.body is bytes:
        return {"required": True, "content": {kind: {} for kind in route.accepts}}
    required = bool(route.body.model_json_schema().get("required"))
    return {
        "required": required,
        "content": {"application/json": {"schema": schemas[route.body, "validation"]}},
    }


def _responses(route: Route, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if _is_model(route.reply):
        content = {"application/json": {"schema": schemas[route.reply, "serialization"]}}
        responses[str(route.status)] = {"description": "Done.", "content": content}
    elif route.reply is NoneType:
        responses["204"] = {"description": "Done."}
    else:
        responses[str(route.status)] = {"description": "Done.", "content": {route.produces: {}}}
    for status, codes in sorted(_failures(route).items()):
        responses.setdefault(str(status), _problem_response(codes))
    return responses


def _failures(route: Route) -> dict[int, list[str]]:
    """Every status that can come, with the codes it comes with."""
    known: dict[int, list[str]] = {400: ["bad_request"], 503: ["unavailable"]}
    if route.auth not in {PUBLIC, SOCKET}:
        known[401] = ["unauthorized", "invalid_token"]
        known[403] = ["csrf_failed"] + (["forbidden"] if route.auth in (MODERATOR, ADMIN) else [])
    if route.limit:
        known[429] = ["rate_limited"]
    if "{" in route.path:
        known[404] = ["not_found"]
    if route.body is not None:
        known |= {413: ["payload_too_large"], 415: ["unsupported_media_type"], 422: ["validation_failed"]}
    if route.query is not None:
        known[422] = ["validation_failed"]
    if route.idempotent:
        known[409] = ["idempotency_key_reused", "idempotency_in_progress"]
    for problem in route.problems:
        _add(known, problem)
    return known


def _add(known: dict[int, list[str]], problem: type[Problem]) -> None:
    codes = known.setdefault(problem.status, [])
    if problem.code not in codes:
        codes.append(problem.code)


def _problem_response(codes: list[str]) -> dict[str, Any]:
    return {
        "description": "Code: " + ", ".join(f"`{code}`" for code in codes) + ".",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
