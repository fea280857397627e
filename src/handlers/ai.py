"""Helpers for learners: ``/api/v1/ai``."""

from __future__ import annotations

from edge.http.messages import Reply
from edge.http.routes import Call, Routes
from services.ai import AiUnavailable
from services.ai.tutor import conversation, correction, topics, translation
from services.ai.tutor.conversation import ConversationTooLong
from services.ai.tutor.models import (
    Analysis,
    AnalyzeConversation,
    Corrected,
    CorrectGrammar,
    SuggestTopics,
    Topics,
    Translate,
    Translation,
)
from services.ai.tutor.translation import SameLanguage

routes = Routes("/api/v1/ai", "ai")


@routes.post("/correct-grammar", limit="ai", problems=(AiUnavailable,))
async def correct_grammar(call: Call, body: CorrectGrammar) -> Corrected:
    """Correct a text and say why, in the caller's language.

    `provider` is the language model that found the mistakes, or `rules`: without a model, English is
    corrected by the rules of the level test, which find less and are nearly always right.
    """
    return await correction.correct(call.context, body)


@routes.post("/translate", limit="ai", problems=(AiUnavailable, SameLanguage))
async def translate(call: Call, body: Translate) -> Translation:
    """Translate a text. A missing `source` is guessed from the script; Latin letters mean English."""
    return await translation.translate(call.context, body)


@routes.post(
    "/translate/stream", limit="ai", produces="text/event-stream", problems=(AiUnavailable, SameLanguage)
)
async def translate_live(call: Call, body: Translate) -> Reply:
    """Translate a text, as server-sent events while the model writes.

    They are `delta` with `{text}` for each piece, then `done` with `{source, target, provider}`, or `problem`
    with `{code, title}` if the model breaks off.
    """
    events = await translation.translate_live(call.context, body)
    return Reply(200, stream=events, headers=[("content-type", "text/event-stream")])


@routes.post("/suggest-topics", limit="ai", problems=(AiUnavailable,))
async def suggest_topics(call: Call, body: SuggestTopics) -> Topics:
    """Suggest what two learners could talk about, at their level and beginning with their interests.

    `provider` is a language model, or `catalogue` for the built-in list in English and Korean.
    """
    return await topics.suggest(call.context, body)


@routes.post(
    "/analyze-conversation", limit="ai", max_body=256 * 1024, problems=(AiUnavailable, ConversationTooLong)
)
async def analyze_conversation(call: Call, body: AnalyzeConversation) -> Analysis:
    """Look back at a conversation: what it was about, who said how much, what could be said better.

    The model is not told the speakers' names. Remarks quote what was really said.
    """
    return await conversation.analyse_conversation(call.context, body)
