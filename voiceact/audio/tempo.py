"""Speed speech up or slow it down without changing its pitch."""

import numpy as np

from voiceact.audio.io import Samples
from voiceact.errors import UsageError

SLOWEST, FASTEST = 0.25, 4.0
"""factors that are taken"""
WINDOW_SECONDS = 0.03
"""two periods of a low voice (70 Hz)"""
SEARCH_SECONDS = 0.008
"""how far a piece may be moved to where it continues what is before it: more than half a period of a low voice"""


def change_tempo(samples: Samples, rate: int, factor: float) -> Samples:
    """Return speech that is `factor` times as fast, at the same pitch.

    Overlapped windows are laid out closer together or further apart, each taken from where it continues the one before
    (WSOLA: Verhelst and Roelands, ICASSP 1993).

    Args:
        samples: float32 [n]
        rate: in Hz
        factor: 2 is twice as fast; 1 returns the samples as they are

    Returns:
        float32 [about n / factor]

    Raises:
        UsageError: if the factor is not between SLOWEST and FASTEST
    """
    if not SLOWEST <= factor <= FASTEST:
        raise UsageError(f"speed is {factor:g}; expected {SLOWEST:g} to {FASTEST:g}")
    hop, search = round(WINDOW_SECONDS * rate / 2), round(SEARCH_SECONDS * rate)
    size = 2 * hop
    if factor == 1 or len(samples) < size + 2 * search:
        return samples

    # Lay out windows half a window apart; those of two neighbours add up to 1.
    window = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(size) + 0.5) / size)).astype(np.float32)
    count = max(1, round((len(samples) / factor - size) / hop) + 1)
    spread = np.zeros((count - 1) * hop + size, np.float32)
    last = len(samples) - size
    start = 0
    spread[:size] += samples[:size] * window
    for number in range(1, count):
        # Of the places near where the piece would be by the clock, take the one that is most like what followed the last piece.
        target = samples[min(start + hop, last) :][:size]
        place = min(round(number * hop * factor), last)
        low, high = max(0, place - search), min(last, place + search)
        likeness = np.correlate(samples[low : high + size], target, "valid")
        start = low + int(np.argmax(likeness))
        spread[number * hop : number * hop + size] += samples[start : start + size] * window
    # Nothing lies over the outer halves of the first and the last window.
    spread[:hop] = samples[:hop]
    spread[-hop:] = samples[start + hop : start + size]
    return spread
