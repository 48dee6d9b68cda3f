"""Scores as likelihood ratios: how many times as often people who perform a category score so as people who do not.

A calibration turns a score into a log-likelihood ratio. It is fitted on scores of clips whose category is known, of
corpora that the scoring model was not trained on, and it does not depend on how many of them perform the category.
Its form is a logistic line (Brümmer & du Preez 2006, Computer Speech and Language 20). How good a calibration is says
Cllr, in bits: 0 is perfect, 1 is what a judge has that always answers "as often as not". The least Cllr is that of the
monotone steps of pooling adjacent violators (PAV; Zadrozny & Elkan 2002).

All logarithms are natural; `describe_log_ratio` is what a user reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voiceact.errors import UsageError, count_noun

Floats = NDArray[np.float64]

Answer = Literal["present", "absent", "undecided"]

BOUND: Final = 2.0
"""a ratio of this or more says present; its reciprocal or less, on category evidence, absent"""
LEAST_TRIALS: Final = 20
"""clips that perform the category, and clips that do not, below which no calibration is fitted"""
SPREADS_BEYOND: Final = 1e-9


@dataclass(frozen=True)
class Logistic:
    """A line from score to log-likelihood ratio, cut off where the trials no longer support more.

    Attributes:
        slope, offset: log ratio = slope * score + offset; slope is never negative
        lowest, highest: log ratios below and above are cut off here
    """

    slope: float
    offset: float
    lowest: float
    highest: float

    def log_ratios(self, scores: ArrayLike) -> Floats:
        """Log-likelihood ratio of each score."""
        return np.clip(self.slope * np.asarray(scores, np.float64) + self.offset, self.lowest, self.highest)


# Fitting


def fit_logistic(
    performed: ArrayLike,
    others: ArrayLike,
    *,
    speakers: tuple[Sequence[object], Sequence[object]] | None = None,
    steps: int = 100,
) -> Logistic:
    """Fit a line to the scores of clips that perform a category and of clips that do not.

    Both kinds weigh as much, however many there are, so that the line is a likelihood ratio. One made-up clip of each kind
    at the worst place keeps the line finite and bounds what so few trials can support (Vergeer et al. 2016, Science and
    Justice 56: empirical bounds on likelihood ratios).

    Args:
        performed, others: scores, float [n] and [m], finite
        speakers: names, n and m of them; each speaker then counts alike within a kind. None: each clip does
        steps: most Newton steps

    Raises:
        UsageError: fewer than LEAST_TRIALS clips of a kind, or scores that are not finite
    """
    yes, no = _checked(performed, others)
    # The made-up clips: one that performs it at the lowest score, one that does not at the highest.
    scores = np.concatenate((yes, [min(yes.min(), no.min())], no, [max(yes.max(), no.max())]))
    target = np.concatenate((np.ones(len(yes) + 1), np.zeros(len(no) + 1)))
    weights = np.concatenate(
        (_weights(len(yes), speakers[0] if speakers else None), _weights(len(no), speakers[1] if speakers else None))
    )
    middle, spread = float(scores.mean()), max(float(scores.std()), SPREADS_BEYOND)
    rows = np.stack(((scores - middle) / spread, np.ones(len(scores))), axis=1)
    # Newton's method on the weighted log-likelihood.
    coefficients = np.zeros(2)
    for _ in range(steps):
        share = 1 / (1 + np.exp(-(rows @ coefficients)))
        gradient = rows.T @ (weights * (target - share))
        curvature = (rows * (weights * share * (1 - share))[:, None]).T @ rows + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        coefficients = coefficients + step * min(1.0, 5.0 / max(float(np.abs(step).max()), SPREADS_BEYOND))
        if np.abs(step).max() < 1e-10:
            break
    slope = max(0.0, float(coefficients[0])) / spread
    offset = float(coefficients[1]) - slope * middle if slope else 0.0
    bound = float(np.log(min(_voices(yes, speakers, 0), _voices(no, speakers, 1)) + 1))
    return Logistic(slope, offset, -bound, bound)


def _rising(values: Floats, weights: Floats) -> Floats:
    """The weighted least-squares fit of a sequence that never falls."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append([float(value), float(weight), 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            last, before = blocks.pop(), blocks.pop()
            mass = last[1] + before[1]
            blocks.append([(last[0] * last[1] + before[0] * before[1]) / mass, mass, last[2] + before[2]])
    return np.repeat([block[0] for block in blocks], [int(block[2]) for block in blocks])


def _checked(performed: ArrayLike, others: ArrayLike) -> tuple[Floats, Floats]:
    yes, no = np.asarray(performed, np.float64).ravel(), np.asarray(others, np.float64).ravel()
    if not np.isfinite(yes).all() or not np.isfinite(no).all():
        raise UsageError("scores to calibrate must be finite; leave out the clips that were not judged")
    if min(len(yes), len(no)) < LEAST_TRIALS:
        raise UsageError(
            f"{count_noun(len(yes), 'clip')} perform the category and {len(no)} do not; a calibration "
            f"needs at least {LEAST_TRIALS} of each"
        )
    return yes, no


