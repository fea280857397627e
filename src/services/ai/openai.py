"""Any server that speaks OpenAI's API: Ollama, vLLM, Clova Studio, our own for speech (runtime/speech.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from services.ai import answers
from services.ai.guard import Guard, Patience, Refused, accepted, guard_of
from services.ai.streams import begun
from services.ai.usage import count_sound, count_tokens
from services.audio.problems import AudioFormatUnsupported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from services.ai.contracts import Message, Transcript
    from services.audio import Audio
    from services.context import Context

MAX_ANSWER = 2 * 1024 * 1024
"""Bytes; five minutes of speech with word times are some hundred thousand."""
UNDECODABLE = (400, 415, 422)
"""How servers refuse audio that they cannot read."""

UNKNOWN_PARAMETER = (400, 422)

WITH_TIMES = (
    ("response_format", "verbose_json"),
    ("timestamp_granularities[]", "word"),
    ("timestamp_granularities[]", "segment"),
)
WITHOUT_TIMES = (("response_format", "json"),)

_plainer: dict[tuple[str, str, str], int] = {}
"""Which variant of a request a server's model took; the isolate need not ask for the ones before it again."""


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

    def url(self, path: str) -> str:
        """Where something of it is."""
        return self.base_url.rstrip("/") + path

    def headers(self, content_type: str) -> dict[str, str]:
        """The headers of a request with a body."""
        key = {"authorization": f"Bearer {self.key}"} if self.key else {}
        return {"content-type": content_type, "accept": "application/json"} | key

    async def post(self, context: Context, path: str, content: tuple[bytes, str], seconds: float) -> bytes:
        """One attempt; raises ``ProviderError`` or ``UpstreamError``."""
        body, content_type = content
        reply = await context.http.fetch(
            "POST",
            self.url(path),
            headers=self.headers(content_type),
            body=body,
            timeout=seconds,
            max_bytes=MAX_ANSWER,
        )
        return accepted(reply).body

    async def negotiate(
        self, context: Context, path: str, variants: Sequence[Callable[[], tuple[bytes, str]]], seconds: float
    ) -> bytes:
        """The answer to the first variant of a request that the server takes, within one attempt's time.

        Servers differ in the parameters that they know and refuse the rest; what one refuses is remembered.
        """
        asked = (self.base_url, self.model, path)
        deadline = context.clock.now() + seconds * 1000
        last = len(variants) - 1
        number = min(_plainer.get(asked, 0), last)
        while True:
            left = max(deadline - context.clock.now(), 1) / 1000
            try:
                answer = await self.post(context, path, variants[number](), left)
                break
            except Refused as refusal:
                if refusal.status not in UNKNOWN_PARAMETER or number == last:
                    raise
            number += 1
        if last:
            _plainer[asked] = number
        return answer


class OpenAiTranscriber:
    """``POST /audio/transcriptions`` with word times."""

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self._server = server

    async def transcribe(self, context: Context, audio: Audio, language: str) -> Transcript:
        """The words of a recording."""
        patience = patience_for(audio)
        form = partial(_form, context, audio, language, self._server.model)
        forms = [partial(form, timing) for timing in (WITH_TIMES, WITHOUT_TIMES)]

        async def attempt(seconds: float) -> Transcript:
            try:
                answer = await self._server.negotiate(context, "/audio/transcriptions", forms, seconds)
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


def _form(
    context: Context, audio: Audio, language: str, model: str, timing: tuple[tuple[str, str], ...]
) -> tuple[bytes, str]:
    """The recording and its parameters as ``multipart/form-data`` (RFC 7578), with the media type."""
    boundary = context.random.token(24)
    fields = (("model", model), ("language", language.partition("-")[0]), *timing)
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

        bodies = [partial(_json, request | wanted) for wanted in _formats(schema)]

        async def attempt(seconds: float) -> tuple[str, answers.Usage]:
            answer = await self._server.negotiate(context, "/chat/completions", bodies, seconds)
            completed = answers.parsed(answers.Completed, answer)
            return completed.text, completed.usage or answers.Usage()

        text, usage = await self._server.guard.call(context, "complete", self._patience, attempt)
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
            "model": self._server.model,
            "messages": [message._asdict() for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stream": True,
        }

        async def attempt(seconds: float) -> AsyncGenerator[str]:
            return await begun(
                await context.http.open(
                    "POST",
                    self._server.url("/chat/completions"),
                    headers=self._server.headers("application/json"),
                    body=json.dumps(request).encode(),
                    timeout=seconds,
                    max_bytes=MAX_ANSWER,
                )
            )

        return await self._server.guard.call(context, "stream", self._patience, attempt)


def _json(request: dict[str, Any]) -> tuple[bytes, str]:
    return json.dumps(request).encode(), "application/json"


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
