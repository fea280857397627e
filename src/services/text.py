"""What people write about themselves and to each other: cleaned, counted as they see it, bounded."""

from __future__ import annotations

import unicodedata
from collections import Counter

_UNSEEN = frozenset(("Mn", "Me", "Cf"))
"""Combining marks and joiners: part of the character before them."""
_NEVER = frozenset(("Cc", "Cs", "Co", "Zl", "Zp"))
_BREAKS = frozenset("\n\t")
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides of the writing direction: they make a text read as another one."""
_MARKS_PER_CHARACTER = 8


def tidy(text: str, *, least: int = 0, most: int, multiline: bool = False) -> str:
    """The text in NFC, without surrounding blanks. ``least`` and ``most`` count visible characters.

    Raises ``ValueError`` with a sentence for the writer: for a wrong length, control characters, direction
    overrides, or more combining marks than any script piles up.
    """
    cleaned = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    visible = len(cleaned)
    for character, times in Counter(cleaned).items():
        kind = unicodedata.category(character)
        if (kind in _NEVER and not (multiline and character in _BREAKS)) or character in _DIRECTION:
            raise ValueError("must not contain control characters")
        if kind in _UNSEEN:
            visible -= times
    if not least <= visible <= most:
        raise ValueError(
            f"must have {least} to {most} characters" if least else f"must have at most {most} characters"
        )
    if len(cleaned) > max(visible, 1) * _MARKS_PER_CHARACTER:
        raise ValueError("has too many combining marks")
    return cleaned
