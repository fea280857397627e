"""Workers AI: Whisper, Llama and M2M100 behind the platform's binding."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from services.ai import answers
from services.ai.contracts import AiUnavailable
from services.ai.guard import Patience, Refused, accepted, guard_of
from services.ai.openai import MAX_ANSWER, UNDECODABLE, patience_for
from services.ai.streams import begun
from services.ai.usage import count_sound, count_tokens
from services.audio.problems import AudioFormatUnsupported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from services.ai.contracts import Message, Transcript
    from services.audio import Audio
    from services.context import Context, Inference

WHISPER = "@cf/openai/whisper-large-v3-turbo"
LLAMA = "@cf/meta/llama-3.1-8b-instruct-fast"
"""The variant that stayed when the plain one was retired (May 2026)."""
M2M100 = "@cf/meta/m2m100-1.2b"

A = TypeVar("A", bound=BaseModel)


async def _run(context: Context, model: str, inputs: str, answer: type[A], seconds: float) -> A:
    reply = await _platform(context).run(model, inputs, timeout=seconds, max_bytes=MAX_ANSWER)
    return answers.parsed(answer, accepted(reply).body)


def _platform(context: Context) -> Inference:
    if context.ai is None:
        raise AiUnavailable
    return context.ai


class WorkersTranscriber:
    """Whisper."""

    def __init__(self, model: str) -> None:
        self.name = f"workers-ai:{model}"
        self._model = model

    async def transcribe(self, context: Context, audio: Audio, language: str) -> Transcript:
        """The words of a recording."""
        primary = language.partition("-")[0]
        inputs = json.dumps(
            {"task": "transcribe", "language": primary, "audio": b64encode(audio.body).decode()}
        )

        async def attempt(seconds: float) -> Transcript:
            try:
                heard = await _run(context, self._model, inputs, answers.Heard, seconds)
            except Refused as refusal:
                if refusal.status not in UNDECODABLE:
                    raise
                raise AudioFormatUnsupported(
                    f"The transcriber at hand cannot decode {audio.format} ({audio.codec})."
                ) from refusal
            return heard.transcript(audio, self.name)

        guard = guard_of(self.name, "binding")
        transcript = await guard.call(context, "transcribe", patience_for(audio), attempt)
        count_sound(context, self.name, transcript.duration_seconds)
        return transcript


class WorkersCompleter:
    """Llama, in JSON mode when a schema is given."""

    def __init__(self, model: str, patience: Patience) -> None:
        self.name = f"workers-ai:{model}"
        self._model = model
        self._patience = patience

    async def complete(
        self,
        context: Context,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 800,
        temperature: float = 0.2,
    ) -> str:
        """The model's answer."""
        request: dict[str, Any] = {
            "messages": [message._asdict() for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        if schema is not None:
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        inputs = json.dumps(request)

        async def attempt(seconds: float) -> tuple[str, answers.Usage]:
            completed = await _run(context, self._model, inputs, answers.Completed, seconds)
            return completed.text, completed.usage or answers.Usage()

        guard = guard_of(self.name, "binding")
        text, usage = await guard.call(context, "complete", self._patience, attempt)
        count_tokens(context, self.name, usage.prompt_tokens, usage.completion_tokens)
        return text

    async def stream(
        self,
        context: Context,
        messages: Sequence[Message],
        *,
        max_tokens: int = 800,
        temperature: float = 0.2,
    ) -> AsyncGenerator[str]:
        """The answer in pieces while it is made."""
        request = {
            "messages": [message._asdict() for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stream": True,
        }

        async def attempt(seconds: float) -> AsyncGenerator[str]:
            inputs = json.dumps(request)
            platform = _platform(context)
            return await begun(
                await platform.open(self._model, inputs, timeout=seconds, max_bytes=MAX_ANSWER)
            )

        return await guard_of(self.name, "binding").call(context, "stream", self._patience, attempt)


class WorkersTranslator:
    """M2M100, which is made for nothing else."""

    def __init__(self, patience: Patience) -> None:
        self.name = f"workers-ai:{M2M100}"
        self._patience = patience

    async def translate(self, context: Context, text: str, source: str, target: str) -> str:
        """The text in the target language."""
        languages = {"source_lang": source.partition("-")[0], "target_lang": target.partition("-")[0]}
        inputs = json.dumps({"text": text} | languages)

        async def attempt(seconds: float) -> str:
            translated = await _run(context, M2M100, inputs, answers.Translated, seconds)
            return translated.translated_text

        return await guard_of(self.name, "binding").call(context, "translate", self._patience, attempt)
