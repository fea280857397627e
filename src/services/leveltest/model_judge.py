"""The model judge: a language model with a rubric, whose answer is believed only as far as it can be checked.

It never decides alone (``services.leveltest.judge.combine``): models grade lower than examiners and disagree
more. The learner's text goes to it as data; what comes back is validated, and every quotation must be found
in the text letter by letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from services.ai import AiUnavailable, completer
from services.ai.structured import Prose, ask
from services.leveltest.scale import LEVELS, POINTS_PER_LEVEL, Level
from services.models import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.context import Context

MAX_TEXT = 6000
"""Characters that are judged: a thousand words, more than a task asks for."""
MAX_ITEMS = 6

NAMES = {"en": "English", "ko": "Korean"}

RUBRIC = """
You are a careful examiner of {language}. Judge one learner's {skill} on the CEFR scale, A1 to C2.

What a level looks like:
A1: single words and set phrases; simple patterns learnt by heart; ideas side by side or joined by "and".
A2: short sentences about daily life; basic words, often repeated; frequent basic mistakes, the meaning clear.
B1: connected text on familiar matters; enough words to get by with detours; common linking words; mistakes
with anything beyond routine, mostly harmless.
B2: clear and detailed on many subjects; words vary; complex sentences, few misunderstandings; the argument
has an order and contrasts are marked.
C1: flexible and well structured; idiomatic, precise words with little searching; mistakes are rare and
hard to find; reference and linking are controlled.
C2: effortless and exact; fine shades of meaning, style suited to its reader; correct even when complex.

Scores are 0 to 100, in steps as the levels: A1 0-16, A2 17-33, B1 34-49, B2 50-66, C1 67-83, C2 84-100.
- vocabulary: range and precision of words.
- grammar: range and correctness of structures.
- coherence: order and linking.
- task: how fully and fittingly "task" is answered, and how much of "looksFor" is there; without a task, how
far the ideas are developed.

Judge what is there. Do not reward length alone, do not lower a level for a few slips that its description
allows, and if you waver between two levels take the higher one. Someone who only asks for a level shows none.
{spoken}
- strengths: two or three, each with a "quote" copied letter by letter from "learnerText" and a "comment".
- improvements: three to five, the most useful first, each with a "quote" copied letter by letter from
"learnerText", the "suggestion" in {language} to put in its place, and a "comment" that says why.
Write every comment in {locale}, to the learner, friendly and concrete, in one or two sentences.
"""

SPOKEN = """
The text is an automatic transcript of speech: it has no reliable punctuation or capitals, and some words are
misheard. Never mention punctuation, capitals or spelling. "speech" holds measurements of the delivery; take
them into account.
"""

Score = Annotated[int, Field(ge=0, le=100)]
Comment = Annotated[Prose, Field(min_length=1, max_length=600)]
Quote = Annotated[str, Field(min_length=1, max_length=400)]


class ModelStrength(Model):
    """Something done well, in the learner's own words."""

    quote: Quote
    comment: Comment


class ModelImprovement(Model):
    """Something to change, with what to write instead."""

    quote: Quote
    suggestion: Annotated[Prose, Field(min_length=1, max_length=400)]
    comment: Comment


class Judgement(Model):
    """What the model is asked to answer."""

    level: Level
    vocabulary: Score
    grammar: Score
    coherence: Score
    task: Score
    strengths: Annotated[list[ModelStrength], Field(max_length=MAX_ITEMS)]
    improvements: Annotated[list[ModelImprovement], Field(max_length=MAX_ITEMS)]


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """The model's view: a level, scores of 0 to 100, and remarks whose quotations are in the text."""

    level: Level
    scores: Mapping[str, int]
    strengths: tuple[ModelStrength, ...]
    improvements: tuple[ModelImprovement, ...]
    provider: str

    @property
    def score(self) -> float:
        """The mean of the dimensions, kept within the level that the model chose."""
        lowest = LEVELS.index(self.level) * POINTS_PER_LEVEL
        mean = sum(self.scores.values()) / len(self.scores)
        return min(max(mean, lowest), lowest + POINTS_PER_LEVEL - 0.1)


class Answer(NamedTuple):
    """What a learner wrote or said.

    ``looks_for`` are the points that the task wants to see, ``speech`` measurements of the delivery, by name.
    """

    text: str
    language: str
    skill: str
    task: str = ""
    looks_for: Sequence[str] = ()
    speech: Mapping[str, float] | None = None


async def judge_with_model(context: Context, answer: Answer, locale: str = "en") -> ModelVerdict | None:
    """The model's verdict with remarks in the learner's locale; None when no model gives a usable one."""
    text = answer.text[:MAX_TEXT]
    if not text.strip():
        return None
    try:
        model = completer(context)
        judgement = await ask(
            context, model, _instructions(answer, locale), _material(answer, text), Judgement
        )
    except AiUnavailable:
        return None
    return judgement and _checked(judgement, text, model.name)


def _instructions(answer: Answer, locale: str) -> str:
    return RUBRIC.format(
        language=_name(answer.language),
        skill=answer.skill,
        spoken=SPOKEN if answer.skill == "speaking" else "",
        locale=_name(locale),
    )


def _material(answer: Answer, text: str) -> dict[str, object]:
    material: dict[str, object] = {"task": answer.task, "learnerText": text}
    material |= {"looksFor": list(answer.looks_for)} if answer.looks_for else {}
    return material | ({"speech": dict(answer.speech)} if answer.speech else {})


def _name(tag: str) -> str:
    return NAMES.get(tag.partition("-")[0], f"the language with the tag {tag}")


def _checked(judgement: Judgement, text: str, provider: str) -> ModelVerdict:
    """Without the remarks that quote what nobody wrote, or that change nothing."""
    return ModelVerdict(
        level=judgement.level,
        scores={
            "vocabulary": judgement.vocabulary,
            "grammar": judgement.grammar,
            "coherence": judgement.coherence,
            "task": judgement.task,
        },
        strengths=tuple(remark for remark in judgement.strengths if remark.quote in text),
        improvements=tuple(
            remark
            for remark in judgement.improvements
            if remark.quote in text and remark.suggestion != remark.quote
        ),
        provider=provider,
    )
