"""How languages are called in instructions to a model, and which one a text is in."""

from __future__ import annotations

NAMES = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "pt": "Portuguese",
    "ru": "Russian", "th": "Thai", "tr": "Turkish", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip

# First and last code point of blocks that tell a language, or nearly; kana before Han, which Japanese shares.
SCRIPTS = (
    ("ko", 0xAC00, 0xD7A3), ("ko", 0x3131, 0x318E), ("ja", 0x3040, 0x30FF), ("zh", 0x4E00, 0x9FFF),
    ("ru", 0x0400, 0x04FF), ("ar", 0x0600, 0x06FF), ("hi", 0x0900, 0x097F), ("th", 0x0E00, 0x0E7F),
)  # fmt: skip
LATIN = "en"
SHARE = 0.2
"""Of the letters: so many in a script make it the text's, for foreign words stand in every text."""


def name_of(tag: str) -> str:
    """A language's English name, or its tag where it has none here."""
    return NAMES.get(tag.partition("-")[0], f"the language with the tag {tag}")


def guess_language(text: str) -> str:
    """The language that a text's script speaks for; English for Latin letters, which tell nothing."""
    letters = [ord(character) for character in text if character.isalpha()]
    for language, first, last in SCRIPTS:
        if sum(first <= letter <= last for letter in letters) > SHARE * len(letters):
            return language
    return LATIN
