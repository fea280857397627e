"""A look back at a conversation: who said how much, what could be said better, what is worth keeping."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from services.ai.choice import completer
from services.ai.contracts import AiUnavailable
from services.ai.structured import Prose, ask
from services.ai.tutor.models import MAX_CONVERSATION, Analysis, Participant, Remark, Term
from services.ai.tutor.naming import name_of
from services.models import Model
from services.problems import PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.ai.tutor.models import AnalyzeConversation, Turn
    from services.context import Context

INSTRUCTIONS = """
Two or more people practise {language} in a conversation, "turns". Look back at it as a friendly tutor.
- summary: what they talked about and how it went, two or three sentences.
- remarks: up to eight things that could be said better. Each has the "speaker", a "quote" copied letter by
letter from what that speaker said, the "suggestion" in {language} to put in its place, and a "comment" why.
- vocabulary: up to eight words or phrases from the conversation worth learning: "term" copied letter by
letter, and its "meaning".
- nextTopics: three things to talk about next time.
Write summary, comments, meanings and topics in {locale}.
"""

QUESTION_MARKS = "?\uff1f\u061f"
"""Latin, full-width and Arabic."""


class ConversationTooLong(PayloadTooLarge):
    """More characters than are analysed at once."""

    code = "conversation_too_long"
    title = f"At most {MAX_CONVERSATION} characters of a conversation are analysed at once."


class _Remark(Model):
    speaker: Annotated[str, Field(max_length=10)]
    quote: Annotated[str, Field(min_length=1, max_length=400)]
    suggestion: Annotated[Prose, Field(min_length=1, max_length=400)]
    comment: Annotated[Prose, Field(min_length=1, max_length=600)]


class _Term(Model):
    term: Annotated[str, Field(min_length=1, max_length=100)]
    meaning: Annotated[Prose, Field(min_length=1, max_length=300)]


class _LookBack(Model):
    summary: Annotated[Prose, Field(min_length=1, max_length=1500)]
    remarks: Annotated[list[_Remark], Field(max_length=12)]
    vocabulary: Annotated[list[_Term], Field(max_length=12)]
    next_topics: Annotated[list[Annotated[Prose, Field(min_length=1, max_length=200)]], Field(max_length=5)]


async def analyse_conversation(context: Context, request: AnalyzeConversation) -> Analysis:
    """The look back; raises ``AiUnavailable`` and ``ConversationTooLong``.

    The model does not learn who spoke: names are replaced before and put back afterwards.
    """
    turns = request.messages
    if sum(len(turn.text) for turn in turns) > MAX_CONVERSATION:
        raise ConversationTooLong
    model = completer(context)
    names = {speaker: f"S{number}" for number, speaker in enumerate(_speakers(turns), 1)}
    material = {"turns": [{"speaker": names[turn.speaker], "text": turn.text} for turn in turns]}
    instructions = INSTRUCTIONS.format(language=name_of(request.language), locale=name_of(request.locale))
    found = await ask(context, model, instructions, material, _LookBack, max_tokens=2000)
    if found is None:
        raise AiUnavailable("The language model did not give a usable analysis.", retry_after=30)
    speakers = {alias: speaker for speaker, alias in names.items()}
    return Analysis(
        summary=found.summary,
        participants=participants(turns),
        remarks=[_remark(remark, speakers) for remark in found.remarks if _said(remark, speakers, turns)],
        vocabulary=[
            Term(term=term.term, meaning=term.meaning)
            for term in found.vocabulary
            if any(term.term in turn.text for turn in turns)
        ],
        next_topics=found.next_topics,
        provider=model.name,
    )


def participants(turns: Sequence[Turn]) -> list[Participant]:
    """How much each person said, in the order in which they first spoke."""
    spoken = Counter[str]()
    for turn in turns:
        spoken[turn.speaker] += len(turn.text.split())
    everything = spoken.total() or 1
    return [
        Participant(
            speaker=speaker,
            turns=sum(turn.speaker == speaker for turn in turns),
            words=spoken[speaker],
            share=round(spoken[speaker] / everything, 3),
            questions=sum(
                turn.speaker == speaker and any(mark in turn.text for mark in QUESTION_MARKS)
                for turn in turns
            ),
        )
        for speaker in _speakers(turns)
    ]


def _speakers(turns: Sequence[Turn]) -> list[str]:
    return list(dict.fromkeys(turn.speaker for turn in turns))


def _said(remark: _Remark, speakers: dict[str, str], turns: Sequence[Turn]) -> bool:
    speaker = speakers.get(remark.speaker)
    return any(turn.speaker == speaker and remark.quote in turn.text for turn in turns)


def _remark(remark: _Remark, speakers: dict[str, str]) -> Remark:
    return Remark(
        speaker=speakers[remark.speaker],
        quote=remark.quote,
        suggestion=remark.suggestion,
        comment=remark.comment,
    )
