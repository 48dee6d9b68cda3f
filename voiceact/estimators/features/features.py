"""Functionals: one feature vector per clip, from its low-level descriptors, independent of level, language and length.

Each family is a function that yields (name, value) pairs, so that names and values cannot part. A value is NaN where a
clip holds nothing to measure (no voiced frame, say); models put the training median there. Most are those of the
minimalistic set of Eyben et al. 2016 (GeMAPS), on this package's own descriptors.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.functionals import (
    Mask,
    Pair,
    correlation,
    mean,
    moments,
    percentiles,
    segments,
    slope,
    spread,
)
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, Track, Tracks, extract_descriptors
from voiceact.estimators.features.signal import SAMPLE_RATE, prepare
from voiceact.estimators.features.spectrum import spectrum_functionals
from voiceact.estimators.features.timing import modulation_functionals, timing_functionals

REVISION = 1
"""raised when a feature changes its meaning; models of another revision are refused"""

OCTAVE_ERROR = 20.0
"""semitones from the median beyond which an F0 is the tracker's octave error, not the voice's"""


def extract_features(samples: NDArray[np.floating], sample_rate: int) -> NDArray[np.float32]:
    """Compute the functionals of a clip, float32 [features], in the order of `feature_names`.

    Args:
        samples: float [n] or [n, channels], full scale 1.0
        sample_rate: Hz

    Raises:
        UnheardError: audio of which nothing can be said (see `signal.prepare`)
    """
    return compute_functionals(extract_descriptors(prepare(samples, sample_rate)))


def compute_functionals(tracks: Tracks) -> NDArray[np.float32]:
    """Compute the functionals of low-level descriptors, float32 [features]; NaN where there is nothing to measure."""
    return np.array([value for _, value in _named_functionals(tracks)], np.float32)


def feature_names() -> list[str]:
    """Return the names of the functionals, in the order of `extract_features`."""
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    return [name for name, _ in _named_functionals(extract_descriptors(noise))]


def _named_functionals(tracks: Tracks) -> Iterator[Pair]:
    yield from f0_functionals(tracks)
    yield from level_functionals(tracks)
    yield from spectrum_functionals(tracks)
    yield from timing_functionals(tracks)
    yield from modulation_functionals(tracks)


def f0_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Yield height, range, movement and shape of F0, in semitones; jitter as its second difference."""
    f0, voiced = tracks.f0, tracks.voiced
    if voiced.any():
        middle = float(np.median(f0[voiced]))
        f0 = np.clip(f0, middle - OCTAVE_ERROR, middle + OCTAVE_ERROR)
    yield from percentiles("f0", f0[voiced], (5, 20, 50, 80, 95))
    yield from moments("f0", f0[voiced])
    yield "f0_range", spread(f0[voiced], 5, 95)
    yield "f0_slope", slope(f0, voiced)
    yield "f0_end", _final_difference(f0, voiced)

    # Voiced segments of at least four frames.
    runs = [f0[a:b] for a, b in segments(voiced) if b - a >= 4]
    slopes = np.array([np.polyfit(np.arange(len(run)), run, 1)[0] * FRAME_RATE for run in runs])
    means = np.array([run.mean() for run in runs])
    yield "f0_segment_slope", mean(slopes)
    yield "f0_segment_steepness", mean(np.abs(slopes))
    yield "f0_segment_std", mean(np.array([run.std() for run in runs]))
    yield "f0_between_segments", float(means.std()) if len(means) > 1 else float("nan")
    steps = np.concatenate([np.diff(run) for run in runs]) * FRAME_RATE if runs else np.zeros(0)
    yield "f0_speed", mean(np.abs(steps))
    yield "f0_rising", mean((steps > 0).astype(float))

    yield from _perturbation("jitter", f0, voiced)
    yield "f0_level_correlation", correlation(f0, tracks.level, voiced)


def level_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Yield the dynamics of level in dB, never the recording's own level; shimmer as its second difference."""
    level, active, voiced = tracks.level, tracks.active, tracks.voiced
    yield from percentiles("level", level[active], (10, 25, 50, 75))
    yield from moments("level", level[active])
    yield from moments("level_voiced", level[voiced])
    yield "level_slope", slope(level, active)
    yield "level_end", _final_difference(level, active)
    steps = np.diff(level)[active[1:] & active[:-1]] * FRAME_RATE
    yield "level_rise", mean(steps[steps > 0])
    yield "level_fall", mean(steps[steps < 0])
    yield from _perturbation("shimmer", level, voiced)


def _perturbation(name: str, track: Track, voiced: Mask) -> Iterator[Pair]:
    """Yield mean and median of a track's absolute second difference within voiced frames."""
    inside = voiced[2:] & voiced[1:-1] & voiced[:-2]
    bend = np.abs(np.diff(track, 2))[inside]
    yield name, mean(bend)
    yield f"{name}_median", float(np.median(bend)) if len(bend) else float("nan")


def _final_difference(track: Track, mask: Mask) -> float:
    """Compute the mean of the last fifth of the masked frames less the mean of all."""
    values = track[mask]
    if len(values) < 5:
        return float("nan")
    return float(values[-len(values) // 5 :].mean() - values.mean())
