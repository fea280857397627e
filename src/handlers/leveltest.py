"""The AI level test: ``/api/v1/level-test``, and the seeds' ``/api/v1/leveltest``."""

from __future__ import annotations

from edge.http.messages import Reply
from edge.http.routes import Call, Routes
from services.ai import AiUnavailable
from services.audio import AudioBroken, AudioFormatUnsupported, AudioTooLarge, AudioTooLong
from services.leveltest import engine, evaluation, live, taking
from services.leveltest.attempt import AnswerExpected, TestNotFinished, TestOver
from services.leveltest.features.language import LanguageNotSupported
from services.leveltest.items import UnknownLanguage
from services.leveltest.models import (
    AnswerAccepted,
    AskedQuestion,
    EvaluateText,
    Evaluation,
    Id,
    SpeechAccepted,
    SpeechAnalysed,
    StartTest,
    SubmitAnswer,
    TestResult,
    TestStarted,
    TestState,
    TestSummary,
)
from services.models import Model, Page
from services.multipart import MalformedMultipart, TooManyParts, parse_multipart
from services.paging import InvalidCursor, PageQuery
from services.problems import FieldError, MalformedJson, NotFound, Unprocessable
from services.users.profile import read_locale

routes = Routes("/api/v1/level-test", "Level test")
seeds = Routes("/api/v1/leveltest", "Level test")

AUDIO = (
    AudioTooLarge,
    AudioTooLong,
    AudioFormatUnsupported,
    AudioBroken,
    AiUnavailable,
    MalformedMultipart,
    TooManyParts,
    LanguageNotSupported,
)
ANSWERS = (NotFound, engine.AlreadyAnswered, engine.QuestionNotAsked, AnswerExpected, TestOver)


class ResultQuery(Model):
    """Which test."""

    test_id: Id


@routes.post("/start", status=201, idempotent=True, limit="level_test", problems=(UnknownLanguage,))
async def start_level_test(call: Call, body: StartTest) -> TestStarted:
    """Begin a test. It can be gone on with on any device for 24 hours."""
    started, listed = await taking.start_test(call.context, call.user.user_id, call.new_id(), body)
    await call.commit([listed], started)
    return started


@routes.get("/history", problems=(InvalidCursor,))
async def level_test_history(call: Call, query: PageQuery) -> Page[TestSummary]:
    """Your tests, the newest first."""
    return await taking.history(call.context, call.user.user_id, query)


@routes.get("/result", problems=(NotFound, TestNotFinished))
async def level_test_result(call: Call, query: ResultQuery) -> TestResult:
    """The report of a finished test; `status` is `scoring` while it is being written: ask again."""
    return await taking.read_result(call.context, call.user.user_id, query.test_id)


@routes.get("/{test_id}")
async def read_level_test(call: Call, test_id: str) -> TestState:
    """A test as it stands, with the question that waits for its answer."""
    return await taking.read_state(call.context, call.user.user_id, test_id)


@routes.get("/{test_id}/questions/{number}")
async def read_test_question(call: Call, test_id: str, number: str) -> AskedQuestion:
    """A question that was asked in this test, by its number."""
    if not (number.isascii() and number.isdecimal() and len(number) <= len("1000")):
        raise NotFound
    return await taking.read_question(call.context, call.user.user_id, test_id, int(number))


@routes.post("/submit-answer", problems=(*ANSWERS, engine.UnknownChoice))
async def submit_answer(call: Call, body: SubmitAnswer) -> AnswerAccepted:
    """Answer the question that is being asked.

    The same answer again gets the same reply, another a 409.
    """
    return await taking.submit_answer(call.context, call.user.user_id, body)


@routes.post(
    "/analyze-speech",
    limit="ai",
    max_body=taking.MAX_FORM,
    accepts=("multipart/form-data",),
    problems=(*ANSWERS, *AUDIO),
)
async def analyze_speech(call: Call, body: bytes) -> SpeechAccepted:
    """Answer by speaking: a form with `testId`, `questionId`, `audio` and, to let it be kept, `consent`.

    WAV, WebM (Opus), OGG, MP3 or M4A up to 10 MB and 5 minutes. Without consent it is dropped after scoring.
    """
    content_type = call.request.headers.get("content-type", "")
    return await taking.submit_speech(call.context, call.user.user_id, content_type, body)


@routes.post("/evaluate-with-ai", limit="ai", problems=(LanguageNotSupported,))
async def evaluate_with_ai(call: Call, body: EvaluateText) -> Evaluation:
    """Judge one text or transcript by itself; nothing is kept."""
    return await evaluation.evaluate(call.context, body, await _locale(call))


@seeds.post("/evaluate", limit="ai", problems=(LanguageNotSupported,))
async def evaluate_text(call: Call, body: EvaluateText) -> Evaluation:
    """The same as `/level-test/evaluate-with-ai`."""
    return await evaluation.evaluate(call.context, body, await _locale(call))


@seeds.post(
    "/voice/transcribe",
    limit="ai",
    max_body=taking.MAX_FORM,
    accepts=("multipart/form-data", "audio/*", "video/webm", "application/octet-stream"),
    problems=AUDIO,
)
async def transcribe_voice(call: Call, body: bytes) -> SpeechAnalysed:
    """What is said in a recording, sent as the body or as the form field `audio`; nothing is kept."""
    content_type = call.request.headers.get("content-type", "")
    language = "en"
    if content_type.lower().startswith("multipart/"):
        form = {part.name: part for part in parse_multipart(content_type, body)}
        if "audio" not in form:
            raise Unprocessable(errors=(FieldError("$.audio", "Field required"),))
        body = form["audio"].data
        language = form["language"].data.decode("utf-8", "replace") if "language" in form else language
    return await taking.analyse_speech(call.context, body, language)


@seeds.post(
    "/feedback/realtime",
    limit="realtime",
    max_body=taking.MAX_FORM,
    accepts=("multipart/form-data", "application/json"),
    produces="text/event-stream",
    problems=(*AUDIO, MalformedJson),
)
async def feedback_while_speaking(call: Call, body: bytes) -> Reply:
    """Feedback on one chunk of speech, as server-sent events.

    They are `transcript`, `metrics`, `correction` for each thing to change, `level` for all so far, `done`.

    Send each few seconds of speech as a form with `audio`, or its text as JSON `{text, soFar?, final?}`.
    """
    content_type = call.request.headers.get("content-type", "")
    events = await live.feedback_events(call.context, content_type, body, await _locale(call))
    return Reply(200, events, [("content-type", "text/event-stream")])


async def _locale(call: Call) -> str:
    return await read_locale(call.context, call.user.user_id)
