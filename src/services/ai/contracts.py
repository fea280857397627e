"""What a provider of models promises, and the ways in which one fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from services.problems import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from services.audio import Audio
    from services.context import Context

Role = Literal["system", "user", "assistant"]


class AiUnavailable(Unavailable):
    """No model is configured for this, or the one that is does not answer."""

    code = "ai_unavailable"
    title = "No language model is available for this right now."


class Message(NamedTuple):
    """One turn of a conversation with a model."""

    role: Role
    content: str


class TimedWord(NamedTuple):
    """A word as heard; ``start`` and ``end`` are seconds from the beginning of the recording."""

    word: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. ``words`` is empty when the provider gives no times."""

    text: str
    words: tuple[TimedWord, ...]
    duration_seconds: float
    provider: str


class Transcriber(Protocol):
    """Speech to text."""

    name: str

    async def transcribe(self, context: Context, audio: Audio, language: str) -> Transcript:
        """The words of a recording in a BCP 47 language.

        Raises ``AiUnavailable``, and ``AudioFormatUnsupported`` when this provider cannot decode the format.
        """
        ...


class Completer(Protocol):
    """Text to text."""

    name: str

    async def complete(
        self,
        context: Context,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 800,
        temperature: float = 0.2,
    ) -> str:
        """The model's answer; with a JSON Schema, text that is meant to be such JSON (check it).

        Raises ``AiUnavailable``.
        """
        ...

    async def stream(
        self,
        context: Context,
        messages: Sequence[Message],
        *,
        max_tokens: int = 800,
        temperature: float = 0.2,
    ) -> AsyncGenerator[str]:
        """The answer in pieces while it is made, returned when the first one is there.

        Raises ``AiUnavailable``; so does the generator when the provider breaks off.
        """
        ...


class Translator(Protocol):
    """Text from one language into another."""

    name: str

    async def translate(self, context: Context, text: str, source: str, target: str) -> str:
        """The text in the target language (BCP 47 tags). Raises ``AiUnavailable``."""
        ...
