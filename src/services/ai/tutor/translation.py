"""Translations, remembered for a day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from services.ai.cache import cached
from services.ai.choice import completer, translator
from services.ai.contracts import AiUnavailable
from services.ai.prompting import prompt
from services.ai.tutor.models import Translation
from services.ai.tutor.naming import guess_language
from services.problems import Unprocessable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.ai.tutor.models import Translate
    from services.context import Context


class SameLanguage(Unprocessable):
    """The text is in the target language already."""

    code = "same_language"
    title = "The text is already in that language."


LIVE = """
You translate for language learners. Translate the value of "text" from the language "source" into the
language "target" (BCP 47 tags). Keep meaning, tone, line breaks, names and emoji. Answer with the translation
alone: no quotation marks, no explanation.
"""


async def translate(context: Context, request: Translate) -> Translation:
    """The text in the target language; raises ``AiUnavailable`` and ``SameLanguage``."""
    source, target = _direction(request)
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


async def translate_live(context: Context, request: Translate) -> AsyncGenerator[str]:
    """The translation as server-sent events while it is made: ``delta`` for each piece, then ``done``.

    Raises ``AiUnavailable`` and ``SameLanguage`` before the first; what fails later is an event ``problem``.
    """
    source, target = _direction(request)
    chosen = completer(context)
    messages = prompt(LIVE, {"source": source, "target": target, "text": request.text})
    tokens = min(200 + 2 * len(request.text), 4000)
    pieces = await chosen.stream(context, messages, max_tokens=tokens, temperature=0.0)
    return _events(pieces, {"source": source, "target": target, "provider": chosen.name})


async def _events(pieces: AsyncGenerator[str], about: dict[str, str]) -> AsyncGenerator[str]:
    try:
        async for piece in pieces:
            yield _event("delta", {"text": piece})
    except AiUnavailable as problem:
        yield _event("problem", {"code": problem.code, "title": problem.title})
    else:
        yield _event("done", about)
    finally:
        await pieces.aclose()


def _event(name: str, data: dict[str, str]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _direction(request: Translate) -> tuple[str, str]:
    source, target = request.source or guess_language(request.text), request.target
    if source.partition("-")[0] == target.partition("-")[0]:
        raise SameLanguage
    return source, target
