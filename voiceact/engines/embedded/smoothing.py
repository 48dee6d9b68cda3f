"""Smooth contours and masks over frames."""

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.stages import FloatArray


def smooth_frames(values: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    """Return values (float64 [F]) smoothed by a Hann window that reaches `half` frames to either side."""
    kernel = np.hanning(2 * half + 3)[1:-1]
    smoothed: NDArray[np.float64] = np.convolve(np.pad(values, half, mode="edge"), kernel / kernel.sum(), mode="valid")
    return smoothed


def soften_edges(mask: NDArray[np.bool_]) -> FloatArray:
    """Return a mask with edges of three frames: 0, a quarter, three quarters, 1 (float32 [F])."""
    padded = np.pad(mask.astype(np.float32), 1, mode="edge")
    soft: FloatArray = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / np.float32(4)
    return soft
