"""Files that everyone may read: ``/media``."""

from __future__ import annotations

from edge.http.messages import Header, Reply
from edge.http.routes import PUBLIC, Call, Routes
from services import media
from services.problems import NotFound

routes = Routes("/media", "media")

_ALWAYS: tuple[Header, ...] = (
    # A key is written once, so its bytes never change.
    ("cache-control", "public, max-age=31536000, immutable"),
    ("accept-ranges", "bytes"),
    ("content-disposition", "inline"),
    ("content-security-policy", "default-src 'none'; sandbox"),
    ("cross-origin-resource-policy", "cross-origin"),
)


@routes.get(
    "/{key...}",
    auth=PUBLIC,
    limit=None,
    produces="application/octet-stream",
    problems=(NotFound, media.RangeNotSatisfiable),
)
async def read_media(call: Call, key: str) -> Reply:
    """A picture. Answers single byte ranges (206) and conditional requests (304); cache it for good."""
    given = call.request.headers
    conditions = media.Conditions(given.get("if-none-match"), given.get("if-range"), given.get("range"))
    selected = await media.select(call.context, key, conditions, head=call.request.method == "HEAD")
    headers = [*_ALWAYS, ("etag", selected.etag)]
    if selected.fresh:
        return Reply(304, None, headers)
    file, span = selected.file, selected.span
    headers += [
        ("content-type", file.content_type),
        ("content-length", str(span.length if span else file.size)),
    ]
    if span is None:
        return Reply(200, None, headers, file.stream)
    last = span.offset + span.length - 1
    headers.append(("content-range", f"bytes {span.offset}-{last}/{file.size}"))
    return Reply(206, None, headers, file.stream)
