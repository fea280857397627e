"""The level test on simulated learners: ``python bench/adaptive.py [--learners 10000] [--language en]``.

Abilities are drawn evenly over the whole scale (and, for comparison, from a bell around the middle), answers
from a response model: the one that the engine believes in, and three in which it is wrong. A fixed form of as
many items, spread evenly over the levels, takes the same learners beside it.
"""

from __future__ import annotations

import math
import random
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from services.leveltest import engine, items
from services.leveltest.engine.model import Curve, posterior
from services.leveltest.scale import LEVEL_WIDTH, LEVELS, level_of, middle, score_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EDGE = LEVEL_WIDTH * len(LEVELS) / 2


@dataclass(frozen=True)
class World:
    """How the simulated learners really answer, and how they are spread."""

    name: str
    guessing: float
    slips: float
    drift: float = 0.0  # standard deviation of true minus believed difficulty
    sharpness: float = 1.0  # true over believed discrimination
    bell: float | None = None  # standard deviation of the abilities; None: even over the scale


def worlds(plan: items.Plan) -> list[World]:
    return [
        World("as the engine believes", plan.guessing, plan.slips),
        World("2PL: no guessing, no slips", 0, 0),
        World("guessing 0.15, slips 0.03", 0.15, 0.03),
        World("parameters off: b by 0.3, a by -20 %", plan.guessing, plan.slips, drift=0.3, sharpness=0.8),
        World("as believed, abilities N(0, 1.4)", plan.guessing, plan.slips, bell=1.4),
    ]


def true_curve(world: World, item: items.Item) -> Curve:
    drift = world.drift * random.Random(item.id).gauss(0, 1)
    return Curve(item.discrimination * world.sharpness, item.difficulty + drift, world.guessing, world.slips)


def ability(world: World, learner: random.Random) -> float:
    if world.bell is None:
        return learner.uniform(-EDGE, EDGE)
    return max(-EDGE, min(EDGE, learner.gauss(0, world.bell)))


def sit(language: str, world: World, theta: float, name: str) -> engine.Sitting:
    """A whole test through the engine's public steps, answered by the world's response model."""
    learner, bank = random.Random(name), items.load(language)
    sitting = engine.begin(language, name)
    while (question := engine.next_question(sitting)) and question.kind == "choice":
        item = bank.items[question.id]
        knows = learner.random() < true_curve(world, item).probability(theta)
        chosen = next(id_ for id_, text in question.choices if (text == item.answer) == knows)
        sitting = engine.answer(sitting, question.id, chosen)
    return sitting


def fixed_form(language: str, length: int) -> list[items.Item]:
    """As a paper test would be: items of all areas in turn, evenly spread over the difficulties."""
    bank = items.load(language)
    areas = list(bank.by_area.values())
    picks = [(index + 0.5) / length for index in range(length)]
    return [areas[n % len(areas)][int(pick * len(areas[n % len(areas)]))] for n, pick in enumerate(picks)]


def sit_fixed(language: str, world: World, theta: float, name: str, form: list[items.Item]) -> float:
    learner, plan = random.Random(name), items.load(language).plan
    believed = [Curve(i.discrimination, i.difficulty, plan.guessing, plan.slips) for i in form]
    right = [learner.random() < true_curve(world, item).probability(theta) for item in form]
    return posterior(zip(believed, right, strict=True), 0.0, plan.prior_deviation).theta


def learner_run(language: str, world: World, form: list[items.Item], number: int) -> tuple[float, ...]:
    """True ability, the two estimates, the standard error claimed, and the items asked."""
    name = f"{world.name}:{number}"
    theta = ability(world, random.Random(f"ability:{name}"))
    sitting = sit(language, world, theta, name)
    estimate = engine.estimate(sitting)
    asked = tuple(response.item for response in sitting.responses)
    return theta, estimate.theta, sit_fixed(language, world, theta, name, form), estimate.se, asked


def middles_run(language: str, world: World, form: list[items.Item], number: int) -> tuple[bool, bool]:
    """Whether a learner in the middle of a level gets that level, adaptively and by the fixed form."""
    level = LEVELS[number % len(LEVELS)]
    name = f"middle:{world.name}:{number}"
    adaptive = engine.estimate(sit(language, world, middle(level), name)).theta
    fixed = sit_fixed(language, world, middle(level), name, form)
    return level_of(score_of(adaptive)) == level, level_of(score_of(fixed)) == level


def root_mean_square(errors: Iterable[float]) -> float:
    squares = [error * error for error in errors]
    return math.sqrt(sum(squares) / len(squares))


def measure(world: World, language: str, learners: int, run_all: Callable) -> str:
    began = time.perf_counter()
    form = fixed_form(language, items.load(language).plan.max_items)
    runs = list(run_all(partial(learner_run, language, world, form), range(learners)))
    spent = time.perf_counter() - began
    middles = list(run_all(partial(middles_run, language, world, form), range(learners // 5)))
    shown = Counter(item for run in runs for item in run[4])
    by_level = [sum(hit for hit, _ in middles[n :: len(LEVELS)]) / len(middles[n :: len(LEVELS)]) for n in range(6)]
    fixed_hits = sum(hit for _, hit in middles) / len(middles)
    return "\n".join(
        (
            f"{world.name}",
            f"  RMSE {root_mean_square(r[1] - r[0] for r in runs):.3f}   fixed form {root_mean_square(r[2] - r[0] for r in runs):.3f}"
            f"   bias {sum(r[1] - r[0] for r in runs) / learners:+.3f}   mean SE claimed {sum(r[3] for r in runs) / learners:.3f}",
            f"  level exact at its middle {' '.join(f'{level} {hit:.0%}' for level, hit in zip(LEVELS, by_level, strict=True))}"
            f"   fixed form {fixed_hits:.0%}",
            f"  items {sum(shown.values()) / learners:.1f}   highest exposure {max(shown.values()) / learners:.1%}"
            f"   never shown {len(items.load(language).items) - len(shown)}   {spent:.0f} s",
        )
    )


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--language", default="en", choices=items.languages())
    options = parser.parse_args()
    bank = items.load(options.language)
    print(f"{options.language}: {len(bank.items)} items, at most {bank.plan.max_items} asked, {options.learners} learners")
    with ProcessPoolExecutor(2) as pool:
        for world in worlds(bank.plan):
            print(measure(world, options.language, options.learners, partial(pool.map, chunksize=100)), flush=True)


if __name__ == "__main__":
    main()
