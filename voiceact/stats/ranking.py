"""Rank correlation, and what ranks need: ties, mid-ranks, rows by key."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from voiceact.stats.bootstrap import Clusters, bootstrap_figure, divide
from voiceact.stats.figure import DRAWS, SEED, Figure, Flags, Floats, Ints, missing


def spearman(
    first: ArrayLike, second: ArrayLike, *, speakers: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Figure:
    """Compute Spearman's rank correlation, with mid-ranks for ties.

    Args:
        first: Float [n].
        second: Float [n].
        speakers: n names; None takes every clip as its own speaker.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.

    Raises:
        ValueError: If a value is not finite, or the lengths differ.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    check_values(first, second)
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return missing("a rank correlation needs three clips and values that differ", len(first))
    clusters = Clusters(speakers, len(first))
    ties = group_ties(first), group_ties(second)

    def weighted_spearman(times: Floats) -> Floats:
        weights = times[:, clusters.index]
        first_ranks, second_ranks = (mid_ranks(weights, *groups) for groups in ties)
        return weighted_correlation(first_ranks, second_ranks, weights)

    return bootstrap_figure(weighted_spearman, clusters, draws=draws, seed=seed)


def group_ties(values: Floats) -> tuple[Ints, Ints, Ints]:
    """Sort values and group equal ones.

    Returns:
        Sorting order [n], places in it where groups of equal values start [groups], and each value's group [n].
    """
    order = np.argsort(values, kind="stable")
    fresh = np.diff(values[order], prepend=-np.inf) != 0
    group = np.empty(len(values), np.intp)
    group[order] = np.cumsum(fresh) - 1
    return order, np.flatnonzero(fresh), group


def mid_ranks(weights: Floats, order: Ints, starts: Ints, group: Ints) -> Floats:
    """Rank values that occur `weights` [draws, n] times; ties share the middle of their places.

    The other arguments are what `group_ties` returns.
    """
    times = np.add.reduceat(weights[:, order], starts, axis=1)
    return np.asarray((np.cumsum(times, axis=1) - times / 2)[:, group])


def weighted_correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Correlate (Pearson) two tables [draws, n] row by row, each value counted `weights` [draws, n] times."""
    total = weights.sum(axis=1, keepdims=True)
    first = first - (weights * first).sum(axis=1, keepdims=True) / total
    second = second - (weights * second).sum(axis=1, keepdims=True) / total
    spread = ((weights * first**2).sum(axis=1) * (weights * second**2).sum(axis=1)) ** 0.5
    return divide((weights * first * second).sum(axis=1), spread)


def rows_by_key(keys: Sequence[object]) -> list[Ints]:
    """Return the row numbers of each key, keys in the order in which they first appear."""
    rows: dict[object, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return [np.array(numbers, np.intp) for numbers in rows.values()]


def check_values(first: Floats, second: Floats | Flags) -> None:
    """Raise ValueError unless both arrays have the same shape and hold finite numbers only."""
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} values beside {second.shape}; expected one for each clip")
    if not np.isfinite(first).all() or not np.isfinite(second).all():
        raise ValueError("values must be finite; leave out the clips that were not judged")
