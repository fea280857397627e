"""Which question comes next: content balance, information, exposure control. Deterministic in the seed."""

from __future__ import annotations

from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

from services.leveltest.engine.model import Curve
from services.leveltest.scale import Level, middle

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from services.leveltest.items import Area, Bank, Item, Plan, Task

SHARPNESS_FIRST, SHARPNESS_LAST = 1.0, 12.0
"""How much more likely the more informative item is, at the first and at the last question."""

SEEN_WEIGHT = 0.001
"""How likely an item of an earlier test of the same learner is against an equally informative new one."""

Choice = TypeVar("Choice")


def chance(seed: str, *parts: object) -> float:
    """A number in [0, 1), uniform over seeds, that depends on nothing but the arguments."""
    digest = sha256(":".join((seed, *map(str, parts))).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def shuffled(values: Sequence[str], seed: str, name: str) -> list[str]:
    """The values in an order that depends on seed and name alone."""
    return sorted(values, key=lambda value: chance(seed, name, value))


def next_area(plan: Plan, asked: Mapping[Area, int], seed: str) -> Area:
    """The area that is furthest behind its share; a tie is drawn, so that tests do not all begin alike."""
    return min(
        plan.shares,
        key=lambda area: (
            (asked.get(area, 0) + 1) / plan.shares[area],
            chance(seed, area, asked.get(area, 0)),
        ),
    )


def next_item(
    bank: Bank, area: Area, ability: float, asked: Collection[str], *, seen: Collection[str], seed: str
) -> Item:
    """An unasked item of the area, drawn at random in favour of those that tell most about the ability.

    The draw is nearly free at first, when little is known, and nearly greedy at the end: the idea of the
    progressive method (Revuelta & Ponsoda, 1998). No item needs a parameter to be kept from overuse. What the
    learner has seen in an earlier test comes again only where nothing else tells as much.
    """
    items = [item for item in bank.by_area[area] if item.id not in asked]
    progress = min(1.0, len(asked) / (bank.plan.max_items - 1))
    sharpness = SHARPNESS_FIRST + (SHARPNESS_LAST - SHARPNESS_FIRST) * progress
    weights = [
        curve(bank.plan, item).information(ability) ** sharpness * (SEEN_WEIGHT if item.id in seen else 1)
        for item in items
    ]
    return draw(items, weights, chance(seed, "item", len(asked)))


def curve(plan: Plan, item: Item) -> Curve:
    """The response function of an item under a plan."""
    return Curve(item.discrimination, item.difficulty, plan.guessing, plan.slips)


def next_task(
    tasks: Sequence[Task], ability: float, *, seen: Collection[str], seed: str, number: int
) -> Task:
    """A task that is new to the learner, if there is any, of the level nearest to the ability."""
    fresh = [task for task in tasks if task.id not in seen] or tasks
    nearest = min(_distance(task.level, ability) for task in fresh)
    near = [task for task in fresh if _distance(task.level, ability) == nearest]
    return near[int(chance(seed, "task", number) * len(near))]


def _distance(level: Level, ability: float) -> float:
    return abs(middle(level) - ability)


def draw(values: Sequence[Choice], weights: Sequence[float], chance_: float) -> Choice:
    """The value on whose share of the weights a number in [0, 1) falls."""
    sums = list(accumulate(weights))
    target = chance_ * sums[-1]
    return next(value for value, total in zip(values, sums, strict=True) if total > target)
