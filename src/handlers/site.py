"""The static files: the API's description, its page for people, and audio of test items."""

from __future__ import annotations

from edge.http.messages import Reply
from edge.http.routes import PUBLIC, Call, Routes
from services.problems import NotFound

routes = Routes("", "Documentation")

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PASSED_ON = ("content-type", "content-length", "content-range", "accept-ranges", "etag")


@routes.get("/openapi.json", auth=PUBLIC, limit=None)
async def openapi(call: Call) -> Reply:
    """The description of this API (OpenAPI 3.1)."""
    return await _file(call, "/openapi.json", cached="no-cache")


@routes.get("/docs", auth=PUBLIC, limit=None, produces="text/html")
async def documentation(call: Call) -> Reply:
    """The API's description as a page that works offline."""
    reply = await _file(call, "/docs/", cached="no-cache")
    reply.headers.append(("content-security-policy", _PAGE_POLICY))
    return reply


@routes.get("/docs/{path...}", auth=PUBLIC, limit=None, produces="*/*")
async def documentation_file(call: Call, path: str) -> Reply:
    """A part of the documentation page."""
    return await _file(call, f"/docs/{path}", cached="public, max-age=3600")


@routes.get("/audio/{path...}", auth=PUBLIC, limit=None, produces="audio/*")
async def audio_file(call: Call, path: str) -> Reply:
    """A recording that belongs to a test item."""
    return await _file(call, f"/audio/{path}", cached="public, max-age=86400")


async def _file(call: Call, path: str, *, cached: str) -> Reply:
    if ".." in path or "\\" in path:
        raise NotFound
    headers = call.request.headers
    found = await call.context.assets.get(
        path, etag=headers.get("if-none-match"), byte_range=headers.get("range")
    )
    if found is None:
        raise NotFound
    passed = [(name, found.headers[name]) for name in _PASSED_ON if name in found.headers]
    return Reply(found.status, None, [*passed, ("cache-control", cached)], stream=found.stream)
