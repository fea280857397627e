"""Feedback while a learner speaks, as server-sent events (HTML standard, section 9.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from services.leveltest.features.extract import analyse
from services.leveltest.features.feedback import feedback
from services.leveltest.judge import judge
from services.leveltest.taking import MAX_FIELD, YES, analyse_speech
from services.models import Model
from services.multipart import is_multipart, parse_multipart
from services.problems import FieldError, MalformedJson, Unprocessable

if TYPE_CHECKING:
    from services.context import Context
    from services.leveltest.models import SpeechAnalysed

MAX_SO_FAR = 10_000


class Chunk(Model):
    """What has been said since the last chunk, and before it."""

    text: Annotated[str, Field(max_length=2_000)]
    so_far: Annotated[str, Field(max_length=MAX_SO_FAR)] = ""
    language: str = "en"
    final: bool = False


async def feedback_events(context: Context, content_type: str, body: bytes, locale: str) -> str:
    """The events for one chunk of speech.

    ``transcript``, ``metrics`` for a recording, ``correction`` for each thing to change in the chunk,
    ``level`` for the whole so far, and ``done``.

    A chunk is a form with ``audio`` (a whole recording of a few seconds) or a JSON ``Chunk``; ``soFar``
    brings back what was understood before.
    """
    heard = None
    if is_multipart(content_type):
        heard, chunk = await _recorded(context, content_type, body)
    else:
        chunk = _written(body)
    whole = f"{chunk.so_far} {chunk.text}".strip()
    events = [_event("transcript", {"text": chunk.text, "soFar": whole})]
    if heard and heard.metrics:
        events.append(_event("metrics", heard.metrics.model_dump(mode="json", by_alias=True)))
    events += _remarks(chunk, whole, locale)
    return "".join([*events, _event("done", {"final": chunk.final})])


async def _recorded(context: Context, content_type: str, body: bytes) -> tuple[SpeechAnalysed, Chunk]:
    form = {part.name: part for part in parse_multipart(content_type, body)}
    language = form["language"].data.decode("utf-8", "replace")[:MAX_FIELD] if "language" in form else "en"
    heard = await analyse_speech(context, form["audio"].data if "audio" in form else b"", language)
    before = form["soFar"].data.decode("utf-8", "replace")[:MAX_SO_FAR] if "soFar" in form else ""
    final = "final" in form and form["final"].data.strip().lower() in YES
    return heard, Chunk(text=heard.transcript[:2_000], so_far=before, language=language, final=final)


def _written(body: bytes) -> Chunk:
    from pydantic import ValidationError  # noqa: PLC0415 - only this path needs it

    try:
        return Chunk.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        if any(each["type"] == "json_invalid" for each in found):
            raise MalformedJson from None
        wrong = tuple(FieldError(".".join(("$", *map(str, each["loc"]))), each["msg"]) for each in found)
        raise Unprocessable(errors=wrong) from None


def _remarks(chunk: Chunk, whole: str, locale: str) -> list[str]:
    features = analyse(chunk.text, skill="speaking", language=chunk.language)
    told = feedback(features, judge(features), locale)
    corrections = [
        _event("correction", {"quote": i.quote, "suggestion": i.suggestion, "comment": i.comment})
        for i in told.improvements
    ]
    verdict = judge(analyse(whole, skill="speaking", language=chunk.language))
    level = {"level": verdict.level, "band": list(verdict.band), "score": verdict.score}
    return [*corrections, _event("level", level)]


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
