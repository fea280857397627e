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
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from services.leveltest import engine, items
from services.leveltest.engine.model import Curve, posterior
from services.leveltest.engine.sitting import SKILL_SCATTER
from services.leveltest.scale import LEVEL_WIDTH, LEVELS, SKILLS, Skill, level_of, middle, score_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ERROR, LEAST_EXACT, MOST_SHOWN, MOST_ITEMS = 0.35, 0.8, 0.25, 25
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


def sit(language: str, world: World, abilities: dict[Skill, float], name: str) -> engine.Sitting:
    """The choice items of a test by the engine's public steps, answered by the world's response model."""
    learner, bank = random.Random(name), items.load(language)
    sitting = engine.begin(language, name)
    while (question := engine.next_question(sitting)) and question.kind == "choice":
        item = bank.items[question.id]
        knows = learner.random() < true_curve(world, item).probability(abilities[question.skill])
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


class Run(NamedTuple):
    """One learner: the true ability, what the two tests say, the standard error claimed, the items asked."""

    truth: float
    adaptive: float
    fixed: float
    claimed: float
    asked: tuple[str, ...]


def run_one(language: str, world: World, form: list[items.Item], theta: float, name: str) -> Run:
    sitting = sit(language, world, dict.fromkeys(SKILLS, theta), name)
    estimate = engine.estimate(sitting)
    asked = tuple(response.item for response in sitting.responses)
    return Run(theta, estimate.theta, sit_fixed(language, world, theta, name, form), estimate.se, asked)


def run_spread(language: str, world: World, form: list[items.Item], number: int) -> Run:
    """A learner from the population."""
    name = f"{world.name}:{number}"
    return run_one(language, world, form, ability(world, random.Random(f"ability:{name}")), name)


def run_middle(language: str, world: World, form: list[items.Item], number: int) -> Run:
    """A learner in the middle of a level, the levels in turn."""
    theta = middle(LEVELS[number % len(LEVELS)])
    return run_one(language, world, form, theta, f"middle:{world.name}:{number}")


def run_uneven(language: str, world: World, number: int) -> dict[Skill, tuple[float, float]]:
    """A learner whose skills scatter around the overall ability: error and claimed error of each skill."""
    name = f"uneven:{number}"
    chance = random.Random(f"ability:{name}")
    centre = ability(world, chance)
    truth: dict[Skill, float] = {skill: centre + chance.gauss(0, SKILL_SCATTER) for skill in SKILLS}
    scores = engine.choice_scores(sit(language, world, truth, name))
    return {skill: (score.ability - truth[skill], score.error) for skill, score in scores.items()}


def rmse(errors: Iterable[float]) -> float:
    return math.sqrt(mean(error * error for error in errors))


def exact(truth: float, estimate: float) -> bool:
    return level_of(score_of(truth)) == level_of(score_of(estimate))


def report(runs: list[Run], middles: list[Run], bank: items.Bank) -> str:
    shown = Counter(item for run in runs for item in run.asked)
    groups = {level: middles[number :: len(LEVELS)] for number, level in enumerate(LEVELS)}
    hits = {level: mean(exact(r.truth, r.adaptive) for r in group) for level, group in groups.items()}
    error, exposure = rmse(r.adaptive - r.truth for r in runs), max(shown.values()) / len(runs)
    told = " ".join(f"{level} {hit:.0%}" for level, hit in hits.items())
    longest = max(len(run.asked) for run in runs)
    goals = {
        f"RMSE at most {MOST_ERROR}": error <= MOST_ERROR,
        f"every level exact at {LEAST_EXACT:.0%}": min(hits.values()) >= LEAST_EXACT,
        f"no item above {MOST_SHOWN:.0%}": exposure <= MOST_SHOWN,
        f"at most {MOST_ITEMS} items": longest <= MOST_ITEMS,
    }
    fixed = rmse(r.fixed - r.truth for r in runs), mean(exact(r.truth, r.fixed) for r in middles)
    lines = (
        f"RMSE {error:.3f} (fixed form {fixed[0]:.3f})",
        f"bias {mean(r.adaptive - r.truth for r in runs):+.3f}, its SE {mean(r.claimed for r in runs):.3f}",
        f"level exact at its middle: {told} (fixed form {fixed[1]:.0%})",
        f"{sum(shown.values()) / len(runs):.1f} items a test, {len(bank.items) - len(shown)} never shown",
        f"highest exposure {exposure:.1%}",
        "goals: " + ", ".join(f"{goal} {'reached' if met else 'MISSED'}" for goal, met in goals.items()),
    )
    return "\n".join(f"  {line}" for line in lines)


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--language", default="en", choices=items.languages())
    options = parser.parse_args()
    bank = items.load(options.language)
    print(f"{len(bank.items)} items, at most {bank.plan.max_items} a test, {options.learners} learners")
    form = fixed_form(options.language, bank.plan.max_items)
    with ProcessPoolExecutor(2) as pool:
        for world in worlds(bank.plan):
            began = time.perf_counter()
            spread, at_middle = (
                partial(run, options.language, world, form) for run in (run_spread, run_middle)
            )
            runs = list(pool.map(spread, range(options.learners), chunksize=100))
            middles = list(pool.map(at_middle, range(options.learners // 5), chunksize=100))
            print(
                f"{world.name} ({time.perf_counter() - began:.0f} s)\n{report(runs, middles, bank)}",
                flush=True,
            )
        scattered = partial(run_uneven, options.language, worlds(bank.plan)[0])
        uneven = list(pool.map(scattered, range(options.learners), chunksize=100))
    print(f"as the engine believes, skills scattered by {SKILL_SCATTER} around the overall ability")
    for skill in uneven[0]:
        errors, claimed = zip(*(run[skill] for run in uneven), strict=True)
        print(f"  {skill}: RMSE {rmse(errors):.3f}, its SE {mean(claimed):.3f}")


if __name__ == "__main__":
    main()
