"""Figures with 95 % intervals from counts by persona: memory does not grow with the number of takes.

The takes of one persona resemble each other, so an interval comes from drawing whole personas with replacement, as
`voiceact.stats.bootstrap` does for speakers; it is never narrower than Wilson's for as many independent takes.
"""

import numpy as np
from numpy.typing import ArrayLike

from voiceact.errors import count_noun
from voiceact.stats.bootstrap import LEAST_DEFINED, divide, draw_clusters
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, Floats, missing
from voiceact.stats.proportions import wilson

LEAST_PERSONAS = 5
"""with fewer, drawing them anew gives intervals that are far too narrow: of two there are three draws"""


def share_of_counts(yes: ArrayLike, total: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute the share of takes that were a yes.

    The same as `proportions.rate` of the takes themselves with personas for speakers; a single persona has Wilson's
    interval.

    Args:
        yes: [personas] takes that were a yes.
        total: [personas] takes.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.
    """
    accepted, takes = np.asarray(yes, np.float64), np.asarray(total, np.float64)
    accepted, takes = accepted[takes > 0], takes[takes > 0]
    n = int(takes.sum())
    if not n:
        return missing("no take to ask about")
    value, (low, high) = accepted.sum() / n, wilson(round(float(accepted.sum())), n)
    if len(takes) > 1:
        times = draw_clusters(len(takes), draws, np.random.default_rng(seed))
        drawn = np.quantile((times @ accepted) / (times @ takes), TAILS)
        low, high = min(low, drawn[0]), max(high, drawn[1])
    return Figure(float(value), float(low), float(high), n)


def rank_correlation(counts: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute Spearman's rank correlation of two ordered scales, with mid-ranks for ties.

    Args:
        counts: [personas, first scale, second scale] takes.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.
    """
    tables = np.asarray(counts, np.float64)
    tables = tables[tables.sum(axis=(1, 2)) > 0]
    total = int(tables.sum())
    if total < 3:
        return missing("fewer than three takes", total)
    value = float(_spearman_of_tables(tables.sum(axis=0)[None])[0])
    if not np.isfinite(value):
        return missing("one of the two never varies", total)
    if len(tables) < LEAST_PERSONAS:
        few = "one persona" if len(tables) == 1 else count_noun(len(tables), "persona")
        return Figure(value, n=total, why=f"no interval: {few}; an interval over personas needs at least {LEAST_PERSONAS}")
    times = draw_clusters(len(tables), draws, np.random.default_rng(seed))
    drawn = _spearman_of_tables(np.tensordot(times, tables, axes=1))
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < LEAST_DEFINED * draws:
        return Figure(value, n=total, why="no interval: too many draws of personas leave the figure undefined")
    low, high = np.quantile(drawn, TAILS)
    return Figure(value, float(low), float(high), total)


def histogram_quantiles(
    counts: ArrayLike, edges: ArrayLike, which: tuple[float, ...] = (0.25, 0.5, 0.75)
) -> list[float] | None:
    """Read quantiles off a histogram, each at the middle of its bin.

    Args:
        counts: [bins].
        edges: [bins + 1].
        which: Quantiles, from 0 to 1.

    Returns:
        One value for each quantile; None if the histogram is empty.
    """
    bins, ends = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
    if not bins.sum():
        return None
    reached = np.cumsum(bins) / bins.sum()
    middle = (ends[:-1] + ends[1:]) / 2
    return [float(middle[int(np.searchsorted(reached, quantile - 1e-12))]) for quantile in which]


def _spearman_of_tables(counts: Floats) -> Floats:
    """Compute the rank correlation of each table [n, first, second]; NaN where a scale does not vary."""
    first, second = counts.sum(axis=2), counts.sum(axis=1)
    total = counts.sum(axis=(1, 2))[:, None]
    # Mid-ranks of the steps of each scale, less their mean.
    first_ranks = np.cumsum(first, axis=1) - first / 2 - total / 2
    second_ranks = np.cumsum(second, axis=1) - second / 2 - total / 2
    both = np.einsum("nij,ni,nj->n", counts, first_ranks, second_ranks)
    spread = np.sqrt((first * first_ranks**2).sum(axis=1) * (second * second_ranks**2).sum(axis=1))
    return divide(both, spread)
