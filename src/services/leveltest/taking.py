"""Taking the test: what the routes do, over the ``TestSession`` object of each test."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from services.ai import AiUnavailable, transcriber
from services.audio import read_audio
from services.context import sql
from services.leveltest import attempt as attempts
from services.leveltest.features.language import pack
from services.leveltest.features.speech import TimedWord, measure
from services.leveltest.models import (
    AnswerAccepted,
    AskedQuestion,
    SpeechAccepted,
    SpeechAnalysed,
    SpeechFigures,
    SpokenWord,
    TestResult,
    TestStarted,
    TestState,
    TestSummary,
)
from services.models import Page
from services.multipart import parse_multipart
from services.paging import decode_cursor, split
from services.problems import FieldError, Unprocessable

if TYPE_CHECKING:
    from services.context import Context, Row, Statement, Stub
    from services.leveltest.models import StartTest, SubmitAnswer
    from services.multipart import Part
    from services.paging import PageQuery

REMEMBERED_TESTS = 3
"""Questions of so many earlier tests are avoided."""
MAX_FORM = 10_100_000
MAX_FIELD = 1_000
AGAIN = "Your speech could not be understood now. The test waits: send it again later, or skip the question."
YES = frozenset({b"1", b"true", b"on", b"yes"})


async def start_test(
    context: Context, user_id: str, test_id: str, body: StartTest
) -> tuple[TestStarted, Statement]:
    """Begin a test; the answer and the statement that puts it into the learner's list."""
    language = body.language.partition("-")[0]
    rows = await context.db.all(
        sql(
            "SELECT asked FROM level_tests WHERE user_id = ? AND language = ?"
            " ORDER BY started_at DESC LIMIT ?",
            user_id, language, REMEMBERED_TESTS,
        )
    )  # fmt: skip
    seen = [question for row in rows for question in json.loads(row["asked"])]
    begun = await _test(context, test_id).call(
        "start", test_id=test_id, user_id=user_id, language=language, level=body.level, seen=seen
    )
    listed = sql(
        "INSERT OR IGNORE INTO level_tests (id, user_id, language, status, started_at)"
        " VALUES (?, ?, ?, 'running', ?)",
        test_id, user_id, language, begun["expiresAt"] - attempts.LIFETIME,
    )  # fmt: skip
    return TestStarted.model_validate(begun), listed


async def read_state(context: Context, user_id: str, test_id: str) -> TestState:
    """The test as it stands. Raises ``NotFound``."""
    return TestState.model_validate(await _test(context, test_id).call("state", user_id=user_id))


async def read_question(context: Context, user_id: str, test_id: str, number: int) -> AskedQuestion:
    """A question of the test. Raises ``NotFound``."""
    shown = await _test(context, test_id).call("question", user_id=user_id, number=number)
    return AskedQuestion.model_validate(shown)


async def submit_answer(context: Context, user_id: str, body: SubmitAnswer) -> AnswerAccepted:
    """Hand in a choice or a text, or skip. Raises what ``attempt.accept`` raises."""
    arrived = context.clock.now()
    test = _test(context, body.test_id)
    digest = attempts.digest_of("skipped" if body.skipped else body.answer)
    known = await test.call("known", user_id=user_id, question_id=body.question_id, digest=digest)
    if known["reply"] is not None:
        return AnswerAccepted.model_validate(known["reply"])
    given = {} if body.skipped else _given(known, body.answer)
    reply = await test.call(
        "answer", user_id=user_id, question_id=body.question_id, digest=digest, arrived=arrived, **given
    )
    return AnswerAccepted.model_validate(reply)


def _given(known: dict[str, Any], answer: str) -> dict[str, Any]:
    if known["kind"] == "choice":
        return {"choice": answer}
    if known["kind"] == "speech":
        raise attempts.AnswerExpected("Speak: send a recording to /level-test/analyze-speech, or skip.")
    return {"production": {"skill": "writing", "prompt": known["prompt"], "text": answer}}