def _weights(count: int, speakers: Sequence[object] | None) -> Floats:
    """Weights of `count` clips and one made-up one; they sum to 1, and each speaker weighs alike."""
    if speakers is None:
        return np.full(count + 1, 1 / (count + 1))
    _, place = np.unique([str(name) for name in speakers], return_inverse=True)
    own = 1 / np.bincount(place)[place]
    share = float(own.sum())
    return np.append(own, 1.0) / (share + 1.0)


def _voices(scores: Floats, speakers: tuple[Sequence[object], Sequence[object]] | None, kind: int) -> int:
    return len(scores) if speakers is None else len({str(name) for name in speakers[kind]})


# Figures


def cllr(performed: ArrayLike, others: ArrayLike) -> float:
    """Cost of log-likelihood ratios in bits: 0 where all are right and sure, 1 where none says anything.

    Args:
        performed, others: natural log ratios of clips that perform the category and of clips that do not
    """
    yes, no = np.asarray(performed, np.float64), np.asarray(others, np.float64)
    return float((np.logaddexp(0, -yes).mean() + np.logaddexp(0, no).mean()) / 2 / np.log(2))


def least_cllr(performed: ArrayLike, others: ArrayLike) -> float:
    """Cllr that the same scores would have under the best rising calibration; what is above it is lack of calibration."""
    yes, no = np.asarray(performed, np.float64).ravel(), np.asarray(others, np.float64).ravel()
    scores = np.concatenate((yes, no))
    target = np.concatenate((np.ones(len(yes)), np.zeros(len(no))))
    weights = np.where(target > 0, 1 / len(yes), 1 / len(no))
    places, positions = np.unique(scores, return_inverse=True)
    mass = np.asarray(np.bincount(positions, weights), np.float64)
    share = _rising(np.bincount(positions, weights * target) / mass, mass)[positions]
    # A step at 0 or 1 costs nothing: only clips of one kind stand on it.
    cost = np.where(target > 0, -np.log2(np.maximum(share, 1e-300)), -np.log2(np.maximum(1 - share, 1e-300)))
    return float((weights * cost).sum() / 2)


def log_ratio_bins(
    performed: ArrayLike, others: ArrayLike, *, edges: ArrayLike = (-3, -2, -1, 0, 1, 2, 3)
) -> list[dict[str, Any]]:
    """Bin log ratios and set what they say beside what was so, for a picture.

    Args:
        performed, others: natural log ratios of clips that perform the category and of clips that do not
        edges: inner edges of the bins

    Returns:
        a dict for each bin that holds clips: low and high (None at the ends), stated and observed log ratio (observed is
        None where a kind is missing), performed and others (how many)
    """
    yes, no = np.asarray(performed, np.float64), np.asarray(others, np.float64)
    inner = np.asarray(edges, np.float64)
    bins, limits = [], [-np.inf, *inner, np.inf]
    for low, high in zip(limits[:-1], limits[1:], strict=True):
        own, other = yes[(yes >= low) & (yes < high)], no[(no >= low) & (no < high)]
        if not len(own) + len(other):
            continue
        observed = float(np.log(len(own) / len(yes)) - np.log(len(other) / len(no))) if len(own) and len(other) else None
        bins.append(
            {
                "low": float(low) if np.isfinite(low) else None,
                "high": float(high) if np.isfinite(high) else None,
                "stated": float(np.concatenate((own, other)).mean()),
                "observed": observed,
                "performed": len(own),
                "others": len(other),
            }
        )
    return bins


# Deciding


def margin(bound: float) -> float:
    """Return the natural log ratio from which a ratio counts as `bound`: a rounding error must not turn away one that is it."""
    return float(np.log(bound) - 1e-9)


def decide(log_ratio: float, evidence: str, *, bound: float = BOUND) -> Answer:
    """Say what a likelihood ratio allows to be said.

    A ratio of `bound` or more says present. A ratio of 1 / bound or less says absent, but only on category evidence: a
    judge that cannot tell a category from its neighbours may not deny it. Everything else is undecided.

    Args:
        log_ratio: natural logarithm; NaN where nothing was measured
        evidence: what stands behind it: category, burst, dimension or none
        bound: at least 1

    Raises:
        UsageError: a bound below 1
    """
    if not bound >= 1:
        raise UsageError(f"the bound of a likelihood ratio is {bound:g}; expected 1 or more")
    if evidence == "none" or np.isnan(log_ratio):
        return "undecided"
    least = margin(bound)
    if log_ratio >= least:
        return "present"
    return "absent" if log_ratio <= -least and evidence == "category" else "undecided"


def describe_log_ratio(log_ratio: float, category: str) -> str:
    """Say a likelihood ratio in a sentence that needs no statistics.

    >>> describe_log_ratio(1.9459, "fear")
    'people who perform fear sound like this 7 times as often as people who do not'
    >>> describe_log_ratio(-1.9459, "fear")
    'people who do not perform fear sound like this 7 times as often as people who do'
    """
    ratio = float(np.exp(abs(log_ratio)))
    times = f"{ratio:.0f}" if ratio >= 4.95 else f"{ratio:.1f}"
    if times in ("1.0", "1"):
        return f"people who perform {category} sound like this as often as people who do not"
    if log_ratio > 0:
        return f"people who perform {category} sound like this {times} times as often as people who do not"
    return f"people who do not perform {category} sound like this {times} times as often as people who do"
