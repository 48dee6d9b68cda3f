"""What the judge would have confirmed had the same clips been asked for something else.

The requests of a persona are dealt out anew among its clips. How often a category would then be confirmed follows
from counts alone: of a persona's clips some were asked for it and the judge would say yes to some; dealing is
drawing without replacement, so the hits are hypergeometric. For all categories together the deal is made as it
stands while the clips are few, and beyond that described by its exact mean and variance (Hoeffding, A combinatorial
central limit theorem, 1951), so that memory does not grow with the clips.
"""

from dataclasses import dataclass, field
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from voiceact.dataset.findings.measures import TAILS
from voiceact.stats.statistics import DRAWS, SEED, Null, permutation_null

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_DEALT = 20_000
"""clips up to which requests are dealt one by one"""


@dataclass
class Deal:
    """Counts of judged clips by persona.

    asked: [personas, categories] clips asked for it
    heard: [personas, categories] of those, clips in which it is called present
    called: [personas, categories] clips in which it would be called present, whatever they were asked
    together: [personas, categories, categories] clips in which both would be
    """

    personas: int
    categories: int
    asked: Ints = field(init=False)
    heard: Ints = field(init=False)
    called: Ints = field(init=False)
    together: Ints = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.personas, self.categories)
        self.asked, self.heard, self.called = (np.zeros(shape, np.int64) for _ in range(3))
        self.together = np.zeros((*shape, self.categories), np.int64)
        self._kept: list[tuple[Flags, Ints, Ints]] = []

    def add(self, accepts: Flags, asked: Ints, persona: Ints) -> None:
        """Count clips whose category the judge can tell.

        accepts: bool [n, categories], would the judge call it present
        asked, persona: int [n]
        """
        np.add.at(self.asked, (persona, asked), 1)
        np.add.at(self.heard, (persona, asked), accepts[np.arange(len(asked)), asked])
        for one in np.unique(persona):
            rows = accepts[persona == one].astype(np.float32)
            self.called[one] += rows.sum(axis=0).astype(np.int64)
            self.together[one] += np.rint(rows.T @ rows).astype(np.int64)
        if self.clips <= MOST_DEALT:
            self._kept.append((accepts, asked, persona))
        else:
            self._kept.clear()

    @property
    def clips(self) -> int:
        """Clips counted."""
        return int(self.asked.sum())

    def of_category(self, category: int, *, draws: int = DRAWS, seed: int = SEED) -> Null | None:
        """One category's null; None if no clip was asked for it."""
        asked, called, total = self.asked[:, category], self.called[:, category], self.asked.sum(axis=1)
        here = asked > 0
        count = int(asked.sum())
        if not count:
            return None
        asked, called, total = asked[here], called[here], total[here]
        hits = np.random.default_rng(seed).hypergeometric(called, total - called, asked, (draws, len(asked))).sum(axis=1)
        observed = int(self.heard[:, category].sum())
        low, high = np.quantile(hits / count, TAILS)
        p = (1 + int((hits >= observed).sum())) / (draws + 1)
        return Null(observed / count, float((asked * called / total).sum() / count), float(low), float(high), p, count, draws)

    def of_all(self, *, draws: int = DRAWS, seed: int = SEED) -> Null | None:
        """The null of all clips together; None if there are none. `draws` is 0 where it was not drawn."""
        if not self.clips:
            return None
        if self._kept:
            accepts, asked, persona = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
            return permutation_null(accepts, asked, groups=persona.tolist(), draws=draws, seed=seed)
        return self._described()

    def _described(self) -> Null:
        """By exact mean and variance, and the normal curve."""
        mean = variance = 0.0
        for asked, called, together in zip(self.asked, self.called, self.together, strict=True):
            one, spread = _moments(asked.astype(float), called.astype(float), together.astype(float))
            mean, variance = mean + one, variance + spread
        n, observed, deviation = self.clips, float(self.heard.sum()), sqrt(variance)
        low, high = (min(max((mean + NormalDist().inv_cdf(tail) * deviation) / n, 0.0), 1.0) for tail in TAILS)
        # Half a clip for continuity: hits are whole numbers.
        p = 0.5 * erfc((observed - 0.5 - mean) / (deviation * sqrt(2))) if deviation else float(observed <= mean)
        return Null(observed / n, float(mean) / n, float(low), float(high), p, n, 0)


def _moments(asked: NDArray[np.float64], called: NDArray[np.float64], together: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and variance of the hits of one persona under dealing.

    With a[i, j] = 1 where clip i is called what request j asks, the hits of a deal are the sum of a over a random
    pairing; its variance is the sum of the doubly centred squares over n - 1.
    """
    n = asked.sum()
    if not n:
        return 0.0, 0.0
    whole = float(asked @ called)
    rows = float(asked @ together @ asked)  # sum over clips of (row sum) squared
    columns = float(asked @ called**2)
    centred = whole - rows / n - columns / n + (whole / n) ** 2
    return float(whole / n), max(float(centred / (n - 1)), 0.0) if n > 1 else 0.0
