"""What the helpers of ``/api/v1/ai`` take and give."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from services.languages import LanguageTag
from services.leveltest.scale import Level
from services.models import Model

MAX_TEXT = 5000
MAX_TURNS = 200
MAX_CONVERSATION = 20_000

Text = Annotated[str, StringConstraints(pattern=r"\S", max_length=MAX_TEXT)]


class _AsSent(Model):
    """Keeps the blanks around a text: places in it are counted, and translations have them too."""

    model_config = ConfigDict(str_strip_whitespace=False)


class CorrectGrammar(_AsSent):
    """A text to correct; ``locale`` is the language of the comments."""

    text: Text
    language: LanguageTag = "en"
    locale: LanguageTag = "en"


class Correction(_AsSent):
    """One mistake. ``start`` and ``end`` count characters (Unicode code points) of the text as sent."""

    start: int
    end: int
    quote: str
    suggestion: str
    comment: str


class Corrected(_AsSent):
    """The text with every correction applied. ``provider`` is a model, or ``rules`` for the built-in ones."""

    text: str
    corrections: list[Correction]
    provider: str


class Translate(_AsSent):
    """A text to translate. Without ``source`` the language is guessed from the script."""

    text: Text
    target: LanguageTag
    source: LanguageTag | None = None


class Translation(_AsSent):
    """The text in the target language."""

    translation: str
    source: str
    target: str
    provider: str


class SuggestTopics(Model):
    """What two learners could talk about, in the language that they practise."""

    language: LanguageTag = "en"
    level: Level = "B1"
    interests: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=50)]], Field(max_length=20)
    ] = Field(default_factory=list[str])
    count: Annotated[int, Field(ge=1, le=10)] = 5


class Topic(Model):
    """One thing to talk about, with questions that begin the talk."""

    title: str
    questions: list[str]


class Topics(Model):
    """``provider`` is a model, or ``catalogue`` for the built-in list."""

    topics: list[Topic]
    provider: str


class Turn(Model):
    """What one person said at once."""

    speaker: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class AnalyzeConversation(Model):
    """A conversation between learners, in its order; ``locale`` is the language of the answer."""

    language: LanguageTag = "en"
    locale: LanguageTag = "en"
    messages: Annotated[list[Turn], Field(min_length=2, max_length=MAX_TURNS)]


class Participant(Model):
    """How much somebody said. ``share`` is the part of all words, 0 to 1."""

    speaker: str
    turns: int
    words: int
    share: float
    questions: int


class Remark(Model):
    """Something that a speaker could have said better, in their own words and then in better ones."""

    speaker: str
    quote: str
    suggestion: str
    comment: str


class Term(Model):
    """A word or phrase of the conversation that is worth learning."""

    term: str
    meaning: str


class Analysis(Model):
    """A look back at a conversation."""

    summary: str
    participants: list[Participant]
    remarks: list[Remark]
    vocabulary: list[Term]
    next_topics: list[str]
    provider: str
