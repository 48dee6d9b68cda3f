"""Functionals: one vector a clip, from its tracks, that does not depend on level, language or length.

Each family is a function that gives (name, value) pairs, so that names and values cannot part.
NaN where a clip holds nothing to measure (no voiced frame, say); models put the training mean there.
Most are those of the minimalistic set of Eyben et al. 2016 (GeMAPS), on this module's own tracks.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.signal import SAMPLE_RATE, prepare
from voiceact.estimators.tracks import FRAME_RATE, Track, Tracks, analyse

REVISION = 1
"""raised when a feature changes its meaning; models of another revision are refused"""

Pair = tuple[str, float]
Mask = NDArray[np.bool_]

_MIN_FRAMES = 3


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
    from voiceact.estimators.spectrum import spectrum_functionals
    from voiceact.estimators.timing import modulation_functionals, timing_functionals

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
    yield "f0_segment_slope", _mean(slopes)
    yield "f0_segment_steepness", _mean(np.abs(slopes))
    yield "f0_segment_std", _mean(np.array([run.std() for run in runs]))
    yield "f0_between_segments", float(means.std()) if len(means) > 1 else float("nan")
    steps = np.concatenate([np.diff(run) for run in runs]) * FRAME_RATE if runs else np.zeros(0)
    yield "f0_speed", _mean(np.abs(steps))
    yield "f0_rising", _mean((steps > 0).astype(float))


def level_functionals(tracks: Tracks) -> Iterator[Pair]:
    """Dynamics in dB; never the recording's own level."""
    level, active, voiced = tracks.level, tracks.active, tracks.voiced
    yield from percentiles("level", level[active], (10, 25, 50, 75))
    yield from moments("level", level[active])
    yield from moments("level_voiced", level[voiced])
    yield "level_slope", trend(level, active)
    yield "level_end", _end(level, active)
    steps = np.diff(level)[active[1:] & active[:-1]] * FRAME_RATE
    yield "level_rise", _mean(steps[steps > 0])
    yield "level_fall", _mean(steps[steps < 0])
    yield from _roughness("shimmer", level, voiced)


def _roughness(name: str, track: Track, voiced: Mask) -> Iterator[Pair]:
    inside = voiced[2:] & voiced[1:-1] & voiced[:-2]
    bend = np.abs(np.diff(track, 2))[inside]
    yield name, _mean(bend)
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


def percentiles(name: str, values: Track, at: tuple[int, ...]) -> Iterator[Pair]:
    """`name_p50` and so on; NaN under three values."""
    found = np.percentile(values, at) if len(values) >= _MIN_FRAMES else np.full(len(at), np.nan)
    for percent, value in zip(at, found, strict=True):
        yield f"{name}_p{percent}", float(value)


def moments(name: str, values: Track) -> Iterator[Pair]:
    """`name_mean`, `name_std`, `name_skew`; NaN under three values."""
    enough = len(values) >= _MIN_FRAMES
    mean, std = (float(values.mean()), float(values.std())) if enough else (float("nan"), float("nan"))
    yield f"{name}_mean", mean
    yield f"{name}_std", std
    yield f"{name}_skew", float((((values - mean) / (std + 1e-3)) ** 3).mean()) if enough else float("nan")


def spread(values: Track, low: int, high: int) -> float:
    """Distance of two percentiles."""
    if len(values) < _MIN_FRAMES:
        return float("nan")
    below, above = np.percentile(values, (low, high))
    return float(above - below)


def trend(track: Track, mask: Mask) -> float:
    """Slope of the regression line over the masked frames, per second."""
    if mask.sum() < _MIN_FRAMES:
        return float("nan")
    seconds = np.flatnonzero(mask) / FRAME_RATE
    seconds = seconds - seconds.mean()
    return float(seconds @ track[mask] / (seconds @ seconds))


def correlation(first: Track, second: Track, mask: Mask) -> float:
    """Pearson's over the masked frames."""
    if mask.sum() < 5:
        return float("nan")
    a, b = first[mask] - first[mask].mean(), second[mask] - second[mask].mean()
    return float(a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-9))


def segments(mask: Mask) -> list[tuple[int, int]]:
    """Half-open [start, end) runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean()) if len(values) else float("nan")
