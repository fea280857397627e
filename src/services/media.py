"""Files for everyone, out of the bucket: validators, single byte ranges, what browsers may do with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from services.problems import NotFound, Problem

if TYPE_CHECKING:
    from services.context import Context, StoredObject

PUBLIC_KEYS = (re.compile(r"profile/[0-9a-z]{26}/[0-9a-z]{26}\.(?:png|jpg|gif|webp|avif)", re.ASCII),)
"""The keys that are served without asking who reads."""

_RANGE = re.compile(r"bytes=[ \t]*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))[ \t]*", re.ASCII)
_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class RangeNotSatisfiable(Problem):
    """The range begins behind the end of the file."""

    status = 416
    code = "range_not_satisfiable"
    title = "The file is shorter than the range that was asked for."


class Span(NamedTuple):
    """Consecutive bytes of a file."""

    offset: int
    length: int


class Conditions(NamedTuple):
    """What a request makes its answer depend on: headers of RFC 9110, sections 13 and 14, as they came."""

    if_none_match: str | None = None
    if_range: str | None = None
    byte_range: str | None = None


class Selected(NamedTuple):
    """A file, the part of it to send, or nothing of it because the reader has it already.

    ``span`` is None for the whole; there is no stream when ``fresh``, or when only the head was asked for.
    """

    file: StoredObject
    etag: str
    span: Span | None = None
    fresh: bool = False


async def select(context: Context, key: str, conditions: Conditions, *, head: bool) -> Selected:
    """A file for everyone, as ``select_any``. Raises ``NotFound`` as well for what is not for everyone."""
    if not any(pattern.fullmatch(key) for pattern in PUBLIC_KEYS):
        raise NotFound
    return await select_any(context, key, conditions, head=head)


async def select_any(context: Context, key: str, conditions: Conditions, *, head: bool) -> Selected:
    """The file as these conditions want it (RFC 9110, section 13.2.2), whoever asks.

    Raises ``NotFound`` for what is not there, ``RangeNotSatisfiable``.
    """
    if not head and conditions.if_none_match is None and conditions.byte_range is None:
        whole = _found(await context.media.open(key))
        return Selected(whole, _quoted(whole))
    file = _found(await context.media.head(key))
    etag = _quoted(file)
    if conditions.if_none_match is not None and matches(conditions.if_none_match, etag):
        return Selected(file, etag, fresh=True)
    if head:
        return Selected(file, etag)
    span = None
    if conditions.byte_range is not None and conditions.if_range in (None, etag):
        span = parse_range(conditions.byte_range, file.size)
    offset, length = span or (0, None)
    return Selected(_found(await context.media.open(key, offset=offset, length=length)), etag, span)


def matches(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match names this entity tag, by weak comparison (RFC 9110, section 13.1.2)."""
    return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)


def parse_range(header: str, size: int) -> Span | None:
    """The one range that a Range header asks of a file of ``size`` bytes (RFC 9110, section 14.1.2).

    None, which means the whole, for other units, several ranges, and what is malformed. Raises
    ``RangeNotSatisfiable``.
    """
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        start, end = size - length, size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable(headers=(("content-range", f"bytes */{size}"), ("accept-ranges", "bytes")))
    return Span(start, end - start)


def _found(file: StoredObject | None) -> StoredObject:
    if file is None:
        raise NotFound
    return file


def _quoted(file: StoredObject) -> str:
    return f'"{file.etag}"'
