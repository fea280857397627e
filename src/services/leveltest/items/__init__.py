"""The item banks: one folder of readable JSON per language, loaded when a test in that language needs it.

A language is data: ``plan.json`` says which skills it tests and how, the other files hold its items.
``docs/level-test-items.md`` describes the format, ``ops/check_items.py`` checks all of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from services.problems import Unprocessable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.leveltest.scale import Level, Skill

Area = Literal["vocabulary", "grammar", "reading", "listening"]
"""What a choice item is about. Vocabulary and grammar are language use and count towards reading."""

AREAS: tuple[Area, ...] = get_args(Area)
REPORTED_AS: Mapping[Area, Skill] = MappingProxyType(
    {"vocabulary": "reading", "grammar": "reading", "reading": "reading", "listening": "listening"}
)
DATA = Path(__file__).parent / "data"


class UnknownLanguage(Unprocessable):
    """There is no item bank for the language."""

    code = "unknown_language"
    title = "There is no level test in this language."


@dataclass(frozen=True, slots=True)
class Item:
    """A choice item: one right answer among distractors.

    ``discrimination`` (per logit) and ``difficulty`` (logits) are those of the item response model.
    ``script`` is what is heard, as pairs of speaker and sentence; like the answer, it stays on the server.
    """

    id: str
    area: Area
    level: Level
    discrimination: float
    difficulty: float
    prompt: str
    answer: str
    distractors: tuple[str, ...]
    passage: str | None = None
    script: tuple[tuple[str, str], ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """All choices, the answer first: shuffle before you show them."""
        return (self.answer, *self.distractors)


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt to write or to speak about. ``looks_for`` is for the judge, the rest for the learner."""

    id: str
    skill: Skill
    level: Level
    prompt: str
    min_words: int
    max_seconds: int
    looks_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a language is tested: shares of the areas, number of tasks, stopping rule, response model."""

    shares: Mapping[Area, int]
    tasks: Mapping[Skill, int]
    seconds: Mapping[Area, int]
    min_items: int
    max_items: int
    stop_error: float
    prior_deviation: float
    guessing: float
    slips: float


@dataclass(frozen=True, slots=True)
class Bank:
    """Everything that is asked in one language."""

    language: str
    plan: Plan
    items: Mapping[str, Item]
    tasks: Mapping[str, Task]
    by_area: Mapping[Area, Sequence[Item]]


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that have a bank, as BCP 47 tags."""
    return tuple(sorted(folder.name for folder in DATA.iterdir() if (folder / "plan.json").is_file()))


def load(language: str) -> Bank:
    """The bank of a language, read once per isolate; raises ``UnknownLanguage``."""
    if language not in languages():
        raise UnknownLanguage
    return _load(language)


@lru_cache(maxsize=4)
def _load(language: str) -> Bank:
    plan = _plan(_read(language, "plan"))
    by_area: dict[Area, tuple[Item, ...]] = {
        area: tuple(_item(area, raw) for raw in _read(language, area)) for area in plan.shares
    }
    tasks = [
        _task(skill, raw) for skill, count in plan.tasks.items() if count for raw in _read(language, skill)
    ]
    return Bank(
        language=language,
        plan=plan,
        items={item.id: item for items in by_area.values() for item in items},
        tasks={task.id: task for task in tasks},
        by_area=by_area,
    )


def _read(language: str, name: str) -> Any:
    return json.loads((DATA / language / f"{name}.json").read_text(encoding="utf-8"))


def _plan(raw: dict[str, Any]) -> Plan:
    return Plan(
        shares=raw["shares"],
        tasks=raw["tasks"],
        seconds=raw["seconds"],
        min_items=raw["minItems"],
        max_items=raw["maxItems"],
        stop_error=raw["stopError"],
        prior_deviation=raw["priorDeviation"],
        guessing=raw["guessing"],
        slips=raw["slips"],
    )


def _item(area: Area, raw: dict[str, Any]) -> Item:
    return Item(
        id=raw["id"],
        area=area,
        level=raw["level"],
        discrimination=raw["a"],
        difficulty=raw["b"],
        prompt=raw["prompt"],
        answer=raw["answer"],
        distractors=tuple(raw["distractors"]),
        passage=raw.get("passage"),
        script=tuple((speaker, line) for speaker, line in raw.get("script", ())),
    )


def _task(skill: Skill, raw: dict[str, Any]) -> Task:
    return Task(
        id=raw["id"],
        skill=skill,
        level=raw["level"],
        prompt=raw["prompt"],
        min_words=raw["minWords"],
        max_seconds=raw["maxSeconds"],
        looks_for=tuple(raw["looksFor"]),
    )
