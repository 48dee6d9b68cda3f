"""The voice source as nine sines whose cycles may be uneven (jitter, shimmer, creak)."""

import numpy as np

from voiceact.engines.embedded.melody import UNVOICED_HZ
from voiceact.engines.embedded.source import uneven
from voiceact.engines.embedded.stages import HOP, FloatArray
from voiceact.engines.kokoro.stages import HARMONICS, SINE_SHARE
from voiceact.moves import Moves


def sines(f0: FloatArray, asked: Moves, creaky: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The fundamental and eight harmonics (float32 [1, 300 F, 9]), silent where unvoiced.

    The model makes its own in frames of 12.5 ms, which is longer than a cycle: what happens within one is made here.

    Args:
        f0: float32 [F], Hz
        creaky: float32 [F], share of creak in each frame, 0 to 1
    """
    frames = (np.arange(len(f0) * HOP) + 0.5) / HOP - 0.5
    hertz = np.interp(frames, np.arange(len(f0)), f0)
    voiced = hertz > UNVOICED_HZ
    creak = np.interp(frames, np.arange(len(f0)), creaky)
    turns, _, amplitude = uneven(np.maximum(hertz, UNVOICED_HZ), asked.rough, creak, rng)
    harmonics = np.sin(2 * np.pi * (turns[:, None] * np.arange(1, HARMONICS + 1) % 1.0))
    found: FloatArray = (SINE_SHARE * (amplitude * voiced)[:, None] * harmonics).astype(np.float32)
    return found[None]
