"""Servers that speak OpenAI's API, well and badly, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from services.ai import AiUnavailable, Message, TimedWord, completer, transcriber
from services.audio import Audio, AudioFormatUnsupported
from services.context import Context
from services.multipart import parse_multipart
from tests.unit.support import Counters
from tests.unit.support_http import Answer, Upstream, answer

Build = Callable[..., Context]

HELLO = [Message("user", "Hello")]
SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
SAID = answer(
    {
        "choices": [{"message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3},
    }
)
WORDS = [{"word": "we", "start": 0.1, "end": 0.3}, {"word": "walked", "start": 0.3, "end": 0.8}]
HEARD = answer({"task": "transcribe", "duration": 2.8, "text": "we walked", "words": WORDS})


def logged(context: Context) -> str:
    assert isinstance(context.log, Counters)
    return json.dumps(context.log.events)


def metrics(context: Context) -> str:
    return context.metrics.render()


class TestTranscription:
    async def test_words_with_times(self, over_http: Build, speech: Audio) -> None:
        with Upstream(HEARD) as upstream:
            context = over_http(upstream)
            transcript = await transcriber(context).transcribe(context, speech, "en-GB")
        assert transcript.text == "we walked"
        assert transcript.words == (TimedWord("we", 0.1, 0.3), TimedWord("walked", 0.3, 0.8))
        assert transcript.duration_seconds == 2.8
        assert transcript.provider == "openai:whisper-1"
        assert "studymate_ai_audio_seconds openai:whisper-1 1" in metrics(context)

    async def test_the_request_is_what_the_api_asks_for(self, over_http: Build, speech: Audio) -> None:
        with Upstream(HEARD) as upstream:
            context = over_http(upstream)
            await transcriber(context).transcribe(context, speech, "en-GB")
        (asked,) = upstream.asked
        parts = parse_multipart(asked.headers["content-type"], asked.body)
        assert asked.path == "/v1/audio/transcriptions"
        assert asked.headers["authorization"] == "Bearer sk-chat"
        assert [(part.name, part.data) for part in parts if part.filename is None] == [
            ("model", b"whisper-1"),
            ("language", b"en"),
            ("response_format", b"verbose_json"),
            ("timestamp_granularities[]", b"word"),
            ("timestamp_granularities[]", b"segment"),
        ]
        assert parts[-1].filename == "recording.wav"
        assert parts[-1].content_type == "audio/wav"
        assert parts[-1].data == speech.body

    async def test_words_within_segments(self, over_http: Build, speech: Audio) -> None:
        segments = [{"start": 0, "end": 1, "words": WORDS}, {"start": 1, "end": 2, "words": None}]
        with Upstream(answer({"text": "we walked", "segments": segments})) as upstream:
            context = over_http(upstream)
            transcript = await transcriber(context).transcribe(context, speech, "en")
        assert [word.word for word in transcript.words] == ["we", "walked"]
        assert transcript.duration_seconds == speech.duration_seconds

    async def test_a_server_without_times_gives_the_text_alone(self, over_http: Build, speech: Audio) -> None:
        with Upstream(answer({"text": "we walked"})) as upstream:
            context = over_http(upstream)
            transcript = await transcriber(context).transcribe(context, speech, "en")
        assert (transcript.text, transcript.words) == ("we walked", ())

    async def test_a_server_that_refuses_to_give_times_is_asked_without_and_remembered(
        self, over_http: Build, speech: Audio
    ) -> None:
        refused = answer({"error": {"code": "unsupported_value", "param": "response_format"}}, 400)
        with Upstream(refused, answer({"text": "we walked"})) as upstream:
            context = over_http(upstream)
            for _ in range(2):
                transcript = await transcriber(context).transcribe(context, speech, "en")
                assert (transcript.text, transcript.words) == ("we walked", ())
        assert [b"verbose_json" in asked.body for asked in upstream.asked] == [True, False, False]

    async def test_what_it_cannot_decode_is_the_recordings_fault(
        self, over_http: Build, speech: Audio
    ) -> None:
        told = answer({"error": {"message": "no", "code": "unsupported_format"}}, 415)
        with Upstream(told) as upstream:
            context = over_http(upstream)
            with pytest.raises(AudioFormatUnsupported, match="cannot decode wav"):
                await transcriber(context).transcribe(context, speech, "en")

    async def test_a_language_that_it_does_not_know_is_not(self, over_http: Build, speech: Audio) -> None:
        told = answer({"error": {"message": "no", "code": "unsupported_language"}}, 400)
        with Upstream(told) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable):
                await transcriber(context).transcribe(context, speech, "ko")

    @pytest.mark.parametrize(
        "words",
        [
            [{"word": "we", "start": 0.3, "end": 0.1}],
            [{"word": "we", "start": -1, "end": 0.1}],
            [{"word": "we", "start": 0, "end": 1e9}],
            [{"word": "we", "start": "soon", "end": "later"}],
            [{"word": "we" * 100, "start": 0, "end": 1}],
            [{"word": "we", "start": 0, "end": 1}] * 3001,
            "we walked",
        ],
    )
    async def test_words_that_cannot_be_are_not_believed(
        self, over_http: Build, speech: Audio, words: object
    ) -> None:
        with Upstream(answer({"text": "we", "duration": 2.8, "words": words})) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable):
                await transcriber(context).transcribe(context, speech, "en")

    async def test_an_own_server_for_speech_gets_its_own_key(self, over_http: Build, speech: Audio) -> None:
        with Upstream(HEARD) as upstream:
            context = over_http(
                upstream, AI_BASE_URL="http://chat.test/v1", AI_TRANSCRIBE_BASE_URL=upstream.url
            )
            await transcriber(context).transcribe(context, speech, "en")
        assert "authorization" not in upstream.asked[0].headers


class TestCompletion:
    async def test_the_answer_and_what_it_cost(self, over_http: Build) -> None:
        with Upstream(SAID) as upstream:
            context = over_http(upstream)
            said = await completer(context).complete(context, HELLO, max_tokens=50, temperature=0.5)
        (asked,) = upstream.asked
        assert said == "Hi."
        assert asked.path == "/v1/chat/completions"
        assert asked.json == {
            "model": "llama3.1:8b",
            "messages": [{"role": "user", "content": "Hello"}],
            "max_tokens": 50,
            "temperature": 0.5,
        }
        assert "studymate_ai_tokens openai:llama3.1:8b read 1" in metrics(context)

    async def test_a_schema_is_asked_for_as_such(self, over_http: Build) -> None:
        with Upstream(SAID) as upstream:
            context = over_http(upstream)
            await completer(context).complete(context, HELLO, schema=SCHEMA)
        assert upstream.asked[0].json["response_format"] == {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        }

    async def test_a_server_that_knows_no_schema_is_asked_for_an_object_and_remembered(
        self, over_http: Build
    ) -> None:
        refused = answer({"error": {"code": "invalid_value"}}, 400)
        with Upstream(refused, SAID) as upstream:
            context = over_http(upstream)
            for _ in range(2):
                assert await completer(context).complete(context, HELLO, schema=SCHEMA) == "Hi."
        formats = [asked.json["response_format"]["type"] for asked in upstream.asked]
        assert formats == ["json_schema", "json_object", "json_object"]

    async def test_a_server_that_refuses_whatever_is_asked(self, over_http: Build) -> None:
        with Upstream(answer({"error": {"code": "model_not_found"}}, 400)) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable):
                await completer(context).complete(context, HELLO, schema=SCHEMA)
        assert len(upstream.asked) == 3
        assert "model_not_found" in logged(context)

    @pytest.mark.parametrize("bad", [answer({}, 500), answer({}, 503), answer({}, 408), Answer(reset=True)])
    async def test_a_passing_failure_is_not_seen(self, over_http: Build, bad: Answer) -> None:
        with Upstream(bad, SAID) as upstream:
            context = over_http(upstream)
            assert await completer(context).complete(context, HELLO) == "Hi."
        assert len(upstream.asked) == 2

    @pytest.mark.parametrize(
        "bad",
        [
            Answer(body=b"<html>Welcome</html>"),
            Answer(body=b""),
            Answer(body=b"\xff\xfe\x00"),
            Answer(body=b"[" * 100_000),
            answer([]),
            answer({"choices": []}),
            answer({"choices": [{"message": {"content": None}}]}),
            answer({"choices": [{"message": {"content": ["Hi"]}}]}),
            answer({"choices": [{"message": {"content": "x" * 40_000}}]}),
            answer({"choices": "Hi"}),
        ],
    )
    async def test_nonsense_is_unavailability(self, over_http: Build, bad: Answer) -> None:
        with Upstream(bad) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable):
                await completer(context).complete(context, HELLO)
        assert len(upstream.asked) == 1

    async def test_an_endless_answer_is_given_up(self, over_http: Build) -> None:
        with Upstream(Answer(body=b" " * (3 << 20)), SAID) as upstream:
            context = over_http(upstream)
            assert await completer(context).complete(context, HELLO) == "Hi."

    async def test_a_silent_server_costs_no_more_than_the_deadline(self, over_http: Build) -> None:
        with Upstream(Answer(hang=True)) as upstream:
            context = over_http(upstream, AI_TIMEOUT_SECONDS="0.1")
            with pytest.raises(AiUnavailable):
                await completer(context).complete(context, HELLO)

    async def test_nothing_listens(self, over_http: Build) -> None:
        with Upstream(SAID) as upstream:
            context = over_http(upstream)
        with pytest.raises(AiUnavailable) as caught:
            await completer(context).complete(context, HELLO)
        assert (caught.value.status, caught.value.code) == (503, "ai_unavailable")
        assert caught.value.retry_after == 30

    async def test_the_time_that_an_overloaded_server_asks_for_is_passed_on(self, over_http: Build) -> None:
        with Upstream(answer({"error": {"type": "rate_limit"}}, 429, retry_after="7")) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable) as caught:
                await completer(context).complete(context, HELLO)
        assert caught.value.retry_after == 7
        assert len(upstream.asked) == 1

    async def test_neither_key_nor_text_reaches_the_log(self, over_http: Build) -> None:
        told = {"error": {"code": "invalid_api_key", "message": "sk-chat may not say: Hello"}}
        with Upstream(answer(told, 401)) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable):
                await completer(context).complete(context, HELLO)
        assert "401 invalid_api_key" in logged(context)
        assert "sk-chat" not in logged(context)
        assert "Hello" not in logged(context)
