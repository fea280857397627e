"""The platform's own models, over their REST API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from services.ai import AiUnavailable, Message, TimedWord, completer, transcriber, translator
from services.audio import Audio, AudioFormatUnsupported
from services.context import Context
from tests.unit.support_http import Answer, Upstream, answer

Build = Callable[[Upstream], Context]

CAPACITY = answer({"internalCode": 3040, "description": "Capacity temporarily exceeded"}, 429)
WORDS = [{"word": " We", "start": 0.1, "end": 0.3}, {"word": " walked.", "start": 0.3, "end": 0.8}]
HEARD = answer(
    {
        "transcription_info": {"language": "en", "duration": 2.775},
        "text": " We walked.",
        "word_count": 2,
        "segments": [{"start": 0, "end": 2.7, "text": " We walked.", "words": WORDS}],
    }
)


async def test_whisper(on_platform: Build, speech: Audio) -> None:
    with Upstream(HEARD) as upstream:
        context = on_platform(upstream)
        transcript = await transcriber(context).transcribe(context, speech, "en-US")
    (asked,) = upstream.asked
    assert asked.path == "/v1/@cf/openai/whisper-large-v3-turbo"
    assert asked.json["language"] == "en"
    assert base64.b64decode(asked.json["audio"]) == speech.body
    assert transcript.text == "We walked."
    assert transcript.words == (TimedWord("We", 0.1, 0.3), TimedWord("walked.", 0.3, 0.8))
    assert transcript.duration_seconds == 2.775


async def test_whisper_cannot_decode(on_platform: Build, speech: Audio) -> None:
    with Upstream(answer({"errors": [{"code": 5004, "message": "Invalid data"}]}, 400)) as upstream:
        context = on_platform(upstream)
        with pytest.raises(AudioFormatUnsupported):
            await transcriber(context).transcribe(context, speech, "en")


async def test_llama(on_platform: Build) -> None:
    with Upstream(
        answer({"response": "Hi.", "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    ) as upstream:
        context = on_platform(upstream)
        assert await completer(context).complete(context, [Message("user", "Hello")]) == "Hi."
    (asked,) = upstream.asked
    assert asked.path == "/v1/@cf/meta/llama-3.1-8b-instruct-fast"
    assert asked.json["messages"] == [{"role": "user", "content": "Hello"}]
    assert "response_format" not in asked.json


@pytest.mark.parametrize("told", [{"response": {"ok": True}}, {"response": '{"ok": true}'}])
async def test_llama_in_json_mode(on_platform: Build, told: object) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    with Upstream(answer(told)) as upstream:
        context = on_platform(upstream)
        said = await completer(context).complete(context, [Message("user", "Hello")], schema=schema)
    assert json.loads(said) == {"ok": True}
    assert upstream.asked[0].json["response_format"] == {"type": "json_schema", "json_schema": schema}


async def test_models_that_answer_in_the_other_dialect(on_platform: Build) -> None:
    with Upstream(answer({"choices": [{"message": {"content": "Hi."}}]})) as upstream:
        context = on_platform(upstream)
        assert await completer(context).complete(context, [Message("user", "Hello")]) == "Hi."


async def test_translation_has_a_model_of_its_own(on_platform: Build) -> None:
    with Upstream(answer({"translated_text": "안녕하세요"})) as upstream:
        context = on_platform(upstream)
        assert await translator(context).translate(context, "Hello", "en-US", "ko-KR") == "안녕하세요"
    (asked,) = upstream.asked
    assert asked.path == "/v1/@cf/meta/m2m100-1.2b"
    assert asked.json == {"text": "Hello", "source_lang": "en", "target_lang": "ko"}


@pytest.mark.parametrize("bad", [CAPACITY, Answer(body=b"no"), answer({"response": ""}), answer({}, 403)])
async def test_failures(on_platform: Build, bad: Answer) -> None:
    with Upstream(bad) as upstream:
        context = on_platform(upstream)
        with pytest.raises(AiUnavailable):
            await completer(context).complete(context, [Message("user", "Hello")])
    assert len(upstream.asked) == 1
