"""Language tags (BCP 47, RFC 5646): well-formed ones, in their conventional case."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})){0,2})",
    re.ASCII,
)
_LONGEST = 35


def canonical_tag(tag: str) -> str:
    """``PT-br`` as ``pt-BR`` (RFC 5646, section 2.1.1). Raises ``ValueError`` for what is no language tag."""
    match = _TAG.fullmatch(tag.lower()) if len(tag) <= _LONGEST else None
    if match is None:
        raise ValueError("must be a language tag such as en, ko or pt-BR")
    parts = [match["language"]]
    if match["script"]:
        parts.append(match["script"].title())
    if match["region"]:
        parts.append(match["region"].upper())
    return "-".join(parts) + match["variants"]


LanguageTag = Annotated[
    str,
    AfterValidator(canonical_tag),
    WithJsonSchema({"type": "string", "maxLength": _LONGEST, "examples": ["en", "ko", "pt-BR"]}),
]
"""A language as a BCP 47 tag."""
