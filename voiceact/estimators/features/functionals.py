"""Functionals of one track, shared by all families: percentiles, moments, slope, correlation; NaN where frames are too few."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, Track

Pair = tuple[str, float]
Mask = NDArray[np.bool_]

MIN_FRAMES = 3
"""fewer frames give NaN"""


def percentiles(name: str, values: Track, at: tuple[int, ...]) -> Iterator[Pair]:
    """Yield the percentiles `name_p50` and so on; NaN under three values."""
    values_at = np.percentile(values, at) if len(values) >= MIN_FRAMES else np.full(len(at), np.nan)
    for percent, value in zip(at, values_at, strict=True):
        yield f"{name}_p{percent}", float(value)


def moments(name: str, values: Track) -> Iterator[Pair]:
    """Yield `name_mean`, `name_std`, `name_skew`; NaN under three values."""
    enough = len(values) >= MIN_FRAMES
    mean, std = (float(values.mean()), float(values.std())) if enough else (float("nan"), float("nan"))
    yield f"{name}_mean", mean
    yield f"{name}_std", std
    yield f"{name}_skew", float((((values - mean) / (std + 1e-3)) ** 3).mean()) if enough else float("nan")


def spread(values: Track, low: int, high: int) -> float:
    """Compute the distance of two percentiles."""
    if len(values) < MIN_FRAMES:
        return float("nan")
    below, above = np.percentile(values, (low, high))
    return float(above - below)


def slope(track: Track, mask: Mask) -> float:
    """Compute the slope of the regression line over the masked frames, per second."""
    if mask.sum() < MIN_FRAMES:
        return float("nan")
    seconds = np.flatnonzero(mask) / FRAME_RATE
    seconds = seconds - seconds.mean()
    return float(seconds @ track[mask] / (seconds @ seconds))


def correlation(first: Track, second: Track, mask: Mask) -> float:
    """Compute Pearson's correlation over the masked frames; NaN under five."""
    if mask.sum() < 5:
        return float("nan")
    a, b = first[mask] - first[mask].mean(), second[mask] - second[mask].mean()
    return float(a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-9))


def segments(mask: Mask) -> list[tuple[int, int]]:
    """Return the half-open runs [start, end) of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def mean(values: NDArray[np.floating]) -> float:
    """Compute the mean; NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")
