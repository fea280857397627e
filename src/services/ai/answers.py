"""The answers of models as they arrive, checked before anything is believed of them.

One set of models reads both dialects: OpenAI's API and Workers AI differ in where they put the same things.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from services.ai.contracts import TimedWord, Transcript
from services.ai.guard import Garbled

if TYPE_CHECKING:
    from services.audio import Audio

MAX_WORDS = 3000
"""In five minutes: ten words a second, more than anyone says."""
MAX_TEXT = 30_000
SLACK = 2.0
"""Seconds that a recogniser may place words behind the end of the recording."""

A = TypeVar("A", bound=BaseModel)
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Answer(BaseModel):
    model_config = ConfigDict(defer_build=True, str_strip_whitespace=True)


class _Word(_Answer):
    word: Annotated[str, Field(max_length=100, validation_alias=AliasChoices("word", "text"))]
    start: Seconds
    end: Seconds


class _Segment(_Answer):
    words: Annotated[list[_Word] | None, Field(max_length=MAX_WORDS)] = None


class _Sound(_Answer):
    duration: Seconds | None = None


class Heard(_Answer):
    """A transcription: OpenAI's ``verbose_json`` or Workers AI's Whisper."""

    text: Annotated[str, Field(max_length=MAX_TEXT)]
    words: Annotated[list[_Word] | None, Field(max_length=MAX_WORDS)] = None
    segments: Annotated[list[_Segment] | None, Field(max_length=MAX_WORDS)] = None
    duration: Seconds | None = None
    transcription_info: _Sound | None = None

    def transcript(self, audio: Audio, provider: str) -> Transcript:
        """What was said; raises ``Garbled`` when the words' times cannot be."""
        words = tuple(TimedWord(word.word, word.start, word.end) for word in self._words() if word.word)
        told = self.duration or (self.transcription_info and self.transcription_info.duration)
        duration = told or audio.duration_seconds
        if any(word.end < word.start or word.end > duration + SLACK for word in words):
            raise Garbled("word times outside the recording")
        in_order = tuple(sorted(words, key=lambda word: word.start))
        return Transcript(self.text, in_order, duration, provider)

    def _words(self) -> list[_Word]:
        if self.words is not None:
            return self.words
        return [word for segment in self.segments or [] for word in segment.words or []]


class Usage(_Answer):
    """Tokens."""

    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0


class _Said(_Answer):
    content: Annotated[str | None, Field(max_length=MAX_TEXT)] = None


class _Choice(_Answer):
    message: _Said


class Completed(_Answer):
    """A completion: OpenAI's ``choices`` or Workers AI's ``response``, which is JSON itself in JSON mode."""

    choices: Annotated[list[_Choice] | None, Field(max_length=8)] = None
    response: JsonValue = None
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """What the model wrote; raises ``Garbled`` when it wrote nothing."""
        said = self.choices[0].message.content if self.choices else self.response
        if said is None or said == "":
            raise Garbled("an empty answer")
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


class _Delta(BaseModel):
    content: Annotated[str | None, Field(max_length=MAX_TEXT)] = None


class _Step(BaseModel):
    delta: _Delta = _Delta()


class Piece(BaseModel):
    """One event of a completion that is streamed; its blanks are part of the text."""

    choices: Annotated[list[_Step] | None, Field(max_length=8)] = None
    response: Annotated[str | None, Field(max_length=MAX_TEXT)] = None

    @property
    def text(self) -> str:
        """What it adds to the answer."""
        added = self.choices[0].delta.content if self.choices else self.response
        return added or ""


class Translated(_Answer):
    """A translation by M2M100."""

    translated_text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


def parsed(answer: type[A], body: bytes) -> A:
    """A model's answer; raises ``Garbled``."""
    try:
        return answer.model_validate_json(body)
    except ValidationError as error:
        kinds = {item["type"] for item in error.errors(include_url=False, include_input=False)}
        raise Garbled(", ".join(sorted(kinds))) from None
