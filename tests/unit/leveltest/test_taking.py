"""What is refused before anything costly is done, and what an erasure must not miss."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from services.ai import AiUnavailable
from services.context import sql
from services.leveltest.attempt import TestOver as Over
from services.leveltest.features.language import LanguageNotSupported
from services.leveltest.taking import analyse_speech, erase_tests, submit_speech
from tests.unit.support import ROOT, Outside, make_context
from tests.unit.users.people import someone

if TYPE_CHECKING:
    from services.context import Context


@pytest.mark.parametrize("language", ["", "xx", "e" * 10_000_000, 'en"\r\n\r\nwhisper'])
async def test_a_language_that_is_none_reaches_no_transcriber(language):
    with pytest.raises(LanguageNotSupported):
        await analyse_speech(make_context(), b"RIFF", language)


@dataclass
class Tests:
    """The objects of tests; the first that is erased sees another test begin on the learner's other device."""

    context: Context
    learner: str
    erased: list[str] = field(default_factory=list)

    __test__ = False

    def get(self, namespace: str, name: str) -> Tests:
        assert namespace == "TEST_SESSION"
        self.erased.append(name)
        return self

    async def call(self, method: str, **arguments: Any) -> None:
        assert (method, arguments) == ("erase", {"user_id": self.learner})
        await begin(self.context, self.learner, "second")


async def begin(context: Context, learner: str, test_id: str) -> None:
    await context.db.run(
        sql(
            "INSERT OR IGNORE INTO level_tests (id, user_id, language, status, started_at)"
            " VALUES (?, ?, 'en', 'running', 0)",
            test_id, learner,
        )
    )  # fmt: skip


async def test_a_test_that_begins_while_others_are_erased_is_erased_by_the_next_pass():
    context = make_context()
    learner = await someone(context)
    objects = Tests(context, learner)
    context = replace(context, objects=objects)
    await begin(context, learner, "first")
    await erase_tests(context, learner)
    await erase_tests(context, learner)
    assert objects.erased == ["first", "second"]
    assert await context.db.first(sql("SELECT 1 FROM level_tests")) is None


class Ended:
    """A test that is over by the time the recording is understood."""

    def get(self, namespace: str, name: str) -> Ended:
        return self

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        if method == "answer":
            raise Over
        return {"kind": "speech", "prompt": "", "reply": None, "language": "en"}


def form() -> tuple[str, bytes]:
    """A recording for a question, with consent, and its content type."""
    fields = {"testId": b"t", "questionId": b"q", "consent": b"true"}
    fields["audio"] = (ROOT / "tests/data/audio/walk.wav").read_bytes()
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in fields.items()
    )
    return "multipart/form-data; boundary=x", body + b"--x--"


async def test_a_recording_that_the_test_refuses_is_not_kept():
    heard = {"text": "hello", "words": [{"word": "hello", "start": 0.1, "end": 0.5}], "duration": 1.0}
    outside = Outside({"http://ai.test/audio/transcriptions": lambda **_: (200, heard)})
    context = make_context(AI_TRANSCRIBE_BASE_URL="http://ai.test")
    context = replace(context, http=outside, objects=Ended())
    with pytest.raises(Over):
        await submit_speech(context, "mina", *form())
    assert outside.requests
    assert not context.media.objects


class Waiting:
    """A test that waits for speech, and remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def get(self, namespace: str, name: str) -> Waiting:
        return self

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        self.told.append(method)
        return {"kind": "speech", "prompt": "", "reply": None, "language": "en"}


async def test_without_a_transcriber_the_test_waits_and_the_learner_is_told_what_to_do():
    objects = Waiting()
    context = replace(make_context(), objects=objects)
    with pytest.raises(AiUnavailable, match="send it again later, or skip") as refused:
        await submit_speech(context, "mina", *form())
    assert (refused.value.status, refused.value.code) == (503, "ai_unavailable")
    assert refused.value.retry_after
    assert objects.told == ["known", "excuse"]
    assert not context.media.objects
