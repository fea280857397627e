"""Which provider does what, as the environment is configured.

A server that speaks OpenAI's API wins over the platform's models where it is configured. Nothing falls back
from one to the other while it runs: an operator who keeps learners' words on their own machine means it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.ai.contracts import AiUnavailable
from services.ai.guard import Patience
from services.ai.openai import OpenAiCompleter, OpenAiTranscriber, Server
from services.ai.translation import PromptedTranslator
from services.ai.workers import LLAMA, WHISPER, WorkersCompleter, WorkersTranscriber, WorkersTranslator

if TYPE_CHECKING:
    from services.ai.contracts import Completer, Transcriber, Translator
    from services.context import Config, Context

ATTEMPT_SECONDS = 20
SECOND_TRY = 1.5
"""All of a call may take this many times what one attempt may."""


def transcriber(context: Context) -> Transcriber:
    """Speech to text; raises ``AiUnavailable`` where there is none."""
    get = context.config.get
    model = get("AI_TRANSCRIBE_MODEL")
    if own := get("AI_TRANSCRIBE_BASE_URL"):
        return OpenAiTranscriber(Server(own, get("AI_TRANSCRIBE_API_KEY"), model or "whisper-1"))
    if model and (shared := get("AI_BASE_URL")):
        return OpenAiTranscriber(Server(shared, get("AI_API_KEY"), model))
    if context.ai:
        return WorkersTranscriber(model or WHISPER)
    raise AiUnavailable("Nothing here can transcribe speech.", retry_after=3600)


def completer(context: Context) -> Completer:
    """Text to text; raises ``AiUnavailable`` where there is none."""
    get = context.config.get
    model = get("AI_CHAT_MODEL")
    if model and (server := get("AI_BASE_URL")):
        return OpenAiCompleter(Server(server, get("AI_API_KEY"), model), _patience(context.config))
    if context.ai:
        return WorkersCompleter(model or LLAMA, _patience(context.config))
    raise AiUnavailable(retry_after=3600)


def translator(context: Context) -> Translator:
    """From one language into another; raises ``AiUnavailable`` where there is none."""
    chosen = completer(context)
    if isinstance(chosen, WorkersCompleter):
        return WorkersTranslator(_patience(context.config))
    return PromptedTranslator(chosen)


def _patience(config: Config) -> Patience:
    attempt = float(config.get("AI_TIMEOUT_SECONDS") or ATTEMPT_SECONDS)
    return Patience(attempt, attempt * SECOND_TRY)
