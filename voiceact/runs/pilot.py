"""A few takes of a plan, really performed and judged here, and what they say of the rest.

>>> from voiceact.runs.pilot import Outcome, run_pilot
>>> from voiceact.recipe.plan import make_plan
>>> run_pilot(make_plan("smoke"), 4, lambda spec: Outcome("verified", True, 3.0)).passed
4

The takes are drawn evenly over the categories. What they cannot say: how takes differ within a category (one rate
stands for all its cells), and how long a busier machine takes.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from voiceact.errors import UsageError
from voiceact.recipe.estimate import Stopping, expected_plan, expected_size, sampled
from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.stats.proportions import wilson

PRIOR_TAKES = 4
"""takes' worth of the overall rate that each category's own rate is drawn towards"""


class Outcome(NamedTuple):
    """What became of a take.

    level: of its verdict
    included: whether the recipe's verification takes it
    seconds: of audio
    """

    level: str
    included: bool
    seconds: float


Make = Callable[[TakeSpec], Outcome]
"""performs and judges a take"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A take of the pilot; `spent` is what it took to perform and judge, in seconds."""

    category: str
    outcome: Outcome
    spent: float


@dataclass(frozen=True)
class Range:
    """A number at the pass rate that was seen, and at both ends of its 95 % interval."""

    expected: float
    at_low: float
    at_high: float


@dataclass(frozen=True)
class Forecast:
    """What the whole plan will come to.

    takes, included: how many
    filled: share of the cells that get all the clips they ask for; 1 where a fixed number of takes is asked
    hours: of audio that is made
    gigabytes: of the run folder
    finish_hours: until it is done, with so many workers at the pace of the pilot's one
    cost: of that, in the currency of the price; None without a price
    """

    workers: int
    takes: Range
    included: Range
    filled: Range
    hours: Range
    gigabytes: Range
    finish_hours: Range
    cost: Range | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return asdict(self)


@dataclass(frozen=True)
class Pilot:
    """Takes that were tried."""

    tried: tuple[Tried, ...]

    @property
    def passed(self) -> int:
        """Included clips."""
        return sum(one.outcome.included for one in self.tried)

    @property
    def rate(self) -> float:
        """Share of the takes that were included."""
        return self.passed / len(self.tried)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate."""
        return wilson(self.passed, len(self.tried))

    def levels(self) -> dict[str, int]:
        """Level -> takes."""
        found: dict[str, int] = {}
        for one in self.tried:
            found[one.outcome.level] = found.get(one.outcome.level, 0) + 1
        return found

    def by_category(self) -> dict[str, tuple[int, int]]:
        """Category id -> included clips, takes."""
        found: dict[str, tuple[int, int]] = {}
        for one in self.tried:
            passed, takes = found.get(one.category, (0, 0))
            found[one.category] = passed + one.outcome.included, takes + 1
        return found

    def pace(self) -> tuple[float, float]:
        """Seconds that an included take took, and any other; the mean of all where there was none."""
        spent = [[one.spent for one in self.tried if one.outcome.included is which] for which in (True, False)]
        mean = sum(one.spent for one in self.tried) / len(self.tried)
        included, others = (sum(some) / len(some) if some else mean for some in spent)
        return included, others


def run_pilot(
    plan: Plan, count: int, make: Make, *, seed: int = 0, progress: Callable[[Tried], None] = lambda tried: None
) -> Pilot:
    """Try `count` takes of the plan, or all it has; one is made before, so that loading does not count.

    Raises:
        UsageError: for less than one take
    """
    if count < 1:
        raise UsageError(f"a pilot of {count} takes says nothing; expected at least 1")
    tried: list[Tried] = []
    for spec in sampled(plan, 1, seed=seed + 1):
        make(spec)
    for spec in sampled(plan, count, seed=seed):
        started = time.perf_counter()
        outcome = make(spec)
        tried.append(Tried(spec.cell.category, outcome, time.perf_counter() - started))
        progress(tried[-1])
    return Pilot(tuple(tried))


def forecast(plan: Plan, pilot: Pilot, *, workers: int = 1, cost_per_hour: float | None = None) -> Forecast:
    """What the pilot says of the whole plan.

    A category's rate is its own, drawn towards the overall one by `PRIOR_TAKES` takes; the ends of the interval are
    those of the overall rate.

    workers: at work at once; each is taken to be as quick as the pilot's one
    cost_per_hour: of the machine that they run on
    """
    low, high = pilot.interval
    wholes = [expected_plan(plan, _rates(plan, pilot, overall)) for overall in (pilot.rate, low, high)]
    sizes = [expected_size(plan, _stored(plan, whole)) for whole in wholes]
    finish = [_seconds(pilot, whole) / 3600 / workers for whole in wholes]
    return Forecast(
        workers,
        Range(*(whole.takes for whole in wholes)),
        Range(*(whole.included for whole in wholes)),
        Range(*(whole.filled for whole in wholes)),
        Range(*(expected_size(plan, whole.takes).hours for whole in wholes)),
        Range(*(size.gigabytes for size in sizes)),
        Range(*finish),
        Range(*(hours * cost_per_hour for hours in finish)) if cost_per_hour is not None else None,
    )


def _rates(plan: Plan, pilot: Pilot, overall: float) -> Mapping[str, float]:
    seen = pilot.by_category()
    found = {}
    for category in plan.categories:
        passed, takes = seen.get(category, (0, 0))
        found[category] = (passed + PRIOR_TAKES * overall) / (takes + PRIOR_TAKES)
    return found


def _stored(plan: Plan, whole: Stopping) -> float:
    return whole.takes if plan.recipe.store.keep == "all" else whole.included


def _seconds(pilot: Pilot, whole: Stopping) -> float:
    included, others = pilot.pace()
    return whole.included * included + (whole.takes - whole.included) * others


# --- The real thing


def performer(plan: Plan) -> Make:
    """What performs and judges takes of the plan here, as a run does."""
    from voiceact.runs.take import load_performer, make_take

    studio = load_performer(plan)

    def perform_take(spec: TakeSpec) -> Outcome:
        row = make_take(plan, spec, studio).row
        return Outcome(row["verdict"], bool(row["included"]), row["duration"] or 0.0)

    return perform_take


__all__ = ["Forecast", "Make", "Outcome", "Pilot", "Range", "Tried", "forecast", "performer", "run_pilot"]
