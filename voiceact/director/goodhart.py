"""The Goodhart watch: what the coach gains over more and more takes, beside what a judge gains that steered none of them.

A measure that is steered by ceases to be a good one (Goodhart 1975). So the curve of the coach says nothing by itself: where it
rises and the judge's does not, the director has learned to please the coach.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voiceact.errors import count_noun

LEAST_GAIN = 0.05
"""nats below which nothing is called a rise"""
FOLLOWS = 0.1
"""share of the coach's gain that the judge's must be to be called its follower"""


@dataclass(frozen=True)
class Gain:
    """Gains after so many takes, in nats, means over the cells.

    Attributes:
        takes: heard so far
        coach: of the take that the coach likes best of these, above the first
        judge: of the same take, above the first, for the judge
    """

    takes: int
    coach: float
    judge: float


def measure_gains(cells: Sequence[Sequence[tuple[float, float]]]) -> list[Gain]:
    """Measure the gains over the number of takes.

    Args:
        cells: for each cell its takes in the order they were made: what the coach, and what the judge makes of each. A cell
            that ended early stays where it was

    Raises:
        ValueError: for no cells, or a cell without takes
    """
    if not cells or not all(cells):
        raise ValueError("gains are measured over cells with at least one take each")
    gains = []
    for count in range(1, max(map(len, cells)) + 1):
        kept = []
        for takes in cells:
            best = max(takes[:count], key=lambda take: take[0])  # the first of equals
            kept.append((best[0] - takes[0][0], best[1] - takes[0][1]))
        coach, judge = np.mean(kept, axis=0)
        gains.append(Gain(count, float(coach), float(judge)))
    return gains


def describe_gains(gains: Sequence[Gain]) -> str:
    """Say in a sentence whether the judge follows the coach."""
    last = gains[-1]
    sentence = f"after {count_noun(last.takes, 'take')} the coach gains {last.coach:+.2f} nats and the judge {last.judge:+.2f}"
    if last.coach < LEAST_GAIN:
        return f"{sentence}: there was nothing to gain"
    if last.judge < max(FOLLOWS * last.coach, 0.0):
        return f"{sentence}: the coach's figure rises alone, so more takes please the coach and nobody else"
    return f"{sentence}: the judge, which steered nothing, follows"