async def submit_speech(context: Context, user_id: str, content_type: str, body: bytes) -> SpeechAccepted:
    """Hand in a recording as a form with ``testId``, ``questionId``, ``audio`` and optionally ``consent``.

    It is kept only with consent. Raises as ``submit_answer``, what is wrong with the recording, and
    ``AiUnavailable``, after which the same recording may be sent again: the question gets its time anew.
    """
    arrived = context.clock.now()
    form = {part.name: part for part in parse_multipart(content_type, body)}
    test_id, question_id = _field(form, "testId"), _field(form, "questionId")
    recording = form["audio"].data if "audio" in form else b""
    digest = attempts.digest_of(recording)
    test = _test(context, test_id)
    known = await test.call("known", user_id=user_id, question_id=question_id, digest=digest)
    if known["reply"] is not None:
        return SpeechAccepted.model_validate(known["reply"])
    if known["kind"] != "speech":
        raise attempts.AnswerExpected("This question is not answered by speaking.")
    try:
        heard = await analyse_speech(context, recording, known["language"])
    except AiUnavailable as error:
        await test.call("excuse", user_id=user_id, question_id=question_id, arrived=arrived)
        raise AiUnavailable(AGAIN, retry_after=error.retry_after) from error
    reply = await test.call(
        "answer",
        user_id=user_id,
        question_id=question_id,
        digest=digest,
        arrived=arrived,
        production={
            "skill": "speaking",
            "prompt": known["prompt"],
            "text": heard.transcript,
            "words": [[word.word, word.start, word.end] for word in heard.words],
            "duration": heard.duration_seconds,
        },
        extra=heard.model_dump(mode="json", by_alias=True),
    )
    # Not before: what the test refuses, because it is over or the account gone, must not be kept.
    if "consent" in form and form["consent"].data.strip().lower() in YES:
        await _keep(context, f"level-test/{user_id}/{test_id}/{question_id}", recording)
    return SpeechAccepted.model_validate(reply)


async def analyse_speech(context: Context, recording: bytes, language: str) -> SpeechAnalysed:
    """What was said and how.

    Raises what is wrong with the recording, ``LanguageNotSupported`` and ``AiUnavailable``.
    """
    spoken = pack(language)
    audio = read_audio(recording)
    transcript = await transcriber(context).transcribe(context, audio, language)
    duration = transcript.duration_seconds or audio.duration_seconds
    words = [TimedWord(word.word, word.start, word.end) for word in transcript.words]
    metrics = measure(words, duration, spoken) if words else None
    return SpeechAnalysed(
        transcript=transcript.text,
        duration_seconds=round(duration, 2),
        words=[SpokenWord(word=word.word, start=word.start, end=word.end) for word in words],
        metrics=SpeechFigures(**{name: round(value, 3) for name, value in asdict(metrics).items()})
        if metrics
        else None,
        provider=transcript.provider,
    )


async def read_result(context: Context, user_id: str, test_id: str) -> TestResult:
    """The report, from the object or, long after the test, from the list. Raises ``TestNotFinished``."""
    row = await context.db.first(
        sql("SELECT report FROM level_tests WHERE id = ? AND user_id = ?", test_id, user_id)
    )
    if row and row["report"]:
        return TestResult.model_validate_json(row["report"])
    return TestResult.model_validate(await _test(context, test_id).call("result", user_id=user_id))


async def history(context: Context, user_id: str, query: PageQuery) -> Page[TestSummary]:
    """The person's tests, the newest first."""
    started, test_id = decode_cursor(query.cursor, int, str) if query.cursor else (2**52, "")
    rows = await context.db.all(
        sql(
            "SELECT id, language, status, overall_level, started_at, ended_at FROM level_tests"
            " WHERE user_id = ? AND (started_at, id) < (?, ?) ORDER BY started_at DESC, id DESC LIMIT ?",
            user_id, started, test_id, query.limit + 1,
        )
    )  # fmt: skip
    page, cursor = split(rows, query.limit, lambda row: (row["started_at"], row["id"]))
    return Page(items=[_summary(row) for row in page], next_cursor=cursor)


async def erase_tests(context: Context, user_id: str) -> None:
    """Forget a person's tests and recordings, wherever they are. Repeatable."""
    rows = await context.db.all(sql("SELECT id FROM level_tests WHERE user_id = ?", user_id))
    for row in rows:
        await _test(context, row["id"]).call("erase", user_id=user_id)
    cursor = None
    while True:
        keys, cursor = await context.media.list(f"level-test/{user_id}/", cursor=cursor)
        if keys:
            await context.media.delete(keys)
        if cursor is None:
            break
    # Only these: by the row of a test that was begun meanwhile, the next pass finds its object.
    erased = json.dumps([row["id"] for row in rows])
    await context.db.run(
        sql(
            "DELETE FROM level_tests WHERE user_id = ? AND id IN (SELECT value FROM json_each(?))",
            user_id, erased,
        )
    )  # fmt: skip


def _summary(row: Row) -> TestSummary:
    return TestSummary(
        test_id=row["id"], language=row["language"], status=row["status"], overall_level=row["overall_level"],
        started_at=row["started_at"], ended_at=row["ended_at"],
    )  # fmt: skip


async def _keep(context: Context, key: str, recording: bytes) -> None:
    audio = read_audio(recording)
    await context.media.put(key, recording, content_type=audio.content_type)


def _field(form: dict[str, Part], name: str) -> str:
    part = form.get(name)
    if part is None or len(part.view) > MAX_FIELD:
        raise Unprocessable(errors=(FieldError(f"$.{name}", "Field required"),))
    return part.data.decode("utf-8", "replace")


def _test(context: Context, test_id: str) -> Stub:
    return context.objects.get("TEST_SESSION", test_id)
