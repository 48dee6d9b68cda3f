"""Silence: the pauses inside a phrase made longer or shorter, halts put in, the ends trimmed."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded.stages import FRAME_SECONDS, FloatArray, Spectra

QUIET_DB = -38.0
"""frames this far below the loudest are a pause"""
SHORTEST_PAUSE = 5
"""frames; shorter silence is the closure of a stop"""
LEAD_SECONDS, TAIL_SECONDS = 0.25, 0.35
"""silence kept before and after a phrase"""
MARK_SECONDS = 0.16
"""pause that a mark without a silence of its own takes for each unit of pause above 1"""
_FADE = np.array([0.75, 0.4, 0.1])


@dataclass(frozen=True, slots=True)
class Timeline:
    """The frames of a phrase laid out anew: which old frame each new frame shows, and how loud.

    Attributes:
        index: int64 [F'], old frame
        gain: float64 [F'], amplitude; below 1 in inserted silence and beside it
        voiced: bool [F'], False in every pause: what the model leaves of F0 there is no voice
        audible: the old frames [first, end) between which there is anything to hear
    """

    index: NDArray[np.int64]
    gain: NDArray[np.float64]
    voiced: NDArray[np.bool_]
    audible: tuple[int, int] = (0, 0)

    def moved(self, frame: int) -> int:
        """Return where an old frame is now: the first new frame that shows it or a later one."""
        later = np.flatnonzero(self.index >= frame)
        return int(later[0]) if len(later) else len(self.index)

    def moved_all(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where each of several old frames is now, as `moved` does."""
        # A pause is walked to and fro: what was reached so far only grows.
        return np.searchsorted(np.maximum.accumulate(self.index), frames, side="left")


def make_timeline(
    power: NDArray[np.float64], moves: Moves, marks: list[tuple[int, int]], halts: list[tuple[int, float]]
) -> Timeline:
    """Lay the frames of a phrase out anew.

    Args:
        power: float64 [F], of each frame
        moves: `pause` and `tract` are used
        marks: frames [start, end) of the punctuation marks inside the phrase
        halts: (frame after which to halt, seconds as heard)
    """
    quiet = power < power.max() * 10 ** (QUIET_DB / 10)
    loud = np.flatnonzero(~quiet)
    per_second = 1 / (FRAME_SECONDS * moves.tract)
    first = max(loud[0] - round(LEAD_SECONDS * per_second), 0)
    last = min(loud[-1] + 1 + round(TAIL_SECONDS * per_second), len(power))
    runs = _runs(quiet, int(loud[0]), int(loud[-1]))
    silences = {frame: round(seconds * per_second) for frame, seconds in halts}
    for start, end in marks:
        if moves.pause > 1 and not any(a < end + 4 and b > start - 4 for a, b in runs):
            silences[end] = silences.get(end, 0) + round(MARK_SECONDS * (moves.pause - 1) * per_second)
    return replace(_assemble(first, last, runs, moves.pause, silences), audible=(int(loud[0]), int(loud[-1]) + 1))


def _runs(quiet: NDArray[np.bool_], first: int, last: int) -> list[tuple[int, int]]:
    """Return the silences [start, end) between two frames that are long enough to be pauses."""
    edges = np.flatnonzero(np.diff(quiet[first : last + 1].astype(np.int8))) + first + 1
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=False)
    return [(start, end) for start, end in pairs if end - start >= SHORTEST_PAUSE]


def _assemble(first: int, last: int, runs: list[tuple[int, int]], pause: float, silences: dict[int, int]) -> Timeline:
    """Put the frames in order, each pause at its new length, with silences inserted; their edges are faded."""
    index: list[int] = []
    mute = np.zeros(last, bool)
    for start, end in runs:
        mute[start:end] = True
    lengthened = {start: (end, max(round((end - start) * pause), 3)) for start, end in runs}
    added: list[tuple[int, int]] = []
    frame = first
    while frame < last:
        if silences.get(frame):
            added.append((len(index), silences.pop(frame)))
            index += [frame] * added[-1][1]
        if frame in lengthened:
            end, length = lengthened[frame]
            index += _walk(frame, end, length)
            frame = end
        else:
            index.append(frame)
            frame += 1
    places = np.asarray(index)
    gain, voiced = _faded(len(places), added), ~mute[places]
    return Timeline(places, gain, voiced & (gain > 0))


def _walk(start: int, end: int, frames: int) -> list[int]:
    """Return `wanted` frames of a silence: its middle is left out, or walked to and fro (one repeated frame would hum)."""
    length = end - start
    middle = start + length // 2
    if frames <= length:
        before = frames // 2
        return [*range(start, start + before), *range(end - (frames - before), end)]
    swing = [*range(middle, start, -1), *range(start, middle)]
    extra = (swing * (1 + (frames - length) // len(swing)))[: frames - length]
    return [*range(start, middle), *extra, *range(middle, end)]


def _faded(length: int, added: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Return the amplitude of every frame: 0 in added silences, rising and falling within three frames of them."""
    gain = np.ones(length)
    for at, size in added:
        gain[at : at + size] = 0
        before, after = gain[max(at - 3, 0) : at], gain[at + size : at + size + 3]
        before *= _FADE[3 - len(before) :]
        after *= _FADE[::-1][: len(after)]
    return gain


def lay_out(spectra: Spectra, f0: FloatArray, line: Timeline) -> tuple[Spectra, FloatArray]:
    """Return spectra and F0 (0 in pauses) on the new timeline."""
    loss = np.log(np.maximum(line.gain, 1e-3)).astype(np.float32)
    parts = [
        np.ascontiguousarray(part[:, line.index])
        for part in (spectra.harmonic, spectra.rotation, spectra.noise, spectra.free, spectra.phase)
    ]
    if loss.any():
        for place in (0, 2, 3):
            parts[place] += loss
    return Spectra(*parts), np.where(line.voiced, f0[line.index], 0).astype(np.float32)
