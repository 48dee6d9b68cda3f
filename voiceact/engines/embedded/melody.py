"""Act on F0: median, range, slope, ends, tremor, laughter and sobs, before the last stage.

The last stage shapes the spectrum to the F0 it is given; the same edit made at the renderer alone
costs .9 of DNSMOS instead of .2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded.smoothing import smooth_frames
from voiceact.engines.embedded.stages import FRAME_SECONDS

UNVOICED_HZ = 40.0
"""at or below it the renderer makes no pulses"""
FLOOR_HZ, KNEE_HZ, CEILING_HZ = 52.0, 330.0, 480.0
"""of the F0 that is rendered: quality falls above the knee, so that the excess is halved"""

FINAL_SECONDS = 0.35
LAUGH_HZ, LAUGH_SEMITONES = 4.6, 2.5
SOB_SECONDS, SOB_EVERY_SECONDS, SOB_SEMITONES = 0.12, 0.35, 3.5
TREMOR_SHARE = 0.10
WAVER_HZ = 1.3
OUTLIER_SEMITONES = 9.0
GLIDE_SECONDS, GLIDE_SEMITONES = 0.4, 4.0
"""F0 is a slow line, smoothed over so long, and what a syllable adds to it, of which at most so much is multiplied"""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Waves that move F0 and level together, one value a frame (float64 [F]).

    Attributes:
        seconds: time from the start, as heard
        tremor: wave of the tremor, -1 to 1
        laugh: pulse of the laughter, 0 (trough) to 1 (peak)
        sob: depth of a catch of the voice, 0 to 1
        waver: where the voice loses its regularity, 0 to 1
    """

    seconds: NDArray[np.float64]
    tremor: NDArray[np.float64]
    laugh: NDArray[np.float64]
    sob: NDArray[np.float64]
    waver: NDArray[np.float64]


def draw_rhythm(f0: NDArray[np.float32], moves: Moves, rng: np.random.Generator) -> Rhythm:
    """Draw the phases of tremor and laughter and the places of sobs."""
    seconds = np.arange(len(f0), dtype=np.float64) * (FRAME_SECONDS * moves.tract)
    phase = rng.uniform(0, 2 * np.pi, size=3)
    # No living tremor is a sine: its rate wanders by some 10 %.
    wander = 0.6 * np.sin(2 * np.pi * 0.7 * seconds + phase[1])
    tremor = np.sin(2 * np.pi * moves.tremor_hz * seconds + wander + phase[0])
    laugh = 0.5 + 0.5 * np.sin(2 * np.pi * LAUGH_HZ * seconds + 0.4 * wander + phase[2])
    sob = _catches(f0, seconds, moves, rng)
    # Stretches of about a syllable and the gaps between them, never two alike.
    first, second = rng.uniform(0, 2 * np.pi, size=2)
    swing = np.sin(2 * np.pi * WAVER_HZ * seconds + first) + np.sin(2 * np.pi * 1.62 * WAVER_HZ * seconds + second)
    return Rhythm(seconds, tremor, laugh, sob, np.clip(0.6 * swing, 0.0, 1.0))


def _catches(
    f0: NDArray[np.float32], seconds: NDArray[np.float64], moves: Moves, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw the depth of sobs, 0 to 1 (float64 [F]): the voice catches inside voiced runs, first in few places, then in all."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (f0 > UNVOICED_HZ).astype(np.int8), [0]])))
    places = [
        place
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        for place in np.arange(seconds[start] + 0.05, seconds[end - 1] - SOB_SECONDS, SOB_EVERY_SECONDS)
    ]
    depth = np.zeros(len(f0))
    order = rng.permutation(len(places)) / max(len(places), 1)
    for place, threshold in zip(places, order, strict=True):
        strength = np.clip(1.5 * moves.sob - threshold, 0.0, 1.0)
        since = seconds - place
        bump = np.where((since >= 0) & (since < SOB_SECONDS), np.sin(np.pi * since / SOB_SECONDS), 0.0)
        depth = np.maximum(depth, strength * bump)
    return depth


def act_f0(f0: NDArray[np.float32], moves: Moves, beat: Rhythm) -> NDArray[np.float32]:
    """Return the F0 to render, Hz (float32 [F]); unvoiced frames stay as they are."""
    voiced = f0 > UNVOICED_HZ
    if not voiced.any():
        return f0
    semitones = 12 * np.log2(np.where(voiced, f0, 100.0))
    median = float(np.median(semitones[voiced]))
    excursion = np.clip(semitones - median, -OUTLIER_SEMITONES, OUTLIER_SEMITONES)
    moved = semitones + (moves.range - 1) * excursion + moves.pitch
    if moves.glide != 1:
        moved += (moves.glide - 1) * _within_syllables(excursion, voiced, moves.tract)
    moved += _line(voiced, beat.seconds, moves) + _oscillation(moves, beat)
    # Rendered with a tract of the base voice and stretched afterwards: F0 must be higher by the tract.
    hertz = limit_f0(2 ** (moved / 12) * moves.tract)
    return np.where(voiced, hertz, f0).astype(np.float32)


def _within_syllables(excursion: NDArray[np.float64], voiced: NDArray[np.bool_], tract: float) -> NDArray[np.float64]:
    """Return what F0 does within syllables, beside its slow line, in semitones (float64 [F])."""
    whole = np.interp(np.arange(len(excursion)), np.flatnonzero(voiced), excursion[voiced])
    half = round(GLIDE_SECONDS / (FRAME_SECONDS * tract) / 2)
    return np.clip(whole - smooth_frames(whole, half), -GLIDE_SEMITONES, GLIDE_SEMITONES)


def _line(voiced: NDArray[np.bool_], seconds: NDArray[np.float64], moves: Moves) -> NDArray[np.float64]:
    """Return the slope over the sentence and the move of its end, in semitones (float64 [F])."""
    first, last = seconds[voiced][0], seconds[voiced][-1]
    across = (seconds - first) / max(last - first, FRAME_SECONDS) - 0.5
    ending = np.clip((seconds - (last - FINAL_SECONDS)) / FINAL_SECONDS, 0.0, 1.0)
    line: NDArray[np.float64] = moves.slope * across + moves.final * ending
    return line


def _oscillation(moves: Moves, beat: Rhythm) -> NDArray[np.float64]:
    """Return tremor, laughter and sobs in semitones (float64 [F])."""
    tremor = 12 * np.log2(1 + TREMOR_SHARE * moves.tremor * beat.tremor)
    laugh = LAUGH_SEMITONES * moves.laugh * (beat.laugh - 0.5)
    # The voice cracks upwards as the folds tense and lose contact.
    swing: NDArray[np.float64] = tremor + laugh + SOB_SEMITONES * beat.sob
    return swing


def limit_f0(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep F0 where the model still makes a voice: halve, in semitones, what is above the knee.

    >>> limit_f0(np.array([20.0, 200.0, 420.0])).round().tolist()
    [52.0, 200.0, 372.0]
    """
    low = np.maximum(hertz, FLOOR_HZ)
    return np.minimum(np.where(low > KNEE_HZ, np.sqrt(low * KNEE_HZ), low), CEILING_HZ)
