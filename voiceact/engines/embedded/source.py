"""The voice source: band-limited pulses whose cycles may be uneven (jitter, shimmer, creak)."""

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.melody import UNVOICED_HZ
from voiceact.engines.embedded.stages import HOP, SAMPLE_RATE, FloatArray
from voiceact.moves import Moves

JITTER_SHARE, SHIMMER_SHARE = 0.045, 0.35
"""cycle-to-cycle spread of period and amplitude at roughness 1 (ill voices: 2 to 5 % and 1 to 3 dB)"""
HIGHEST_HARMONIC_HZ = 11000.0


def pulses(f0: FloatArray, asked: Moves, creaky: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Pulse train of an F0 contour (float32 [300 F], 24 kHz).

    Args:
        f0: float32 [F], Hz, a value every 12.5 ms
        creaky: float32 [F], share of creak in each frame, 0 to 1
    """
    rough = asked.rough
    frames = (np.arange(len(f0) * HOP) + 0.5) / HOP - 0.5
    hertz = np.interp(frames, np.arange(len(f0)), f0)
    creak = np.interp(frames, np.arange(len(f0)), creaky)
    voiced = hertz > UNVOICED_HZ
    hertz = np.maximum(hertz, UNVOICED_HZ)
    # Which cycle each sample is in follows from the even train; the draw is made once a cycle.
    cycle = (np.cumsum(hertz) / SAMPLE_RATE).astype(np.int64)
    draws = rng.standard_normal((2, cycle[-1] + 1)).clip(-2.5, 2.5)
    hertz = hertz * (1 + (JITTER_SHARE * rough + 0.03 * creak) * draws[0, cycle])
    turns = np.cumsum(hertz) / SAMPLE_RATE
    cycle = np.minimum(turns.astype(np.int64), cycle[-1])
    # Creak is period doubling: every second pulse fades, and with it the ear halves F0.
    amplitude = (1 + SHIMMER_SHARE * rough * draws[1, cycle]).clip(0.1, 2.0) * (1 - 0.85 * creak * (cycle % 2))
    train: FloatArray = (band_limited(turns, hertz) * amplitude * voiced).astype(np.float32)
    return train


def band_limited(turns: NDArray[np.float64], hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of all harmonics below 11 kHz at unit amplitude: sin((H + ½)t) / (2 sin(t/2)) - ½.

    Args:
        turns: phase in cycles
        hertz: F0, which sets the number of harmonics H
    """
    t = 2 * np.pi * (turns % 1.0)
    most = np.floor(HIGHEST_HARMONIC_HZ / hertz) + 0.5
    below = 2 * np.sin(t / 2)
    near_zero = np.abs(below) <= 2e-3
    summed: NDArray[np.float64] = np.where(
        near_zero, most, np.sin(most * t) / np.where(near_zero, 1.0, below)) - 0.5
    return summed
