"""What a plan will come to, before it runs: hours, bytes, and with a pass rate takes and time.

Every number here is an estimate and says of what it is made; only a pilot (`voiceact.runs.pilot`) measures.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import numpy as np

from voiceact.engines.registry import load_engine
from voiceact.engines.remote.client import Cost
from voiceact.recipe.plan import Plan, TakeSpec

CHARACTERS_PER_SECOND = 14.2
"""of finished speech, pauses included, at a speaking rate of 1: the embedded engine, 59 takes over all 40 categories"""
WAV_BYTES_PER_SECOND = 48_000
"""16 bit at 24 kHz, the embedded engine's rate"""
FLAC_SHARE = 0.46
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
class Size:
    """What all takes come to, if every cell is performed to its last take.

    hours: of audio, without twins
    gigabytes: of the run folder (10^9 bytes), with all that the recipe keeps
    """

    takes: int
    hours: float
    gigabytes: float


def expected_size(plan: Plan, takes: float | None = None) -> Size:
    """Hours and disk of so many takes (None: all), from the lengths of up to `SAMPLED` of the plan's texts."""
    texts = list(sampled(plan, SAMPLED))
    seconds = sum(seconds_of(plan, spec) for spec in texts) / len(texts)
    count = plan.takes if takes is None else takes
    store = plan.recipe.store
    sounds = WAV_BYTES_PER_SECOND * seconds * (FLAC_SHARE if store.format == "flac" else 1) * (2 if store.twins else 1)
    return Size(round(count), count * seconds / 3600, count * (sounds + RECORD_BYTES + ROW_BYTES) / 1e9)


def expected_cost(plan: Plan) -> Cost | None:
    """What a server would be asked for by all takes, if every cell is performed to its last; None for an engine that is here.

    Each take has a twin, of the same text. From the lengths of up to `SAMPLED` texts; tags that an engine adds come on top.
    """
    texts = [spec.text for spec in sampled(plan, SAMPLED)]
    found, share = load_engine(plan.recipe.engine).cost(texts), 2 * plan.takes / len(texts)
    if found is None:
        return None
    return Cost(round(found.requests * share), round(found.characters * share), found.amount and found.amount * share)


def seconds_of(plan: Plan, spec: TakeSpec) -> float:
    """How long a take will be, in seconds, from its text and its persona's speaking rate."""
    return len(spec.text) / (CHARACTERS_PER_SECOND * plan.personas[spec.cell.persona].voice.rate)


def sampled(plan: Plan, count: int, *, seed: int = 0) -> Iterator[TakeSpec]:
    """So many different takes of a plan (all of them, if it has no more), as many of each category as may be.

    The same for the same plan, count and seed. Takes stand in the order in which a category's turn comes.
    """
    left = {category: share["takes"] for category, share in coverage(plan).items() if share["takes"]}
    drawn: dict[str, set[int]] = {category: set() for category in left}
    while count > 0 and any(len(drawn[category]) < left[category] for category in left):
        for category in [category for category in left if len(drawn[category]) < left[category]][:count]:
            yield _nth(plan, category, _another(f"{seed}:{category}", drawn[category], left[category]))
            count -= 1


def _another(name: str, drawn: set[int], of: int) -> int:
    """A number below `of` that was not drawn before."""
    place = int.from_bytes(sha256(f"{name}:{len(drawn)}".encode()).digest()[:8], "big") % of
    while place in drawn:
        place = (place + 1) % of
    drawn.add(place)
    return place


def _nth(plan: Plan, category: str, place: int) -> TakeSpec:
    """A take of a category by its place among them."""
    at = plan.categories.index(category)
    cells = plan.grid.columns(at)
    cell, number = divmod(place, plan.most_takes)
    language, row = divmod(cell, cells)
    return plan.take(plan.cell(plan.grid.at_row(language, at, row)), number + 1)


# --- The stop rule


@dataclass(frozen=True)
class Stopping:
    """What a cell comes to under a stop rule.

    takes: mean number of takes
    included: mean number of included clips
    filled: chance that it gets all the clips that are asked
    """

    takes: float
    included: float
    filled: float


@lru_cache(maxsize=256)
def stopping(rate: float, *, included: int, takes: int) -> Stopping:
    """A cell that is performed until `included` clips pass, at most `takes` times, each passing at `rate` by itself.

    Exact, by following the chance of each count of included clips from take to take: a negative binomial cut off at
    `takes`. That takes pass independently of each other is assumed. Beyond `MANY` takes the mean stands for all.
    """
    if takes > MANY:
        mean = min(takes, included / rate) if rate else float(takes)
        return Stopping(mean, mean * rate, float(mean < takes))
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
    return Stopping(spent, float(chances @ np.arange(included + 1)), float(chances[included]))


def expected_cell(plan: Plan, rate: float) -> Stopping:
    """As `stopping`, for the plan's own rule; with a fixed number of takes, that number."""
    stop = plan.recipe.stop
    if stop is None:
        return Stopping(plan.most_takes, plan.most_takes * rate, 1.0)
    return stopping(rate, included=stop.included, takes=stop.takes)


def expected_plan(plan: Plan, rates: Mapping[str, float]) -> Stopping:
    """Takes and included clips of the whole plan, given the pass rate of each category; `filled` is a share of cells.

    rates: category id -> pass rate
    """
    takes = included = filled = 0.0
    for at, category in enumerate(plan.categories):
        cells = plan.grid.columns(at) * len(plan.recipe.languages)
        cell = expected_cell(plan, rates[category])
        takes, included, filled = takes + cells * cell.takes, included + cells * cell.included, filled + cells * cell.filled
    return Stopping(takes, included, filled / plan.cells)


# --- Coverage


def coverage(plan: Plan) -> dict[str, dict[str, int]]:
    """Category id -> how many cells, takes (at most) and personas it has in this plan."""
    found = {}
    for at, category in enumerate(plan.categories):
        cells = plan.grid.columns(at) * len(plan.recipe.languages)
        players = len(plan.grid.players[at])
        found[category] = {"cells": cells, "takes": cells * plan.most_takes, "personas": players}
    return found


__all__ = [
    "Size",
    "Stopping",
    "coverage",
    "expected_cell",
    "expected_cost",
    "expected_plan",
    "expected_size",
    "sampled",
    "seconds_of",
    "stopping",
]
