"""The voice source as nine sines whose cycles may be uneven (jitter, shimmer, creak).

The model follows the length of a cycle, but not its amplitude, which it evens out because it never occurred in training. So
lengths are set in the source, and amplitudes on the samples.
"""

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded.melody import UNVOICED_HZ
from voiceact.engines.embedded.source import rough_share, uneven
from voiceact.engines.embedded.stages import HOP, FloatArray
from voiceact.engines.kokoro.stages import HARMONICS, SINE_SHARE

LEAST_ROUGH = 0.1
"""roughness at which these sines are as uneven as the model's own, which goes on in steps of 12.5 ms"""


def make_sines(
    f0: FloatArray,
    moves: Moves,
    creaky: FloatArray,
    rng: np.random.Generator,
    *,
    waver: NDArray[np.floating] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Make the fundamental and eight harmonics, silent where unvoiced, and a gain for the samples.

    The model makes its own in frames of 12.5 ms, which is longer than a cycle.

    Args:
        f0: float32 [F], Hz
        moves: moves; `rough` and `waver` are used
        creaky: float32 [F], share of creak in each frame, 0 to 1
        rng: draws the unevenness
        waver: float [F], where cycles are uneven, 0 to 1; counts as the move `waver` asks

    Returns:
        sines, float32 [1, 300 F, 9], and gain, float32 [300 F]
    """
    frames = (np.arange(len(f0) * HOP) + 0.5) / HOP - 0.5
    hertz = np.interp(frames, np.arange(len(f0)), f0)
    voiced = hertz > UNVOICED_HZ
    creak = np.interp(frames, np.arange(len(f0)), creaky)
    share = rough_share(moves, waver, frames)
    rough = np.where(np.asarray(share) > 0, LEAST_ROUGH + (1 - LEAST_ROUGH) * np.asarray(share), 0.0)
    turns, _, amplitude = uneven(np.maximum(hertz, UNVOICED_HZ), rough, creak, rng)
    harmonics = np.sin(2 * np.pi * (turns[:, None] * np.arange(1, HARMONICS + 1) % 1.0))
    waves: FloatArray = (SINE_SHARE * voiced[:, None] * harmonics).astype(np.float32)
    return waves[None], _gain(turns, np.where(voiced, amplitude, 1.0))


def _gain(turns: NDArray[np.float64], amplitude: NDArray[np.float64]) -> FloatArray:
    """Interpolate the amplitude of each cycle from pulse to pulse, so that the wave has no steps."""
    pulses = np.flatnonzero(np.diff(turns.astype(np.int64), prepend=-1))
    return np.interp(np.arange(len(turns)), pulses, amplitude[pulses]).astype(np.float32)
