"""Which provider an environment's settings choose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.ai import AiUnavailable, completer, transcriber, translator
from tests.unit.support import make_context
from tests.unit.support_http import HttpxHttp, RestInference

PLATFORM = RestInference(HttpxHttp(), "http://platform.test")
SERVER = {"AI_BASE_URL": "http://models.test/v1"}
WHISPER = "workers-ai:@cf/openai/whisper-large-v3-turbo"
LLAMA = "workers-ai:@cf/meta/llama-3.1-8b-instruct-fast"


@pytest.mark.parametrize(
    ("settings", "hears", "writes"),
    [
        ({}, WHISPER, LLAMA),
        (SERVER, WHISPER, LLAMA),
        (SERVER | {"AI_CHAT_MODEL": "qwen3"}, WHISPER, "openai:qwen3"),
        (SERVER | {"AI_TRANSCRIBE_MODEL": "whisper-1"}, "openai:whisper-1", LLAMA),
        ({"AI_TRANSCRIBE_BASE_URL": "http://speech.test/v1"}, "openai:whisper-1", LLAMA),
        ({"AI_CHAT_MODEL": "@cf/other/model"}, WHISPER, "workers-ai:@cf/other/model"),
    ],
)
def test_a_named_model_of_a_server_wins_over_the_platform(
    settings: dict[str, str], hears: str, writes: str
) -> None:
    context = replace(make_context(**settings), ai=PLATFORM)
    assert transcriber(context).name == hears
    assert completer(context).name == writes


@pytest.mark.parametrize("choose", [transcriber, completer, translator])
def test_where_nothing_is_configured_it_is_said(choose: object) -> None:
    assert callable(choose)
    with pytest.raises(AiUnavailable) as caught:
        choose(make_context())
    assert (caught.value.status, caught.value.code) == (503, "ai_unavailable")
    assert caught.value.retry_after == 3600


def test_speech_alone_is_no_language_model() -> None:
    context = make_context(AI_TRANSCRIBE_BASE_URL="http://127.0.0.1:1/v1", AI_TRANSCRIBE_MODEL="pocketsphinx")
    assert transcriber(context).name == "openai:pocketsphinx"
    with pytest.raises(AiUnavailable):
        completer(context)
