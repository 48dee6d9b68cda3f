"""A search over the continuous moves of a direction, inside the limits of its feeling, by CMA-ES.

The covariance matrix adaptation evolution strategy (Hansen & Ostermeier 2001, Evolutionary Computation 9) draws some takes at a
time, and learns from their ranks where to draw the next. The package `cmaes` (MIT) does it; the extra `director` brings it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.director.strategies import Attempt, Proposal, Situation, Strategy
from voiceact.runtime.extras import MissingExtraError

FIRST_SPREAD = 0.25
"""of the first draws, in shares of each move's range"""
UNHEARD = 1e3
"""what a take that could not be heard costs"""


class Search(Strategy):
    """CMA-ES over all moves that have room; each take is a point in the box of their limits.

    Raises:
        MissingExtraError: if `cmaes` is not installed
    """

    name = "search"
    careful = True

    def __init__(self, situation: Situation):
        super().__init__(situation)
        try:
            from cmaes import CMA
        except ImportError as error:
            raise MissingExtraError("the strategy 'search'", "director") from error
        self._free = situation.free
        low, high = np.array([situation.limits[name] for name in self._free]).T
        self._low, self._width = low, high - low
        start = (np.array([getattr(situation.start.moves, name) for name in self._free]) - low) / self._width
        seed = int(situation.draw(0).integers(2**31))
        self._optimizer = CMA(mean=start, sigma=FIRST_SPREAD, bounds=np.tile((0.0, 1.0), (len(self._free), 1)), seed=seed)
        self._asked: list[NDArray[np.float64]] = []

    def propose(self, attempts: Sequence[Attempt]) -> Proposal | None:
        """Return the next point; after each generation the optimizer is told what its points were worth."""
        start = self.situation.start
        if len(self._asked) == self._optimizer.population_size:
            heard = attempts[-len(self._asked) :]
            self._optimizer.tell(
                [
                    (point, -attempt.total if attempt.score else UNHEARD)
                    for point, attempt in zip(self._asked, heard, strict=True)
                ]
            )
            self._asked = []
        self._asked.append(self._optimizer.ask())
        return Proposal(
            self._place(self._asked[-1]), f"generation {self._optimizer.generation + 1}", start.seed, bursts=start.bursts
        )

    def _place(self, point: NDArray[np.float64]) -> Moves:
        values = self._low + self._width * point
        return replace(
            self.situation.start.moves, **{name: float(value) for name, value in zip(self._free, values, strict=True)}
        )
