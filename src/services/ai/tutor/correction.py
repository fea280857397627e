"""Grammar corrections: by a model where there is one, otherwise by the level test's rules.

Either way the corrected text is made here, by putting each suggestion in the place of what it corrects: a
model can point at mistakes but cannot rewrite what somebody wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from services.ai.choice import completer
from services.ai.contracts import AiUnavailable
from services.ai.structured import Prose, ask
from services.ai.tutor.models import Corrected, Correction
from services.ai.tutor.naming import name_of
from services.models import Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.ai.tutor.models import CorrectGrammar
    from services.context import Context

RULES = "rules"
INSTRUCTIONS = """
You correct texts of people who learn {language}. Find the mistakes in the value of "text": grammar, spelling,
word choice that a native speaker would not understand. Leave style, names, slang and dialect alone.
List them in the order of the text. Each has a "quote" copied letter by letter, as short as possible, the
"suggestion" to put in its place, and a "comment" in {locale} that says why in one sentence. A text without
mistakes has an empty list.
"""


class _Mistake(Model):
    quote: Annotated[str, Field(min_length=1, max_length=300)]
    suggestion: Annotated[Prose, Field(max_length=300)]
    comment: Annotated[Prose, Field(min_length=1, max_length=400)]


class _Mistakes(Model):
    corrections: Annotated[list[_Mistake], Field(max_length=60)]


async def correct(context: Context, request: CorrectGrammar) -> Corrected:
    """The text corrected; raises ``AiUnavailable`` where neither a model nor rules know the language."""
    try:
        model = completer(context)
        material = {"text": request.text}
        instructions = INSTRUCTIONS.format(language=name_of(request.language), locale=name_of(request.locale))
        found = await ask(context, model, instructions, material, _Mistakes, max_tokens=2000)
    except AiUnavailable:
        return _by_rules(request)
    if found is None:
        return _by_rules(request)
    return _corrected(request.text, list(_placed(request.text, found.corrections)), model.name)


def _placed(text: str, mistakes: Sequence[_Mistake]) -> Iterator[Correction]:
    """The mistakes where their quotations are, in order; those that quote what nobody wrote are left out."""
    free = 0
    for mistake in mistakes:
        start = text.find(mistake.quote, free)
        if start >= 0 and mistake.suggestion != mistake.quote:
            free = start + len(mistake.quote)
            yield Correction(start=start, end=free, **mistake.model_dump(by_alias=False))


def _by_rules(request: CorrectGrammar) -> Corrected:
    from services.leveltest.features.extract import analyse  # noqa: PLC0415 - a lexicon is loaded with it
    from services.leveltest.features.feedback import catalogue  # noqa: PLC0415
    from services.leveltest.features.language import SUPPORTED, pack  # noqa: PLC0415
    from services.leveltest.features.spelling import correction  # noqa: PLC0415

    language = request.language.partition("-")[0]
    if language not in SUPPORTED:
        raise AiUnavailable(f"Nothing here can correct {name_of(language)}.", retry_after=3600)
    comments = catalogue(request.locale)["rules"]
    features = analyse(request.text, language=language)
    found = [
        Correction(start=e.start, end=e.end, quote=e.quote, suggestion=e.suggestion, comment=comments[e.rule])
        for e in features.errors
    ]
    for start, word in features.spelling:
        end = start + len(word)
        right = correction(word.lower(), pack(language))
        if right and not any(error.start < end and start < error.end for error in found):
            suggestion = right.capitalize() if word[0].isupper() else right
            found.append(
                Correction(
                    start=start, end=end, quote=word, suggestion=suggestion, comment=comments["spelling"]
                )
            )
    return _corrected(request.text, sorted(found, key=lambda correction: correction.start), RULES)


def _corrected(text: str, corrections: list[Correction], provider: str) -> Corrected:
    pieces: list[str] = []
    at = 0
    for correction in corrections:
        pieces += text[at : correction.start], correction.suggestion
        at = correction.end
    return Corrected(text="".join((*pieces, text[at:])), corrections=corrections, provider=provider)
