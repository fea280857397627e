"""Completions and translations that come piece by piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from services.ai import AiUnavailable, Message, completer
from services.ai.tutor.models import Translate
from services.ai.tutor.translation import SameLanguage, translate_live
from tests.unit.support import make_context
from tests.unit.support_http import Answer, Upstream, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.context import Context

    Build = Callable[..., Context]

HELLO = [Message("user", "Hello")]
PIECES = ["안녕", "하세요", ", ", "반가워요!"]
EVENT_STREAM = {"content-type": "text/event-stream"}


def events(*values: Any, cut: bool = False) -> Answer:
    lines = [f"data: {value if isinstance(value, str) else json.dumps(value)}\r\n\r\n" for value in values]
    return Answer(200, b": begins\r\n\r\n" + "".join(lines).encode(), EVENT_STREAM, cut=cut)


def deltas(*pieces: str) -> list[Any]:
    return [{"choices": [{"delta": {"role": "assistant"}}]}] + [
        {"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces
    ]


SPOKEN = events(
    *deltas(*PIECES), {"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"choices": []}, "[DONE]"
)


class TestCompletion:
    async def test_pieces_in_openais_dialect(self, over_http: Build) -> None:
        with Upstream(SPOKEN) as upstream:
            context = over_http(upstream)
            pieces = [piece async for piece in await completer(context).stream(context, HELLO)]
        assert pieces == PIECES
        assert upstream.asked[0].json["stream"] is True
        assert upstream.asked[0].headers["authorization"] == "Bearer sk-chat"

    async def test_pieces_of_the_platforms_models(self, on_platform: Build) -> None:
        spoken = events(*({"response": piece} for piece in PIECES), {"response": ""}, "[DONE]")
        with Upstream(spoken) as upstream:
            context = on_platform(upstream)
            pieces = [piece async for piece in await completer(context).stream(context, HELLO)]
        assert pieces == PIECES

    async def test_until_the_first_piece_a_failure_may_pass(self, over_http: Build) -> None:
        with Upstream(answer({}, 502), SPOKEN) as upstream:
            context = over_http(upstream)
            pieces = [piece async for piece in await completer(context).stream(context, HELLO)]
        assert (pieces, len(upstream.asked)) == (PIECES, 2)

    @pytest.mark.parametrize(
        "bad",
        [
            answer({"error": {"code": "invalid_api_key"}}, 401),
            events("[DONE]"),
            events("no JSON"),
            events({"choices": "x"}),
            Answer(200, b"data: " + b"x" * 100_000),
            Answer(204),
        ],
    )
    async def test_what_does_not_begin_is_unavailable(self, over_http: Build, bad: Answer) -> None:
        with Upstream(bad) as upstream:
            context = over_http(upstream)
            with pytest.raises(AiUnavailable):
                await completer(context).stream(context, HELLO)
        assert len(upstream.asked) == 1

    @pytest.mark.parametrize(
        "bad",
        [
            events(*deltas("안녕"), cut=True),
            events(*deltas("안녕"), "no JSON"),
            events(*deltas("안녕", "x" * 30_000)),
        ],
    )
    async def test_what_breaks_off_says_so(self, over_http: Build, bad: Answer) -> None:
        with Upstream(bad) as upstream:
            context = over_http(upstream)
            pieces = await completer(context).stream(context, HELLO)
            assert await anext(pieces) == "안녕"
            with pytest.raises(AiUnavailable, match="broke off"):
                await anext(pieces)


class TestTranslation:
    async def test_as_server_sent_events(self, over_http: Build) -> None:
        with Upstream(SPOKEN) as upstream:
            stream = await translate_live(over_http(upstream), Translate(text="Hello!", target="ko"))
            told = "".join([event async for event in stream])
        named = [event.split("\n") for event in told.split("\n\n") if event]
        assert [name for name, _ in named] == [*["event: delta"] * 4, "event: done"]
        texts = [json.loads(data.removeprefix("data: ")) for _, data in named]
        assert "".join(text["text"] for text in texts[:4]) == "안녕하세요, 반가워요!"
        assert texts[4] == {"source": "en", "target": "ko", "provider": "openai:llama3.1:8b"}

    async def test_breaking_off_is_an_event(self, over_http: Build) -> None:
        with Upstream(events(*deltas("안녕"), cut=True)) as upstream:
            stream = await translate_live(over_http(upstream), Translate(text="Hello!", target="ko"))
            told = [event async for event in stream]
        assert len(told) == 2
        assert told[1].startswith('event: problem\ndata: {"code": "ai_unavailable"')

    async def test_before_the_first_piece_it_is_an_answer(self) -> None:
        with pytest.raises(AiUnavailable):
            await translate_live(make_context(), Translate(text="Hello!", target="ko"))
        with pytest.raises(SameLanguage):
            await translate_live(make_context(), Translate(text="Hello!", target="en"))
