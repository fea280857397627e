"""Any server that speaks OpenAI's API: Ollama, vLLM, Clova Studio, our own for speech (runtime/speech.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.ai import answers
from services.ai.guard import Garbled, Guard, Patience, Refused, accepted, guard_of
from services.ai.usage import count_sound, count_tokens
from services.audio.problems import AudioFormatUnsupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.ai.contracts import Message, Transcript
    from services.audio import Audio
    from services.context import Context

MAX_ANSWER = 2 * 1024 * 1024
"""Bytes; five minutes of speech with word times are some hundred thousand."""
UNDECODABLE = (400, 415, 422)
"""How servers refuse audio that they cannot read."""

_plainer: dict[tuple[str, str], int] = {}
"""How many response formats a server's model has refused so far; the isolate need not ask for them again."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server, with its key if it wants one and the name of the model to use."""

    base_url: str
    key: str = field(repr=False)
    model: str

    @property
    def name(self) -> str:
        """How results and metrics call it."""
        return f"openai:{self.model}"

    @property
    def guard(self) -> Guard:
        """What stands around it."""
        return guard_of(self.name, self.base_url)

    async def post(self, context: Context, path: str, content: tuple[bytes, str], seconds: float) -> bytes:
        """One attempt; raises ``ProviderError`` or ``UpstreamError``."""
        body, content_type = content
        headers = {"content-type": content_type, "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        url = self.base_url.rstrip("/") + path
        reply = await context.http.fetch(
            "POST", url, headers=headers, body=body, timeout=seconds, max_bytes=MAX_ANSWER
        )
        return accepted(reply).body


class OpenAiTranscriber:
    """``POST /audio/transcriptions`` with word times."""

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self._server = server

    async def transcribe(self, context: Context, audio: Audio, language: str) -> Transcript:
        """The words of a recording."""
        patience = patience_for(audio)

        async def attempt(seconds: float) -> Transcript:
            form = _form(context, audio, language, self._server.model)
            try:
                answer = await self._server.post(context, "/audio/transcriptions", form, seconds)
            except Refused as refusal:
                if refusal.status not in UNDECODABLE or "language" in str(refusal):
                    raise
                raise AudioFormatUnsupported(
                    f"The transcriber at hand cannot decode {audio.format} ({audio.codec}). Send WAV (PCM)."
                ) from refusal
            return answers.parsed(answers.Heard, answer).transcript(audio, self.name)

        transcript = await self._server.guard.call(context, "transcribe", patience, attempt)
        count_sound(context, self.name, transcript.duration_seconds)
        return transcript


def patience_for(audio: Audio) -> Patience:
    """Recognisers take some seconds to start and, on a laptop, up to as long as the recording lasts."""
    attempt = 20 + audio.duration_seconds
    return Patience(attempt, attempt * 1.25)


def _form(context: Context, audio: Audio, language: str, model: str) -> tuple[bytes, str]:
    """The recording and its parameters as ``multipart/form-data`` (RFC 7578), with the media type."""
    boundary = context.random.token(24)
    fields = (
        ("model", model),
        ("language", language.partition("-")[0]),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
    )
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{audio.file_name}"\r\n'
        f"Content-Type: {audio.content_type}\r\n\r\n"
    )
    body = b"".join(((head + file).encode(), audio.body, f"\r\n--{boundary}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={boundary}"


class OpenAiCompleter:
    """``POST /chat/completions``."""

    def __init__(self, server: Server, patience: Patience) -> None:
        self.name = server.name
        self._server = server
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
        """The model's answer; a server that knows no JSON Schema is asked for any JSON, then for text."""
        request = {
            "model": self._server.model,
            "messages": [message._asdict() for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
        }

        async def attempt(seconds: float) -> tuple[str, answers.Usage]:
            completed = await self._ask(context, request, schema, seconds)
            return completed.text, completed.usage or answers.Usage()

        text, usage = await self._server.guard.call(context, "complete", self._patience, attempt)
        count_tokens(context, self.name, usage.prompt_tokens, usage.completion_tokens)
        return text

    async def _ask(
        self, context: Context, request: dict[str, Any], schema: Mapping[str, Any] | None, seconds: float
    ) -> answers.Completed:
        formats = _formats(schema)
        known = (self._server.base_url, self._server.model)
        for refused in range(min(_plainer.get(known, 0), len(formats) - 1), len(formats)):
            body = json.dumps(request | formats[refused]).encode()
            try:
                answer = await self._server.post(
                    context, "/chat/completions", (body, "application/json"), seconds
                )
            except Refused as refusal:
                if refusal.status not in UNDECODABLE or refused == len(formats) - 1:
                    raise
                continue
            if len(formats) > 1:
                _plainer[known] = refused
            return answers.parsed(answers.Completed, answer)
        raise Garbled("no response format is left")


def _formats(schema: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What to add to a request so that the answer is JSON, from the strictest to nothing."""
    if schema is None:
        return [{}]
    named = {"name": "answer", "strict": True, "schema": schema}
    return [
        {"response_format": {"type": "json_schema", "json_schema": named}},
        {"response_format": {"type": "json_object"}},
        {},
    ]
