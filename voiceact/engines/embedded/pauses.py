"""Silence: the pauses inside a phrase made longer or shorter, halts put in, the ends trimmed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.stages import FRAME_SECONDS, FloatArray, Spectra
from voiceact.moves import Moves

QUIET_DB = -38.0
"""frames this far below the loudest are a pause"""
SHORTEST_PAUSE = 5
"""frames; shorter silence is the closure of a stop"""
LEAD_SECONDS, TAIL_SECONDS = 0.10, 0.16
"""silence kept before and after a phrase"""
MARK_SECONDS = 0.16
"""pause that a mark without a silence of its own takes for each unit of pause above 1"""
_FADE = np.array([0.75, 0.4, 0.1])


@dataclass(frozen=True, slots=True)
class Timeline:
    """Which old frame each new frame shows, and how loud.

    index: int64 [F'], ascending except that frames repeat
    gain: float64 [F'], amplitude, 1 outside inserted silence
    """

    index: NDArray[np.int64]
    gain: NDArray[np.float64]

    def moved(self, frame: int) -> int:
        """Where an old frame is now."""
        return int(np.searchsorted(self.index, frame))


def timeline(power: NDArray[np.float64], asked: Moves, marks: list[tuple[int, int]],
             halts: list[tuple[int, float]]) -> Timeline:
    """Lay the frames of a phrase out anew.

    Args:
        power: float64 [F], of each frame
        marks: frames [start, end) of the punctuation marks inside the phrase
        halts: (frame after which to halt, seconds as heard)
    """
    quiet = power < power.max() * 10 ** (QUIET_DB / 10)
    loud = np.flatnonzero(~quiet)
    per_second = 1 / (FRAME_SECONDS * asked.tract)
    first = max(loud[0] - round(LEAD_SECONDS * per_second), 0)
    last = min(loud[-1] + 1 + round(TAIL_SECONDS * per_second), len(power))
    counts = np.ones(len(power), np.int64)
    counts[:first] = counts[last:] = 0
    runs = _runs(quiet, int(loud[0]), int(loud[-1]))
    for start, end in runs:
        _stretch(counts, start, end, asked.pause)
    inserted = list(halts) + [
        (end, MARK_SECONDS * (asked.pause - 1)) for start, end in marks
        if asked.pause > 1 and not any(a < end + 4 and b > start - 4 for a, b in runs)]
    return _insert(counts, [(frame, round(seconds * per_second)) for frame, seconds in inserted])


def _runs(quiet: NDArray[np.bool_], first: int, last: int) -> list[tuple[int, int]]:
    """Silences [start, end) inside the phrase that are long enough to be pauses."""
    edges = np.flatnonzero(np.diff(quiet[first:last + 1].astype(np.int8))) + first + 1
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=False)
    return [(start, end) for start, end in pairs if end - start >= SHORTEST_PAUSE]


def _stretch(counts: NDArray[np.int64], start: int, end: int, pause: float) -> None:
    """Repeat or drop frames in the middle of a silence."""
    length = end - start
    wanted = max(round(length * pause), 3)
    middle = start + length // 2
    if wanted >= length:
        counts[middle] += wanted - length
    else:
        dropped = length - wanted
        counts[middle - dropped // 2:middle - dropped // 2 + dropped] = 0


def _insert(counts: NDArray[np.int64], silences: list[tuple[int, int]]) -> Timeline:
    """Frames in order with silences put in, their edges faded."""
    index = np.repeat(np.arange(len(counts)), counts)
    gain = np.ones(len(index))
    for frame, length in sorted(silences, reverse=True):
        if length <= 0:
            continue
        at = int(np.searchsorted(index, min(frame, len(counts) - 1)))
        index = np.insert(index, at, np.full(length, index[min(at, len(index) - 1)]))
        gain = np.insert(gain, at, np.zeros(length))
        before, after = gain[max(at - 3, 0):at], gain[at + length:at + length + 3]
        before *= _FADE[-len(before):] if len(before) else 1
        after *= _FADE[::-1][:len(after)]
    return Timeline(index, gain)


def lay_out(spectra: Spectra, f0: FloatArray, line: Timeline) -> tuple[Spectra, FloatArray]:
    """Spectra and F0 (0 in inserted silence) on the new timeline."""
    index = line.index
    loss = np.log(np.maximum(line.gain, 1e-3)).astype(np.float32)
    parts = [np.ascontiguousarray(part[:, index]) for part in (
        spectra.harmonic, spectra.rotation, spectra.noise, spectra.free, spectra.phase)]
    if loss.any():
        for place in (0, 2, 3):
            parts[place] += loss
    return Spectra(*parts), np.where(line.gain > 0, f0[index], 0).astype(np.float32)
