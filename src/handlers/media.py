"""Files that everyone may read: ``/media``."""

from __future__ import annotations

from collections.abc import Sequence

from edge.http.messages import Header, Reply, Request
from edge.http.routes import PUBLIC, Call, Routes
from services import media
from services.problems import NotFound

routes = Routes("/media", "media")

_ALWAYS: tuple[Header, ...] = (
    # A key is written once, so its bytes never change.
    ("cache-control", "public, max-age=31536000, immutable"),
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
    conditions, head = asked(call.request)
    return answer(await media.select(call.context, key, conditions, head=head), _ALWAYS)


def asked(request: Request) -> tuple[media.Conditions, bool]:
    """What of a file a request wants, and whether its head alone."""
    given = request.headers
    conditions = media.Conditions(given.get("if-none-match"), given.get("if-range"), given.get("range"))
    return conditions, request.method == "HEAD"


def answer(selected: media.Selected, headers: Sequence[Header]) -> Reply:
    """The answer that sends it, with these headers."""
    dressed = [*headers, ("accept-ranges", "bytes"), ("etag", selected.etag)]
    if selected.fresh:
        return Reply(304, None, dressed)
    file, span = selected.file, selected.span
    dressed += [
        ("content-type", file.content_type),
        ("content-length", str(span.length if span else file.size)),
    ]
    if span is None:
        return Reply(200, None, dressed, file.stream)
    last = span.offset + span.length - 1
    dressed.append(("content-range", f"bytes {span.offset}-{last}/{file.size}"))
    return Reply(206, None, dressed, file.stream)
