"""Cluster bootstrap: intervals and variances from drawing whole clusters (speakers, personas, listeners) with replacement.

Clips of one voice resemble each other, so every interval comes from drawing whole speakers with replacement (Davison &
Hinkley, Bootstrap Methods and their Application, 1997, 3.8). A figure then says how a judge would do on other people
like these, not on other clips of these people. Pure numpy; the same seed gives the same interval.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from voiceact.stats.figure import TAILS, Figure, Floats, Ints

Statistic = Callable[[Floats], Floats]
"""how often each cluster was drawn [draws, clusters] -> the figure of each draw [draws], NaN where it is undefined"""

LEAST_DEFINED = 0.75
"""share of draws that must define a figure before an interval is given"""
LEAST_CLUSTERS = 2
LARGEST_BLOCK = 2_000_000
"""numbers of one block of draws held in memory at once (16 MB)"""

ONE_SPEAKER = "no interval: one speaker; an interval over speakers needs at least two"
FEW_DRAWS = "no interval: too many draws of speakers leave the figure undefined; more speakers are needed"


class Clusters:
    """The cluster (speaker) that each clip belongs to.

    Attributes:
        index: [n] number of each clip's cluster, in the order in which the clusters first appear.
        count: Clusters.
        n: Clips.
    """

    def __init__(self, names: Sequence[object] | None, n: int):
        """Number the clusters.

        Args:
            names: n names, one for each clip; None takes every clip as a cluster of its own.
            n: Clips.

        Raises:
            ValueError: If there is not one name for each clip.
        """
        labels = range(n) if names is None else names
        if len(labels) != n:
            raise ValueError(f"{len(labels)} speakers for {n} clips; expected one for each")
        numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
        self.index: Ints = np.array([numbers[label] for label in labels], np.intp)
        self.count, self.n = len(numbers), n

    def sum(self, values: ArrayLike) -> Floats:
        """Add up values [n] by cluster [clusters]."""
        return np.asarray(np.bincount(self.index, np.asarray(values, np.float64), self.count), np.float64)


def bootstrap_figure(statistic: Statistic, clusters: Clusters, *, draws: int, seed: int) -> Figure:
    """Compute a statistic with the percentile interval over draws of whole clusters."""
    value = float(statistic(np.ones((1, clusters.count)))[0])
    if clusters.count < LEAST_CLUSTERS:
        return Figure(value, n=clusters.n, why=ONE_SPEAKER)
    drawn = np.concatenate([statistic(times) for times in _blocks_of_draws(clusters, draws, seed)])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < LEAST_DEFINED * draws:
        return Figure(value, n=clusters.n, why=FEW_DRAWS)
    low, high = np.quantile(drawn, TAILS)
    return Figure(value, float(low), float(high), clusters.n)


def draw_clusters(count: int, draws: int, random: np.random.Generator) -> Floats:
    """Draw `count` clusters with replacement, `draws` times.

    Returns:
        How often each cluster was drawn [draws, clusters].
    """
    return random.multinomial(count, np.full(count, 1 / count), draws).astype(np.float64)


def draw_row_weights(clusters: Ints, draws: int, seed: int) -> Floats:
    """Draw whole clusters with replacement and return how often each row is drawn [draws, n].

    Args:
        clusters: [n] key of each row's cluster.
        draws: Draws.
        seed: Seed of the draws.
    """
    names, index = np.unique(clusters, return_inverse=True)
    return draw_clusters(len(names), draws, np.random.default_rng(seed))[:, index]


def ratio_variance(numerator: Floats, denominator: Floats, clusters: Ints, *, draws: int, seed: int) -> float:
    """Estimate the variance of sum(numerator) / sum(denominator) over draws of whole clusters.

    Args:
        numerator: [n] summands.
        denominator: [n] summands.
        clusters: [n] key of each row's cluster.
        draws: Draws.
        seed: Seed of the draws.

    Returns:
        The variance, corrected by clusters / (clusters - 1); 0 if there is one cluster only.
    """
    names, index = np.unique(clusters, return_inverse=True)
    count = len(names)
    if count < LEAST_CLUSTERS:
        return 0.0
    above, below = np.bincount(index, numerator), np.bincount(index, denominator)
    times = draw_clusters(count, draws, np.random.default_rng(seed))
    return float((times @ above / (times @ below)).var() * count / (count - 1))


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide element by element; NaN where the denominator is not above 0."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)


def _blocks_of_draws(clusters: Clusters, draws: int, seed: int) -> Iterator[Floats]:
    """Yield blocks [draws, clusters] of how often each cluster was drawn, each within `LARGEST_BLOCK`."""
    random = np.random.default_rng(seed)
    block = max(1, LARGEST_BLOCK // clusters.n)
    for start in range(0, draws, block):
        yield draw_clusters(clusters.count, min(block, draws - start), random)
