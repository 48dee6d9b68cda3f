"""Figures with 95 % intervals from counts by persona: nothing here grows with the number of clips.

The takes of one persona resemble each other, so an interval comes from drawing whole personas with replacement,
as `voiceact.stats.statistics` does for speakers; and it is never narrower than Wilson's for as many free takes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voiceact.stats.statistics import CONFIDENCE, DRAWS, SEED, Figure, missing, wilson

Floats = NDArray[np.float64]

TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
LEAST_PERSONAS = 5
"""with fewer, drawing them anew gives intervals that are far too narrow: of two there are three draws"""
LEAST_DEFINED = 0.75
"""share of draws that must define a figure before an interval is given"""


def share(yes: ArrayLike, asked: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Share of takes that were a yes.

    yes, asked: [personas] takes
    The same as `statistics.rate` of the takes themselves, with personas for speakers; one persona alone has
    Wilson's interval.
    """
    said, of = np.asarray(yes, np.float64), np.asarray(asked, np.float64)
    said, of = said[of > 0], of[of > 0]
    total = int(of.sum())
    if not total:
        return missing("no take to ask about")
    value, (low, high) = said.sum() / total, wilson(round(float(said.sum())), total)
    if len(of) > 1:
        times = _drawn(len(of), draws, seed)
        drawn = np.quantile((times @ said) / (times @ of), TAILS)
        low, high = min(low, drawn[0]), max(high, drawn[1])
    return Figure(float(value), float(low), float(high), total)


def rank_correlation(counts: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Spearman's rank correlation of two ordered scales, with mid-ranks for ties.

    counts: [personas, first scale, second scale] takes
    """
    tables = np.asarray(counts, np.float64)
    tables = tables[tables.sum(axis=(1, 2)) > 0]
    total = int(tables.sum())
    if total < 3:
        return missing("fewer than three takes", total)
    value = float(_spearman(tables.sum(axis=0)[None])[0])
    if not np.isfinite(value):
        return missing("one of the two never varies", total)
    if len(tables) < LEAST_PERSONAS:
        few = "one persona" if len(tables) == 1 else f"{len(tables)} personas"
        return Figure(value, n=total, why=f"no interval: {few}; an interval over personas needs at least {LEAST_PERSONAS}")
    times = _drawn(len(tables), draws, seed)
    drawn = _spearman(np.tensordot(times, tables, axes=1))
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < LEAST_DEFINED * draws:
        return Figure(value, n=total, why="no interval: too many draws of personas leave the figure undefined")
    low, high = np.quantile(drawn, TAILS)
    return Figure(value, float(low), float(high), total)


def quantiles(counts: ArrayLike, edges: ArrayLike, which: tuple[float, ...] = (0.25, 0.5, 0.75)) -> list[float] | None:
    """Quantiles of a histogram, taken in the middle of a bin; None if it is empty.

    counts: [bins]; edges: [bins + 1]
    """
    bins, ends = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
    if not bins.sum():
        return None
    reached = np.cumsum(bins) / bins.sum()
    middle = (ends[:-1] + ends[1:]) / 2
    return [float(middle[int(np.searchsorted(reached, share - 1e-12))]) for share in which]


def _drawn(personas: int, draws: int, seed: int) -> Floats:
    """How often each persona was drawn [draws, personas]."""
    random = np.random.default_rng(seed)
    return random.multinomial(personas, np.full(personas, 1 / personas), draws).astype(np.float64)


def _spearman(counts: Floats) -> Floats:
    """Of each table [n, first, second]; NaN where a scale does not vary."""
    first, second = counts.sum(axis=2), counts.sum(axis=1)
    total = counts.sum(axis=(1, 2))
    across, down = _centred_ranks(first, total), _centred_ranks(second, total)
    both = np.einsum("nij,ni,nj->n", counts, across, down)
    spread = np.sqrt((first * across**2).sum(axis=1) * (second * down**2).sum(axis=1))
    found: Floats = np.divide(both, spread, out=np.full_like(both, np.nan), where=spread > 0)
    return found


def _centred_ranks(margin: Floats, total: Floats) -> Floats:
    """Mid-ranks of the steps of a scale less their mean."""
    centred: Floats = np.cumsum(margin, axis=1) - margin / 2 - total[:, None] / 2
    return centred
