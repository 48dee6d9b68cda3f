"""A figure: a measured number with its 95 % interval, or the reason why it could not be measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

CONFIDENCE = 0.95
TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
"""quantiles of a distribution between which the interval lies"""
DRAWS = 1000
"""draws of a bootstrap or a permutation"""
SEED = 0


@dataclass(frozen=True)
class Figure:
    """A measured number, its 95 % interval and the clips (or answers) it rests on.

    Attributes:
        value: None if it could not be measured; `why` then gives the reason.
        low: Lower end of the interval; None if no interval can be given, and `why` then gives the reason.
        high: Upper end of the interval; None where `low` is.
        n: Clips or answers counted.
        why: Reason why a part is missing; empty if none is.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the keys value, low, high and n, and `why` if it is not empty."""
        figure: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high, "n": self.n}
        return figure | {"why": self.why} if self.why else figure


def missing(why: str, n: int = 0) -> Figure:
    """Return a figure that could not be measured, with the reason."""
    return Figure(None, n=n, why=why)
