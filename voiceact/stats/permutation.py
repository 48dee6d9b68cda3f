"""Permutation baseline: what a judge would have confirmed had the same clips been asked for something else.

The requests of a persona are dealt out at random among its clips. How often a category would then be confirmed follows
from counts alone: of a persona's clips some were asked for it and the judge would say yes to some; dealing is drawing
without replacement, so the hits are hypergeometric. For all categories together the permutation is carried out clip by
clip while the clips are few, and beyond that described by its exact mean and variance (Hoeffding, A combinatorial
central limit theorem, 1951), so that memory does not grow with the clips.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import erfc, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voiceact.stats.figure import DRAWS, SEED, TAILS, Flags, Floats
from voiceact.stats.ranking import rows_by_key

Counts = NDArray[np.int64]

MOST_PERMUTED = 20_000
"""clips up to which requests are permuted one by one"""


@dataclass(frozen=True)
class Null:
    """What a judge confirms, against what it would confirm had the requests been dealt out at random.

    Attributes:
        observed: Share of clips in which the requested category is called present.
        mean: The same share under random requests.
        low: Lower end of the range that 95 % of the permutations lie in.
        high: Its upper end.
        p: Chance of a permutation at least as good as what was observed; 1 for a judge that says yes to everything.
        n: Clips.
        draws: Permutations; 0 where the exact moments were used.
    """

    observed: float
    mean: float
    low: float
    high: float
    p: float
    n: int
    draws: int

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a dictionary."""
        return dict(vars(self))


