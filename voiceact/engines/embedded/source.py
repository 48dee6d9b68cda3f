"""The voice source: band-limited pulses whose cycles may be uneven (jitter, shimmer, creak)."""

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded.melody import UNVOICED_HZ
from voiceact.engines.embedded.stages import HOP, SAMPLE_RATE, FloatArray

JITTER_SHARE, SHIMMER_SHARE = 0.045, 0.35
"""cycle-to-cycle spread of period and amplitude at roughness 1 (ill voices: 2 to 5 % and 1 to 3 dB)"""
HIGHEST_HARMONIC_HZ = 11000.0


def make_pulses(
    f0: FloatArray,
    moves: Moves,
    creaky: FloatArray,
    rng: np.random.Generator,
    *,
    waver: NDArray[np.floating] | None = None,
) -> FloatArray:
    """Make the pulse train of an F0 contour (float32 [300 F], 24 kHz).

    Args:
        f0: float32 [F], Hz, a value every 12.5 ms
        moves: `rough` and `waver` are used
        creaky: float32 [F], share of creak in each frame, 0 to 1
        rng: draws the unevenness
        waver: float [F], where cycles are uneven, 0 to 1; counts as the move `waver` asks
    """
    frames = (np.arange(len(f0) * HOP) + 0.5) / HOP - 0.5
    hertz = np.interp(frames, np.arange(len(f0)), f0)
    voiced = hertz > UNVOICED_HZ
    hertz = np.maximum(hertz, UNVOICED_HZ)
    wavers = waver is not None and moves.waver > 0
    if moves.rough == 0 and not wavers and not creaky.any():
        return band_limited(np.cumsum(hertz) / SAMPLE_RATE, hertz) * voiced
    creak = np.interp(frames, np.arange(len(f0)), creaky)
    rough = rough_share(moves, waver, frames)
    turns, hertz, amplitude = uneven(hertz, rough, creak, rng)
    train: FloatArray = band_limited(turns, hertz) * amplitude.astype(np.float32) * voiced
    return train


def rough_share(moves: Moves, waver: NDArray[np.floating] | None, frames: NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Return the roughness at places given in frames: a number, or with a `waver` one for each place, at most 1."""
    if waver is None or not moves.waver:
        return moves.rough
    share: NDArray[np.float64] = np.minimum(moves.rough + moves.waver * np.interp(frames, np.arange(len(waver)), waver), 1.0)
    return share


def uneven(
    hertz: NDArray[np.float64], rough: float | NDArray[np.float64], creak: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw phase in cycles, Hz and amplitude of cycles of uneven length and size (float64 [n] each).

    Args:
        hertz: float64 [n], a value each sample
        rough: share of roughness, 0 to 1, or one for each sample
        creak: float64 [n], share of creak
        rng: draws the unevenness
    """
    # Which cycle each sample is in follows from the even train; each cycle has one draw.
    cycle = (np.cumsum(hertz) / SAMPLE_RATE).astype(np.int64)
    draws = rng.standard_normal((2, cycle[-1] + 1)).clip(-2.5, 2.5)
    hertz = hertz * (1 + (JITTER_SHARE * rough + 0.03 * creak) * draws[0, cycle])
    turns = np.cumsum(hertz) / SAMPLE_RATE
    cycle = np.minimum(turns.astype(np.int64), cycle[-1])
    # Creak is period doubling: every second pulse fades, and with it the ear halves F0.
    amplitude = (1 + SHIMMER_SHARE * rough * draws[1, cycle]).clip(0.1, 2.0) * (1 - 0.85 * creak * (cycle % 2))
    return turns, hertz, amplitude


def band_limited(turns: NDArray[np.float64], hertz: NDArray[np.float64]) -> FloatArray:
    """Return the sum of all harmonics below 11 kHz at unit amplitude: sin((H + ½)t) / (2 sin(t/2)) - ½.

    Args:
        turns: phase in cycles
        hertz: F0, which sets the number of harmonics H
    """
    # The phase needs double precision, its fraction does not.
    t = (2 * np.pi * (turns % 1.0)).astype(np.float32)
    most = (np.floor(HIGHEST_HARMONIC_HZ / hertz) + 0.5).astype(np.float32)
    below = 2 * np.sin(t / 2)
    near_zero = np.abs(below) <= 2e-3
    summed: FloatArray = np.where(near_zero, most, np.sin(most * t) / np.where(near_zero, np.float32(1), below)) - np.float32(
        0.5
    )
    return summed
