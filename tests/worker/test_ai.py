"""The AI helpers over real HTTP: a Worker whose models are a server on this machine, and one without any."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from runtime.server import Runtime
from tests.unit.support_http import Answer, Upstream, answer
from tests.worker.people import Person, Town

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "llama3.1:8b"


def says(value: Any) -> Answer:
    return answer({"choices": [{"message": {"content": json.dumps(value)}}]})


def streamed(*pieces: str) -> Answer:
    lines = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in pieces]
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    return Answer(200, body.encode(), {"content-type": "text/event-stream"})


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(says({})) as server:
        yield server


@pytest.fixture(scope="module")
def learner(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody signed in where a language model is configured."""
    configured = {"AI_BASE_URL": upstream.url, "AI_API_KEY": "sk-chat", "AI_CHAT_MODEL": MODEL}
    with Runtime(state=tmp_path_factory.mktemp("ai"), vars=configured) as server:
        town = Town(server.url)
        yield town.register()
        town.close()


@pytest.fixture
def script(upstream: Upstream) -> Any:
    """Tell the model what to say next; forgets what it was asked before."""

    def tell(*answers: Answer) -> Upstream:
        upstream.script.clear()
        upstream.script.extend(answers)
        upstream.asked.clear()
        return upstream

    return tell


class TestWithAModel:
    def test_a_translation_is_made_once_and_then_remembered(self, learner: Person, script: Any) -> None:
        upstream = script(says({"translation": "안녕하세요"}))
        for _ in range(2):
            told = learner.http.post("/api/v1/ai/translate", json={"text": "Hello there", "target": "ko"})
            assert told.status_code == 200, told.text
            assert told.json() == {
                "translation": "안녕하세요", "source": "en", "target": "ko", "provider": f"openai:{MODEL}",
            }  # fmt: skip
        assert len(upstream.asked) == 1
        assert upstream.asked[0].headers["authorization"] == "Bearer sk-chat"

    def test_a_failure_that_passes_is_not_seen(self, learner: Person, script: Any) -> None:
        upstream = script(Answer(reset=True), says({"topics": [{"title": "Trains", "questions": ["Why?"]}]}))
        told = learner.http.post("/api/v1/ai/suggest-topics", json={"interests": ["trains"]})
        assert told.json()["topics"] == [{"title": "Trains", "questions": ["Why?"]}]
        assert len(upstream.asked) == 2

    def test_a_look_back_in_camel_case(self, learner: Person, script: Any) -> None:
        script(says({"summary": "Short.", "remarks": [], "vocabulary": [], "nextTopics": ["Plans"]}))
        talk = [{"speaker": "Mina", "text": "Hi!"}, {"speaker": "Jun", "text": "Hello, how are you?"}]
        told = learner.http.post("/api/v1/ai/analyze-conversation", json={"messages": talk}).json()
        assert told["nextTopics"] == ["Plans"]
        assert [person["speaker"] for person in told["participants"]] == ["Mina", "Jun"]

    def test_what_the_provider_says_when_it_refuses_stays_here(self, learner: Person, script: Any) -> None:
        script(answer({"error": {"message": "sk-chat is not valid", "code": "invalid_api_key"}}, 401))
        told = learner.http.post("/api/v1/ai/translate", json={"text": "Goodbye", "target": "ko"})
        assert (told.status_code, told.json()["code"]) == (503, "ai_unavailable")
        assert told.headers["retry-after"] == "30"
        assert "sk-chat" not in told.text


class TestStreaming:
    BODY: ClassVar = {"text": "Hello there", "target": "ko"}

    def test_pieces_arrive_as_events(self, learner: Person, script: Any) -> None:
        script(streamed("안녕", "하세요"))
        with learner.http.stream("POST", "/api/v1/ai/translate/stream", json=self.BODY) as told:
            assert told.status_code == 200
            assert told.headers["content-type"] == "text/event-stream"
            lines = [line for line in told.iter_lines() if line]
        assert lines[:4:2] == ["event: delta", "event: delta"]
        assert lines[1:4:2] == ['data: {"text": "안녕"}', 'data: {"text": "하세요"}']
        assert lines[4] == "event: done"

    def test_a_reader_who_leaves_breaks_nothing(self, learner: Person, script: Any) -> None:
        script(streamed(*["word "] * 5000))
        with learner.http.stream("POST", "/api/v1/ai/translate/stream", json=self.BODY) as told:
            next(told.iter_bytes())
        script(streamed("안녕"))
        told = learner.http.post("/api/v1/ai/translate/stream", json=self.BODY)
        assert told.text.count("event: delta") == 1

    def test_what_does_not_begin_is_a_problem(self, learner: Person, script: Any) -> None:
        script(answer({"error": {"code": "invalid_api_key"}}, 401))
        told = learner.http.post("/api/v1/ai/translate/stream", json=self.BODY)
        assert (told.status_code, told.json()["code"]) == (503, "ai_unavailable")


class TestWithoutAModel:
    def test_corrections_come_from_rules(self, town: Town) -> None:
        body = {"text": "Yesterday I go to the libary.", "locale": "ko"}
        told = town.register().http.post("/api/v1/ai/correct-grammar", json=body)
        assert told.status_code == 200
        assert told.json()["text"] == "Yesterday I went to the library."
        assert told.json()["provider"] == "rules"
        assert told.headers["ratelimit"].startswith('"ai"')

    def test_topics_come_from_the_catalogue(self, town: Town) -> None:
        told = town.register().http.post("/api/v1/ai/suggest-topics", json={"language": "ko", "count": 3})
        assert (len(told.json()["topics"]), told.json()["provider"]) == (3, "catalogue")

    def test_the_rest_is_honestly_unavailable(self, town: Town) -> None:
        told = town.register().http.post("/api/v1/ai/translate", json={"text": "Hello", "target": "ko"})
        assert (told.status_code, told.json()["code"]) == (503, "ai_unavailable")
        assert told.headers["retry-after"] == "3600"

    @pytest.mark.parametrize(
        "path", ["correct-grammar", "translate", "translate/stream", "suggest-topics", "analyze-conversation"]
    )
    def test_nobody_is_served_unknown(self, town: Town, path: str) -> None:
        assert town.visitor().post(f"/api/v1/ai/{path}", json={}).status_code == 401
