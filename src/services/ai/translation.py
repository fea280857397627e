"""Translation by a model that is made for conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from services.ai.contracts import AiUnavailable
from services.ai.structured import ask
from services.models import Model

if TYPE_CHECKING:
    from services.ai.contracts import Completer
    from services.context import Context

INSTRUCTIONS = """
You translate for language learners. Translate the value of "text" from the language "source" into the
language "target" (BCP 47 tags). Keep meaning, tone, line breaks, names and emoji.
Add nothing and explain nothing.
"""


class _Translation(Model):
    translation: Annotated[str, Field(min_length=1, max_length=12_000)]


class PromptedTranslator:
    """Translates by asking a ``Completer``."""

    def __init__(self, completer: Completer) -> None:
        self.name = completer.name
        self._completer = completer

    async def translate(self, context: Context, text: str, source: str, target: str) -> str:
        """The text in the target language."""
        material = {"source": source, "target": target, "text": text}
        tokens = 200 + 2 * len(text)
        found = await ask(
            context, self._completer, INSTRUCTIONS, material, _Translation, max_tokens=min(tokens, 4000)
        )
        if found is None:
            raise AiUnavailable("The language model did not give a usable translation.", retry_after=30)
        return found.translation
