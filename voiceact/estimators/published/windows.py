"""Long sounds in pieces that a network can hear at once, and what it says of the pieces as one answer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.features.signal import SAMPLE_RATE, prepare
from voiceact.runtime.torch_support import in_batches

Samples = NDArray[np.float32]

WINDOW_SECONDS = 30.0
BATCH = 16


def windows(sound: Samples) -> list[Samples]:
    """Pieces of 30 s; a rest shorter than a second is left out, for nothing can be heard in it."""
    size = int(WINDOW_SECONDS * SAMPLE_RATE)
    starts = range(0, max(len(sound) - SAMPLE_RATE, 1), size)
    return [sound[start : start + size] for start in starts]


def average_windows(
    clips: Sequence[tuple[Samples, int]], hear: Callable[[Sequence[Samples]], Any], *, size: int = BATCH
) -> NDArray[np.float64]:
    """[clips, outputs]: the mean over each clip's pieces, weighted by their length.

    hear: pieces at 16 kHz to one row each; asked for at most `size` at once, fewer where memory is full
    Raises:
        UnheardError: of a clip of which nothing can be said
    """
    pieces = [(number, part) for number, (samples, rate) in enumerate(clips) for part in windows(prepare(samples, rate))]
    rows = np.asarray(in_batches([part for _, part in pieces], size, lambda batch: list(hear(batch))), np.float64)
    owners, lengths = np.array([number for number, _ in pieces]), np.array([len(part) for _, part in pieces], float)
    return np.stack(
        [np.average(rows[owners == number], axis=0, weights=lengths[owners == number]) for number in range(len(clips))]
    )