def permutation_null(
    accepts: ArrayLike, requests: ArrayLike, *, groups: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Null:
    """Permute the requests among the clips and count what the judge would have confirmed.

    Args:
        accepts: Bool [n, categories], whether the judge would say yes to this clip for that category.
        requests: Int [n], the category that each clip was asked for.
        groups: n keys; requests are permuted within a group only (one persona, one speaker). None: among all.
        draws: Permutations.
        seed: Seed of the permutations.

    Raises:
        ValueError: If there is no clip.
    """
    accepts, requests = np.asarray(accepts, bool), np.asarray(requests, np.intp)
    if not len(requests):
        raise ValueError("a permutation null needs at least one clip")
    random, rows = np.random.default_rng(seed), np.arange(len(requests))
    permuted = np.tile(requests, (draws, 1))
    for members in rows_by_key(groups if groups is not None else [0] * len(requests)):
        permuted[:, members] = random.permuted(permuted[:, members], axis=1)
    observed, rates = accepts[rows, requests].mean(), accepts[rows, permuted].mean(axis=1)
    low, high = np.quantile(rates, TAILS)
    p = (1 + (rates >= observed - 1e-12).sum()) / (draws + 1)
    return Null(float(observed), float(rates.mean()), float(low), float(high), float(p), len(requests), draws)


@dataclass
class PermutationCounts:
    """Counts of judged clips by persona, from which the permutation baseline follows.

    Attributes:
        personas: Number of personas.
        categories: Number of categories.
        requested: [personas, categories] clips asked for the category.
        confirmed: [personas, categories] clips asked for it in which it is called present.
        accepted: [personas, categories] clips in which it would be called present, whatever they were asked for.
        accepted_pairs: [personas, categories, categories] clips in which both would be called present.
    """

    personas: int
    categories: int
    requested: Counts = field(init=False)
    confirmed: Counts = field(init=False)
    accepted: Counts = field(init=False)
    accepted_pairs: Counts = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.personas, self.categories)
        self.requested, self.confirmed, self.accepted = (np.zeros(shape, np.int64) for _ in range(3))
        self.accepted_pairs = np.zeros((*shape, self.categories), np.int64)
        self._clips: list[tuple[Flags, Counts, Counts]] = []

    def add(self, accepts: Flags, requests: Counts, persona: Counts) -> None:
        """Count clips whose category the judge can tell.

        Args:
            accepts: Bool [n, categories], whether the judge would call the category present.
            requests: Int [n], the category that each clip was asked for.
            persona: Int [n], the persona of each clip.
        """
        np.add.at(self.requested, (persona, requests), 1)
        np.add.at(self.confirmed, (persona, requests), accepts[np.arange(len(requests)), requests])
        for number in np.unique(persona):
            rows = accepts[persona == number].astype(np.float32)
            self.accepted[number] += rows.sum(axis=0).astype(np.int64)
            self.accepted_pairs[number] += np.rint(rows.T @ rows).astype(np.int64)
        if self.clips <= MOST_PERMUTED:
            self._clips.append((accepts, requests, persona))
        else:
            self._clips.clear()

    @property
    def clips(self) -> int:
        """Clips counted."""
        return int(self.requested.sum())

    def of_category(self, category: int, *, draws: int = DRAWS, seed: int = SEED) -> Null | None:
        """Compute the baseline of one category from hypergeometric draws; None if no clip was asked for it."""
        requested, accepted, total = self.requested[:, category], self.accepted[:, category], self.requested.sum(axis=1)
        n = int(requested.sum())
        if not n:
            return None
        here = requested > 0
        requested, accepted, total = requested[here], accepted[here], total[here]
        random = np.random.default_rng(seed)
        hits = random.hypergeometric(accepted, total - accepted, requested, (draws, len(requested))).sum(axis=1)
        observed = int(self.confirmed[:, category].sum())
        mean = float((requested * accepted / total).sum() / n)
        low, high = np.quantile(hits / n, TAILS)
        p = (1 + int((hits >= observed).sum())) / (draws + 1)
        return Null(observed / n, mean, float(low), float(high), p, n, draws)

    def of_all(self, *, draws: int = DRAWS, seed: int = SEED) -> Null | None:
        """Compute the baseline of all clips together; None if there are none.

        Beyond `MOST_PERMUTED` clips it is described by its exact mean and variance and the normal curve; `draws` of the
        result is then 0.
        """
        if not self.clips:
            return None
        if self._clips:
            accepts, requests, persona = (np.concatenate(parts) for parts in zip(*self._clips, strict=True))
            return permutation_null(accepts, requests, groups=persona.tolist(), draws=draws, seed=seed)

        # Add up mean and variance over the personas, which are permuted apart.
        mean = variance = 0.0
        for requested, accepted, pairs in zip(self.requested, self.accepted, self.accepted_pairs, strict=True):
            persona_mean, persona_variance = _moments(requested.astype(float), accepted.astype(float), pairs.astype(float))
            mean, variance = mean + persona_mean, variance + persona_variance

        # Read the range and the tail off the normal curve.
        n, observed, deviation = self.clips, float(self.confirmed.sum()), sqrt(variance)
        low, high = (min(max((mean + NormalDist().inv_cdf(tail) * deviation) / n, 0.0), 1.0) for tail in TAILS)
        # Half a clip for continuity: hits are whole numbers.
        p = 0.5 * erfc((observed - 0.5 - mean) / (deviation * sqrt(2))) if deviation else float(observed <= mean)
        return Null(observed / n, float(mean) / n, float(low), float(high), p, n, 0)


def _moments(requested: Floats, accepted: Floats, accepted_pairs: Floats) -> tuple[float, float]:
    """Compute mean and variance of the hits of one persona under permutation.

    With a[i, j] = 1 where clip i is called what request j asks, the hits of a permutation are the sum of a over a random
    pairing; its variance is the sum of the doubly centred squares over n - 1.
    """
    n = requested.sum()
    if not n:
        return 0.0, 0.0
    whole = float(requested @ accepted)
    rows = float(requested @ accepted_pairs @ requested)  # sum over clips of (row sum) squared
    columns = float(requested @ accepted**2)
    centred = whole - rows / n - columns / n + (whole / n) ** 2
    return float(whole / n), max(float(centred / (n - 1)), 0.0) if n > 1 else 0.0
