"""kill -9 between any two steps of a level test, and in the middle of them: the learner goes on as if nothing was."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runtime.server import Runtime
from runtime.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.worker.people import Person, Town

BASE = "/api/v1/level-test"
RECORDING = Path(__file__).parents[1] / "data" / "audio" / "walk.wav"
TEXT = "Last summer I travelled to Spain with my friend, because we wanted to learn more about the country."


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A server to kill, which answers one person as often as asked."""
    limits = {"RATE_LIMITS": json.dumps({"api": "100000/60"})}
    state = tmp_path_factory.mktemp("state")
    with Speech() as speech, Runtime(state=state, vars=speech.variables | limits) as server:
        yield server


class Test:
    """A level test taken by someone who insists: what is not answered is sent again, always the same."""

    __test__ = False

    def __init__(self, person: Person, runtime: Runtime) -> None:
        self.person = person
        self.runtime = runtime
        started = person.http.post(f"{BASE}/start", json={"language": "en"})
        assert started.status_code == 201, started.text
        self.id: str = started.json()["testId"]
        self.question: dict[str, Any] | None = started.json()["question"]
        self.replies: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def answer(self, *, cut: bool = False) -> None:
        """Answer the pending question; ``cut`` kills the server while it is at it."""
        question = self.question
        assert question
        if not cut:
            reply = self.send(question)
        else:
            replies: list[dict[str, Any]] = []
            sending = threading.Thread(target=lambda: replies.append(self.insist(question)))
            sending.start()
            self.power_cut()
            sending.join()
            (reply,) = replies
        self.replies.append((question, reply))
        self.question = reply["next"]

    def send(self, question: dict[str, Any]) -> dict[str, Any]:
        fields = {"testId": self.id, "questionId": question["id"]}
        if question["kind"] == "speech":
            files = {"audio": ("walk.wav", RECORDING.read_bytes())}
            answer = self.person.http.post(f"{BASE}/analyze-speech", data=fields, files=files)
        else:
            given = question["choices"][0]["id"] if question["kind"] == "choice" else TEXT
            answer = self.person.http.post(f"{BASE}/submit-answer", json={**fields, "answer": given})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def insist(self, question: dict[str, Any]) -> dict[str, Any]:
        while True:
            try:
                return self.send(question)
            except (httpx.TransportError, AssertionError):
                continue

    def power_cut(self) -> None:
        self.runtime.kill()
        self.runtime.start()

    def check(self) -> None:
        """Everything that was accepted is there, once, and the test waits for what it asked last."""
        state = self.person.http.get(f"{BASE}/{self.id}").json()
        assert state["question"] == self.question
        assert state["progress"]["answered"] == len(self.replies)
        for number, (question, _) in enumerate(self.replies, 1):
            kept = self.person.http.get(f"{BASE}/{self.id}/questions/{number}").json()
            assert kept == {"question": question, "answered": True}
        if self.replies:
            question, reply = self.replies[-1]
            assert self.send(question) == reply

    def until(self, reached: Callable[[dict[str, Any]], bool]) -> None:
        while self.question and not reached(self.question):
            self.answer()

    def result(self) -> dict[str, Any]:
        for _ in range(400):
            result = self.person.http.get(f"{BASE}/result", params={"testId": self.id}).json()
            if result["status"] == "complete":
                return result
        raise AssertionError("the report was never written")


def told(person: Person) -> tuple[int, int, int]:
    """How often the test is in the list, in the notifications, and in the statistics."""
    listed = person.http.get(f"{BASE}/history").json()["items"]
    notified = person.http.get("/api/v1/notifications").json()["items"]
    studied = person.http.get("/api/v1/users/history").json()["items"]
    return (
        len(listed),
        sum(each["kind"] == "level_test_complete" for each in notified),
        sum(each["kind"] == "level_test" for each in studied),
    )


def test_a_level_test_survives_kill_9_between_any_two_steps(town: Town, runtime: Runtime) -> None:
    test = Test(town.register(), runtime)
    test.power_cut()  # after the start
    test.check()
    test.answer()
    test.power_cut()  # after an answer
    test.check()
    for kind in ("text", "speech"):
        test.until(lambda question, kind=kind: question["kind"] == kind)
        test.power_cut()  # before the first task of a kind
        test.check()
        test.answer()
        test.power_cut()  # between its two tasks
        test.check()
        test.answer()
    assert test.question is None
    test.power_cut()  # before, in, or after the scoring
    assert set(test.result()["skills"]) == {"speaking", "listening", "reading", "writing"}
    before = test.result()
    test.power_cut()  # after the report
    test.check()
    assert test.result() == before
    assert told(test.person) == (1, 1, 1)


def test_a_level_test_survives_kill_9_in_the_middle_of_its_steps(town: Town, runtime: Runtime) -> None:
    test = Test(town.register(), runtime)
    for kind in ("choice", "text", "speech"):
        test.until(lambda question, kind=kind: question["kind"] == kind)
        test.answer(cut=True)
        test.check()
    test.until(lambda _: False)
    test.result()
    assert told(test.person) == (1, 1, 1)
