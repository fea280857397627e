"""The built-in topics: questions by subject, language and third of the CEFR scale (A, B, C)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject. ``words`` are parts of interests, in lower case, that lead to it."""

    words: Sequence[str]
    titles: Mapping[str, str]
    questions: Mapping[str, Mapping[str, Sequence[str]]]

    def matches(self, interests: Sequence[str]) -> bool:
        """Whether one of these interests is about it."""
        return any(word in interest for interest in interests for word in self.words)


@cache
def subjects() -> tuple[Subject, ...]:
    """All of them."""
    from importlib.resources import files  # noqa: PLC0415 - brings archives and temporary files with it

    text = (files("services.ai.tutor") / "topics.json").read_text(encoding="utf-8")
    return tuple(Subject(**subject) for subject in json.loads(text))
