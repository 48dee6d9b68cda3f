"""Functionals: one vector a clip, from its tracks, that does not depend on level, language or length.

Each family is a function that gives (name, value) pairs, so that names and values cannot part.
NaN where a clip holds nothing to measure (no voiced frame, say); models put the training mean there.
Most are those of the minimalistic set of Eyben et al. 2016 (GeMAPS), on this module's own tracks.
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
    spread,
    trend,
)
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, Track, Tracks, analyse
from voiceact.estimators.features.signal import SAMPLE_RATE, prepare
from voiceact.estimators.features.spectrum import spectrum_functionals
from voiceact.estimators.features.timing import modulation_functionals, timing_functionals

REVISION = 1
"""raised when a feature changes its meaning; models of another revision are refused"""


def features(samples: NDArray[np.floating], sample_rate: int) -> NDArray[np.float32]:
    """The functionals of a clip, [len(names())] float32, in the order of `names`.

    Raises:
        UnheardError: audio of which nothing can be said (see `signal.prepare`)
    """
    return functionals(analyse(prepare(samples, sample_rate)))


def functionals(tracks: Tracks) -> NDArray[np.float32]:
    """The functionals of analysed tracks; NaN where there is nothing to measure."""
    return np.array([value for _, value in _pairs(tracks)], np.float32)


def names() -> list[str]:
    """The functionals' names, in the order of `features`."""
    rng = np.random.default_rng(0)
    return [name for name, _ in _pairs(analyse(rng.normal(0, 0.1, SAMPLE_RATE).astype(np.float32)))]


def _pairs(tracks: Tracks) -> Iterator[Pair]:
    yield from f0_functionals(tracks)
    yield from level_functionals(tracks)
    yield from spectrum_functionals(tracks)
    yield from timing_functionals(tracks)
    yield from modulation_functionals(tracks)


def f0_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Height, range, movement and shape of F0, in semitones; jitter as its second difference."""
    f0, voiced = _trimmed(tracks.f0, tracks.voiced), tracks.voiced
    yield from percentiles("f0", f0[voiced], (5, 20, 50, 80, 95))
    yield from moments("f0", f0[voiced])
    yield "f0_range", spread(f0[voiced], 5, 95)
    yield "f0_slope", trend(f0, voiced)
    yield "f0_end", _end(f0, voiced)
    yield from _segment_pairs(f0, voiced)
    yield from _roughness("jitter", f0, voiced)
    yield "f0_level_correlation", correlation(f0, tracks.level, voiced)


def _segment_pairs(f0: Track, voiced: Mask) -> Iterator[Pair]:
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


def level_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Dynamics in dB; never the recording's own level."""
    level, active, voiced = tracks.level, tracks.active, tracks.voiced
    yield from percentiles("level", level[active], (10, 25, 50, 75))
    yield from moments("level", level[active])
    yield from moments("level_voiced", level[voiced])
    yield "level_slope", trend(level, active)
    yield "level_end", _end(level, active)
    steps = np.diff(level)[active[1:] & active[:-1]] * FRAME_RATE
    yield "level_rise", mean(steps[steps > 0])
    yield "level_fall", mean(steps[steps < 0])
    yield from _roughness("shimmer", level, voiced)


def _roughness(name: str, track: Track, voiced: Mask) -> Iterator[Pair]:
    inside = voiced[2:] & voiced[1:-1] & voiced[:-2]
    bend = np.abs(np.diff(track, 2))[inside]
    yield name, mean(bend)
    yield f"{name}_median", float(np.median(bend)) if len(bend) else float("nan")


def _trimmed(f0: Track, voiced: Mask) -> Track:
    """F0 within 20 semitones of its median: farther off it is the tracker's octave, not the voice's."""
    if not voiced.any():
        return f0
    middle = float(np.median(f0[voiced]))
    return np.clip(f0, middle - 20, middle + 20)


def _end(track: Track, mask: Mask) -> float:
    """Mean of the last fifth of the masked frames less the mean of all."""
    values = track[mask]
    if len(values) < 5:
        return float("nan")
    return float(values[-len(values) // 5 :].mean() - values.mean())
