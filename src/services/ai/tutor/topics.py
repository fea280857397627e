"""Topics to talk about: by a model where there is one, otherwise from the built-in catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from services.ai.choice import completer
from services.ai.contracts import AiUnavailable
from services.ai.structured import Prose, ask
from services.ai.tutor.catalogue import LANGUAGES, subjects
from services.ai.tutor.models import Topic, Topics
from services.ai.tutor.naming import name_of
from services.models import Model

if TYPE_CHECKING:
    from services.ai.tutor.models import SuggestTopics
    from services.context import Context

CATALOGUE = "catalogue"
VARIED = 0.8
INSTRUCTIONS = """
Suggest {count} topics for a conversation between two people who practise {language} at CEFR level {level}.
Begin with their "interests". Each topic has a "title" of a few words and two or three "questions" that begin
the talk, in {language} and in words of that level. Nothing that strangers would not like to be asked.
"""


class _Topic(Model):
    title: Annotated[Prose, Field(min_length=1, max_length=100)]
    questions: Annotated[
        list[Annotated[Prose, Field(min_length=1, max_length=300)]], Field(min_length=1, max_length=4)
    ]


class _Suggested(Model):
    topics: Annotated[list[_Topic], Field(min_length=1, max_length=10)]


async def suggest(context: Context, request: SuggestTopics) -> Topics:
    """Topics of the caller's level, those of their interests first; raises ``AiUnavailable``."""
    try:
        model = completer(context)
        instructions = INSTRUCTIONS.format(
            count=request.count, language=name_of(request.language), level=request.level
        )
        material = {"interests": request.interests}
        found = await ask(context, model, instructions, material, _Suggested, temperature=VARIED)
    except AiUnavailable:
        return _from_catalogue(context, request)
    if found is None:
        return _from_catalogue(context, request)
    topics = [Topic(title=topic.title, questions=topic.questions) for topic in found.topics]
    return Topics(topics=topics[: request.count], provider=model.name)


def _from_catalogue(context: Context, request: SuggestTopics) -> Topics:
    """What matches an interest, then the rest, beginning anywhere so that it is not always the same."""
    language = request.language.partition("-")[0]
    if language not in LANGUAGES:
        raise AiUnavailable(f"Nothing here knows topics in {name_of(language)}.", retry_after=3600)
    interests = [interest.casefold() for interest in request.interests]
    matching = [subject for subject in subjects() if subject.matches(interests)]
    others = [subject for subject in subjects() if subject not in matching]
    turn = context.random.bytes(1)[0] % len(others) if others else 0
    chosen = [*matching, *others[turn:], *others[:turn]][: request.count]
    return Topics(
        topics=[
            Topic(
                title=subject.titles[language], questions=list(subject.questions[language][request.level[0]])
            )
            for subject in chosen
        ],
        provider=CATALOGUE,
    )
