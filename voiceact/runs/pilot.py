"""A pilot: a few takes of a plan, really performed and judged here, and a forecast of the rest from them.

>>> from voiceact.runs.pilot import TakeOutcome, run_pilot
>>> from voiceact.recipe.plan import make_plan
>>> run_pilot(make_plan("smoke"), 4, lambda spec: TakeOutcome("verified", True, 3.0)).passed
4

The takes are drawn evenly over the categories. What they cannot say: how takes differ within a category (one rate
stands for all its cells), and how long a busier machine takes.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from voiceact.errors import UsageError, count_noun
from voiceact.recipe.estimate import expected_plan, expected_size, sample_takes
from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.runs.cohort import add_cohort
from voiceact.runs.take import load_performer, make_take
from voiceact.stats.proportions import wilson

PRIOR_TAKES = 4
"""weight, in takes, of the overall rate towards which each category's own rate is shrunk"""


class TakeOutcome(NamedTuple):
    """Outcome of one take.

    Attributes:
        level: of its verdict
        included: whether the recipe's verification accepts it
        seconds: of audio
    """

    level: str
    included: bool
    seconds: float


PerformTake = Callable[[TakeSpec], TakeOutcome]
"""a function that performs and judges a take"""


@dataclass(frozen=True, slots=True)
class PilotTake:
    """A take of the pilot.

    Attributes:
        category: id
        outcome: of the take
        spent: seconds that it took to perform and judge
    """

    category: str
    outcome: TakeOutcome
    spent: float


@dataclass(frozen=True)
class ForecastRange:
    """A figure at the observed pass rate, and at both ends of its 95 % interval."""

    expected: float
    at_low: float
    at_high: float


@dataclass(frozen=True)
class Forecast:
    """Forecast of the whole plan.

    Attributes:
        workers: at work at once
        takes, included: how many
        filled: share of the cells that get all the clips they ask for; 1 where a fixed number of takes is asked
        hours: of audio that is made
        gigabytes: of the run folder
        finish_hours: until it is done, with `workers` at the pace of the pilot's one
        cost: of that, in the currency of the price; None without a price
    """

    workers: int
    takes: ForecastRange
    included: ForecastRange
    filled: ForecastRange
    hours: ForecastRange
    gigabytes: ForecastRange
    finish_hours: ForecastRange
    cost: ForecastRange | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return asdict(self)


@dataclass(frozen=True)
class Pilot:
    """The takes of a pilot.

    Attributes:
        tried: in the order they were made
    """

    tried: tuple[PilotTake, ...]

    @property
    def passed(self) -> int:
        """Included clips."""
        return sum(take.outcome.included for take in self.tried)

    @property
    def rate(self) -> float:
        """Share of the takes that were included."""
        return self.passed / len(self.tried)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate."""
        return wilson(self.passed, len(self.tried))

    def levels(self) -> dict[str, int]:
        """Return level -> takes."""
        counts: dict[str, int] = {}
        for take in self.tried:
            counts[take.outcome.level] = counts.get(take.outcome.level, 0) + 1
        return counts

    def by_category(self) -> dict[str, tuple[int, int]]:
        """Return category id -> included clips, takes."""
        counts: dict[str, tuple[int, int]] = {}
        for take in self.tried:
            passed, takes = counts.get(take.category, (0, 0))
            counts[take.category] = passed + take.outcome.included, takes + 1
        return counts

    def pace(self) -> tuple[float, float]:
        """Return the mean seconds of an included take and of any other; the mean of all where there was none."""
        spent = [[take.spent for take in self.tried if take.outcome.included is which] for which in (True, False)]
        mean = sum(take.spent for take in self.tried) / len(self.tried)
        included, others = (sum(seconds) / len(seconds) if seconds else mean for seconds in spent)
        return included, others


def run_pilot(
    plan: Plan, count: int, perform: PerformTake, *, seed: int = 0, progress: Callable[[PilotTake], None] = lambda take: None
) -> Pilot:
    """Try some takes of the plan; one more is made before, so that loading does not count.

    Args:
        plan: to take them from
        count: of takes; all, if the plan has no more
        perform: performs and judges a take
        seed: of the sample
        progress: called after each take

    Raises:
        UsageError: for less than one take
    """
    if count < 1:
        raise UsageError(f"a pilot of {count_noun(count, 'take')} says nothing; expected at least 1")
    tried: list[PilotTake] = []
    for spec in sample_takes(plan, 1, seed=seed + 1):
        perform(spec)
    for spec in sample_takes(plan, count, seed=seed):
        started = time.perf_counter()
        outcome = perform(spec)
        tried.append(PilotTake(spec.cell.category, outcome, time.perf_counter() - started))
        progress(tried[-1])
    return Pilot(tuple(tried))


def forecast(plan: Plan, pilot: Pilot, *, workers: int = 1, cost_per_hour: float | None = None) -> Forecast:
    """Forecast the whole plan from a pilot.

    A category's rate is its own, shrunk towards the overall one by `PRIOR_TAKES` takes; the ends of the interval are
    those of the overall rate.

    Args:
        plan: to be forecast
        pilot: of it
        workers: at work at once; each is taken to be as quick as the pilot's one
        cost_per_hour: of the machine that they run on
    """
    low, high = pilot.interval
    totals = [expected_plan(plan, _shrink_rates(plan, pilot, overall)) for overall in (pilot.rate, low, high)]

    # Only included clips take disk space where the recipe keeps no others.
    keeps_all = plan.recipe.store.keep == "all"
    sizes = [expected_size(plan, total.takes if keeps_all else total.included) for total in totals]
    included, others = pilot.pace()
    finish = [(total.included * included + (total.takes - total.included) * others) / 3600 / workers for total in totals]
    return Forecast(
        workers,
        ForecastRange(*(total.takes for total in totals)),
        ForecastRange(*(total.included for total in totals)),
        ForecastRange(*(total.filled for total in totals)),
        ForecastRange(*(expected_size(plan, total.takes).hours for total in totals)),
        ForecastRange(*(size.gigabytes for size in sizes)),
        ForecastRange(*finish),
        ForecastRange(*(hours * cost_per_hour for hours in finish)) if cost_per_hour is not None else None,
    )


def _shrink_rates(plan: Plan, pilot: Pilot, overall: float) -> Mapping[str, float]:
    """Return category id -> pass rate, shrunk towards an overall rate."""
    seen = pilot.by_category()
    rates = {}
    for category in plan.categories:
        passed, takes = seen.get(category, (0, 0))
        rates[category] = (passed + PRIOR_TAKES * overall) / (takes + PRIOR_TAKES)
    return rates


def open_performer(plan: Plan) -> PerformTake:
    """Return a function that performs and judges takes of the plan here, as a run does; its cohort is made first."""
    plan = add_cohort(plan)
    performer = load_performer(plan)

    def perform_take(spec: TakeSpec) -> TakeOutcome:
        row = make_take(plan, spec, performer).row
        return TakeOutcome(row["verdict"], bool(row["included"]), row["duration"] or 0.0)

    return perform_take


__all__ = [
    "Forecast",
    "ForecastRange",
    "PerformTake",
    "Pilot",
    "PilotTake",
    "TakeOutcome",
    "forecast",
    "open_performer",
    "run_pilot",
]
