"""What a confidence is worth: how often answers given with it were right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from voiceact.stats.proportions import wilson


@dataclass(frozen=True)
class Bin:
    """Answers whose confidence lies between `start` and `stop`: how many were right, with Wilson's interval."""

    start: float
    stop: float
    confidence: float
    share: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def reliability(confidence: ArrayLike, right: ArrayLike, *, edges: ArrayLike) -> list[Bin]:
    """How often answers of a given confidence were right; empty bins are left out.

    confidence: float [n]; right: bool [n]; edges: ascending, the last one belongs to the last bin
    """
    confidence, right, edges = np.asarray(confidence, float), np.asarray(right, bool), np.asarray(edges, float)
    of = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, len(edges) - 2)
    bins = []
    for place in np.unique(of):
        here = of == place
        low, high = wilson(int(right[here].sum()), int(here.sum()))
        bins.append(
            Bin(
                float(edges[place]),
                float(edges[place + 1]),
                float(confidence[here].mean()),
                float(right[here].mean()),
                low,
                high,
                int(here.sum()),
            )
        )
    return bins


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error: mean distance of confidence and share right, weighted by answers."""
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.confidence - b.share) for b in bins) / total if total else None
