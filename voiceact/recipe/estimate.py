"""Size and cost of a plan before it runs: hours, bytes, and with a pass rate takes and time.

Every number here is an estimate and says of what it is made; only a pilot (`voiceact.runs.pilot`) measures.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from voiceact.engines.registry import load_engine
from voiceact.engines.remote.client import Cost
from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.runtime.seeds import draw_integer

CHARACTERS_PER_SECOND = 14.2
"""of finished speech, pauses included, at a speaking rate of 1: the embedded engine, 59 takes over all 40 categories"""
WAV_BYTES_PER_SECOND = 48_000
"""16 bit at 24 kHz, the embedded engine's rate"""
FLAC_RATIO = 0.46
"""bytes of FLAC to bytes of WAV, in the same 59 takes"""
RECORD_BYTES = 4_800 + 2 * 1024
"""a record as JSON, in the same takes, and what a tar adds around two members"""
ROW_BYTES = 400
"""a row of the index"""
NEGLIGIBLE = 1e-12
"""chance of a cell still running at which it is taken to have ended"""
MANY = 5000
"""takes of a cell from which on chance evens out"""
SAMPLED = 400
"""takes whose texts are looked at"""


@dataclass(frozen=True)
class PlanSize:
    """Size of a plan's takes.

    Attributes:
        takes: how many
        hours: of audio, without twins
        gigabytes: of the run folder (10^9 bytes), with all that the recipe keeps
    """

    takes: int
    hours: float
    gigabytes: float


def expected_size(plan: Plan, takes: float | None = None) -> PlanSize:
    """Estimate hours and disk from the lengths of up to `SAMPLED` of the plan's texts.

    Args:
        plan: to be estimated
        takes: that are made; None for the most that the plan can make
    """
    specs = list(sample_takes(plan, SAMPLED))
    seconds = sum(expected_seconds(plan, spec) for spec in specs) / len(specs)
    count = plan.takes if takes is None else takes
    store = plan.recipe.store
    sounds = WAV_BYTES_PER_SECOND * seconds * (FLAC_RATIO if store.format == "flac" else 1) * (2 if store.twins else 1)
    return PlanSize(round(count), count * seconds / 3600, count * (sounds + RECORD_BYTES + ROW_BYTES) / 1e9)


def expected_cost(plan: Plan) -> Cost | None:
    """Estimate what a server is asked for if every cell is performed to its last take; None for an engine that runs here.

    Each take has a twin of the same text. Computed from the lengths of up to `SAMPLED` texts; tags that an engine adds come
    on top.
    """
    texts = [spec.text for spec in sample_takes(plan, SAMPLED)]
    cost, factor = load_engine(plan.recipe.engine).cost(texts), 2 * plan.takes / len(texts)
    if cost is None:
        return None
    return Cost(round(cost.requests * factor), round(cost.characters * factor), cost.amount and cost.amount * factor)


def expected_seconds(plan: Plan, spec: TakeSpec) -> float:
    """Estimate the length of a take, in seconds, from its text and its persona's speaking rate."""
    return len(spec.text) / (CHARACTERS_PER_SECOND * plan.personas[spec.cell.persona].voice.rate)


def sample_takes(plan: Plan, count: int, *, seed: int = 0) -> Iterator[TakeSpec]:
    """Yield `count` different takes of a plan (all of them, if it has no more), as many of each category as possible.

    The same for the same plan, count and seed. Takes come in the order in which a category's turn comes.
    """
    takes_of = {category: counts["takes"] for category, counts in coverage(plan).items() if counts["takes"]}
    drawn: dict[str, set[int]] = {category: set() for category in takes_of}
    while count > 0 and (unfinished := [category for category in takes_of if len(drawn[category]) < takes_of[category]]):
        for category in unfinished[:count]:
            # Draw a take of the category that was not drawn before.
            place = draw_integer(seed, category, len(drawn[category])) % takes_of[category]
            while place in drawn[category]:
                place = (place + 1) % takes_of[category]
            drawn[category].add(place)

            at = plan.categories.index(category)
            cell, number = divmod(place, plan.most_takes)
            language, row = divmod(cell, plan.grid.column_height(at))
            yield plan.take(plan.cell(plan.grid.at_row(language, at, row)), number + 1)
            count -= 1


# --- The stop rule


@dataclass(frozen=True)
class ExpectedTakes:
    """Expectation of a cell, or of a plan, under a stop rule.

    Attributes:
        takes: mean number of takes
        included: mean number of included clips
        filled: chance that a cell gets all the clips it asks for; of a plan, the share of cells that do
    """

    takes: float
    included: float
    filled: float


@lru_cache(maxsize=256)
def stopping(rate: float, *, included: int, takes: int) -> ExpectedTakes:
    """Compute a cell that is performed until `included` clips pass, at most `takes` times.

    Exact, by following the probability of each count of included clips from take to take: a negative binomial cut off at
    `takes`. Takes are assumed to pass independently of each other. Beyond `MANY` takes the mean stands for all.

    Args:
        rate: probability that a take passes
        included: clips that end the cell
        takes: most takes of the cell
    """
    if takes > MANY:
        mean = min(takes, included / rate) if rate else float(takes)
        return ExpectedTakes(mean, mean * rate, float(mean < takes))
    chances = np.zeros(included + 1)
    chances[0], spent = 1.0, 0.0
    for _ in range(takes):
        running = 1 - chances[included]
        if running < NEGLIGIBLE:
            break
        spent += running
        passed = chances[:included] * rate
        chances[:included] -= passed
        chances[1:] += passed
    return ExpectedTakes(spent, float(chances @ np.arange(included + 1)), float(chances[included]))


def expected_cell(plan: Plan, rate: float) -> ExpectedTakes:
    """Compute a cell under the plan's own stop rule, or with its fixed number of takes, for a pass rate."""
    stop = plan.recipe.stop
    if stop is None:
        return ExpectedTakes(plan.most_takes, plan.most_takes * rate, 1.0)
    return stopping(rate, included=stop.included, takes=stop.takes)


def expected_plan(plan: Plan, rates: Mapping[str, float]) -> ExpectedTakes:
    """Compute takes and included clips of the whole plan.

    Args:
        plan: to be estimated
        rates: category id -> pass rate
    """
    takes = included = filled = 0.0
    for at, category in enumerate(plan.categories):
        cells = plan.grid.column_height(at) * len(plan.recipe.languages)
        cell = expected_cell(plan, rates[category])
        takes, included, filled = takes + cells * cell.takes, included + cells * cell.included, filled + cells * cell.filled
    return ExpectedTakes(takes, included, filled / plan.cells)


def coverage(plan: Plan) -> dict[str, dict[str, int]]:
    """Return category id -> numbers of cells, takes (at most) and personas in this plan."""
    counts = {}
    for at, category in enumerate(plan.categories):
        cells = plan.grid.column_height(at) * len(plan.recipe.languages)
        counts[category] = {"cells": cells, "takes": cells * plan.most_takes, "personas": len(plan.grid.players[at])}
    return counts


__all__ = [
    "ExpectedTakes",
    "PlanSize",
    "coverage",
    "expected_cell",
    "expected_cost",
    "expected_plan",
    "expected_seconds",
    "expected_size",
    "sample_takes",
    "stopping",
]
