"""Translations, remembered for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.ai.cache import cached
from services.ai.choice import translator
from services.ai.contracts import AiUnavailable
from services.ai.tutor.models import Translation
from services.ai.tutor.naming import guess_language
from services.problems import Unprocessable

if TYPE_CHECKING:
    from services.ai.tutor.models import Translate
    from services.context import Context


class SameLanguage(Unprocessable):
    """The text is in the target language already."""

    code = "same_language"
    title = "The text is already in that language."


async def translate(context: Context, request: Translate) -> Translation:
    """The text in the target language; raises ``AiUnavailable`` and ``SameLanguage``."""
    source, target = request.source or guess_language(request.text), request.target
    if source.partition("-")[0] == target.partition("-")[0]:
        raise SameLanguage
    chosen = translator(context)
    question = {"provider": chosen.name, "source": source, "target": target, "text": request.text}
    found = await cached(
        context,
        "translate",
        question,
        lambda: chosen.translate(context, request.text, source, target),
    )
    if found is None:
        raise AiUnavailable
    return Translation(translation=found, source=source, target=target, provider=chosen.name)
