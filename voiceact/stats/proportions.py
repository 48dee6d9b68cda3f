"""Proportions: Wilson's interval, and rates whose interval also covers the draw of whole speakers."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from voiceact.stats.bootstrap import Clusters, bootstrap_figure, divide
from voiceact.stats.figure import CONFIDENCE, DRAWS, SEED, Figure, Flags, missing


def wilson(hits: int, n: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Compute the interval of a share of independent answers (Wilson 1927, J. Am. Stat. Assoc. 22:209).

    Returns:
        Lower and upper end; (0, 1) for n = 0.
    """
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * ((share * (1 - share) + spread / 4) / n) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(accepted: ArrayLike, *, speakers: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute the share of answers that were yes.

    The interval is never narrower than Wilson's for as many independent answers: a bootstrap of answers that are all
    alike has no width.

    Args:
        accepted: Bool [n], whether each answer was yes.
        speakers: n names; None takes every answer as its own speaker.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.
    """
    accepted = np.asarray(accepted, bool)
    if not len(accepted):
        return missing("no clip to ask about")
    clusters = Clusters(speakers, len(accepted))
    yes, total = clusters.sum(accepted), clusters.sum(np.ones(len(accepted)))
    figure = bootstrap_figure(lambda times: divide(times @ yes, times @ total), clusters, draws=draws, seed=seed)
    if figure.low is None or figure.high is None:
        return figure
    low, high = wilson(int(accepted.sum()), len(accepted))
    return Figure(figure.value, min(low, figure.low), max(high, figure.high), figure.n, figure.why)


def recall(
    accepted: ArrayLike, present: ArrayLike, *, speakers: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Figure:
    """Compute the share of yes among the clips that have it (true accept rate); arguments as in `rate`."""
    return _rate_where(accepted, np.asarray(present, bool), speakers, draws, seed)


def false_accept(
    accepted: ArrayLike, present: ArrayLike, *, speakers: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Figure:
    """Compute the share of yes among the clips that do not have it; arguments as in `rate`."""
    return _rate_where(accepted, ~np.asarray(present, bool), speakers, draws, seed)


def _rate_where(accepted: ArrayLike, where: Flags, speakers: Sequence[object] | None, draws: int, seed: int) -> Figure:
    selected = [name for name, here in zip(speakers, where, strict=True) if here] if speakers is not None else None
    return rate(np.asarray(accepted, bool)[where], speakers=selected, draws=draws, seed=seed)
