"""What is refused before anything costly is done."""

from __future__ import annotations

import pytest

from services.leveltest.features.language import LanguageNotSupported
from services.leveltest.taking import analyse_speech
from tests.unit.support import make_context


@pytest.mark.parametrize("language", ["", "xx", "e" * 10_000_000, 'en"\r\n\r\nwhisper'])
async def test_a_language_that_is_none_reaches_no_transcriber(language):
    with pytest.raises(LanguageNotSupported):
        await analyse_speech(make_context(), b"RIFF", language)
