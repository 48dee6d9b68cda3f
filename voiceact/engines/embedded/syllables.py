"""Act on syllables: contrast of stressed and unstressed ones, force of consonants, hard onsets of voice.

What a voice does in anger beside being high and loud: the syllables that count are struck, those between are cut short, and
voice begins at once (docs/direction.md has what was measured).
"""

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded.smoothing import smooth_frames, soften_edges
from voiceact.engines.embedded.stages import HOP, SAMPLE_RATE, FloatArray
from voiceact.engines.embedded.text import PRIMARY_STRESS, VOWELS, Phrase

STRESSED_LENGTH, UNSTRESSED_LENGTH = 0.3, -0.3
"""what a vowel gains in length at a `stress` of 1, with the main stress and without"""
STRESSED_SEMITONES, STRESSED_DB = 1.6, 3.5
"""how far a stressed vowel lies above an unstressed one at a `stress` of 1"""
OBSTRUENT_LENGTH, OBSTRUENT_DB = 0.35, 5.0
"""what an obstruent gains in length, and a sound without voice in level, at an `attack` of 1"""
OBSTRUENTS = frozenset("pbtdkɡfvszʃʒθðʧʤhʔ")
CLOSURE_SECONDS, CLOSURE_DB = 0.03, -26.0
"""the voice is shut this long, this far, before a word that begins with a vowel"""
OPENING_SECONDS, STRIKE_SECONDS, STRIKE_DB = 0.004, 0.06, 2.0
"""how fast it opens, and how long it is louder after that"""
SILENCE_DB = -36.0
"""frames this far below the loudest are silence, or the closure of a stop"""
QUIET_DB = -30.0
LEAD_FRAMES = 4
"""the model sounds a phoneme about this long before the frames that carry its name (correlation of names and level is
highest there over the neutral lines)"""
_EDGE = 2


def length_factors(phrase: Phrase, moves: Moves) -> NDArray[np.float64]:
    """Return the factor of every phoneme's duration (float64 [L]); `stress` and `attack` are used."""
    factor = np.ones(len(phrase.ids))
    if not moves.stress and not moves.attack:
        return factor
    for place, phoneme in enumerate(phrase.phonemes):
        if phoneme and phoneme in VOWELS:
            stressed = place > 0 and phrase.phonemes[place - 1] == PRIMARY_STRESS
            factor[place] += moves.stress * (STRESSED_LENGTH if stressed else UNSTRESSED_LENGTH)
        elif phoneme and phoneme in OBSTRUENTS:
            factor[place] += moves.attack * OBSTRUENT_LENGTH
    return factor


def syllable_weights(phrase: Phrase, whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far each frame lies in a stressed vowel (up to 1) or another vowel (down to -1), soft edges, [2T].

    Args:
        phrase: the phonemes
        whole: int64 [L], steps of each phoneme
    """
    ends = 2 * np.concatenate([[0], np.cumsum(whole)])
    weight = np.zeros(int(ends[-1]))
    for place, phoneme in enumerate(phrase.phonemes):
        if phoneme and phoneme in VOWELS:
            stressed = place > 0 and phrase.phonemes[place - 1] == PRIMARY_STRESS
            first = int(ends[place - 1]) if stressed else int(ends[place])
            weight[max(first - LEAD_FRAMES, 0) : max(int(ends[place + 1]) - LEAD_FRAMES, 0)] = 1.0 if stressed else -1.0
    return smooth_frames(weight, _EDGE)


def raise_stressed(f0: FloatArray, weight: NDArray[np.float64], moves: Moves) -> FloatArray:
    """Return F0 in Hz (float32 [2T]) with stressed vowels higher and the others lower by half of `STRESSED_SEMITONES`."""
    if not moves.stress:
        return f0
    semitones = 0.5 * moves.stress * STRESSED_SEMITONES * weight
    return np.where(f0 > 40, f0 * 2 ** (semitones / 12), f0).astype(np.float32)


def level_db(f0: FloatArray, power: NDArray[np.float64], weight: NDArray[np.float64], moves: Moves) -> NDArray[np.float64]:
    """Return the gain of each frame, dB (float64 [2T]): stressed vowels, and sounds without voice by `attack`.

    Args:
        f0: float32 [2T], Hz
        power: float64 [2T], of each frame; silence is not made louder
        weight: float64 [2T], from `syllable_weights`
        moves: `stress` and `attack` are used
    """
    voiceless = soften_edges((f0 <= 40) & (power > power.max() * 10 ** (SILENCE_DB / 10))).astype(np.float64)
    gain: NDArray[np.float64] = 0.5 * moves.stress * STRESSED_DB * weight + moves.attack * OBSTRUENT_DB * voiceless
    return gain


def find_onsets(phrase: Phrase, whole: NDArray[np.int64], f0: FloatArray, power: NDArray[np.float64]) -> list[int]:
    """Return the frames at which voice can begin hard: after silence, and in words that begin with a vowel.

    Args:
        phrase: the phonemes
        whole: int64 [L], steps of each phoneme
        f0: float32 [2T], Hz
        power: float64 [2T], of each frame
    """
    level = 10 * np.log10(np.maximum(power / power.max(), 1e-9))
    smooth = np.convolve(np.pad(level, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    onsets = []

    # The weakest frame near the beginning of a word's vowel is where the glottis is shut.
    ends = 2 * np.concatenate([[0], np.cumsum(whole)])
    for word in phrase.words:
        # The marks of stress count as letters.
        sounds = [place for place in range(word.start, word.end) if (phrase.phonemes[place] or " ").strip("ˈˌ ").isalpha()]
        if sounds and phrase.phonemes[sounds[0]] in VOWELS:
            label = int(ends[sounds[0]])
            first, last = max(label - LEAD_FRAMES - 5, 0), min(label + 2, len(level))
            onsets.append(first + int(smooth[first:last].argmin()) + 1)

    # Voice after at least three frames of silence.
    quiet = smooth < QUIET_DB
    for frame in np.flatnonzero(f0 > 40):
        if frame >= 3 and quiet[frame - 3 : frame].all() and not quiet[frame]:
            onsets.append(int(frame))
    return sorted(set(onsets))


def strike(samples: FloatArray, onsets: list[int], attack: float) -> FloatArray:
    """Return the samples with the voice shut before each onset, and opened at once.

    Args:
        samples: float32 [n], before they are stretched
        onsets: frames in which a vowel begins, as laid out
        attack: 0 to 1
    """
    if not attack or not onsets:
        return samples
    gain_db = np.zeros(len(samples), np.float32)
    shut, opening = round(CLOSURE_SECONDS * SAMPLE_RATE), round(OPENING_SECONDS * SAMPLE_RATE)
    struck = round(STRIKE_SECONDS * SAMPLE_RATE)
    # Shut within a third of the closure, so that the end of the sound before is no click.
    closing = np.concatenate(
        [
            np.linspace(0, CLOSURE_DB, shut // 3),
            np.full(shut - shut // 3, CLOSURE_DB),
            np.linspace(CLOSURE_DB, STRIKE_DB, opening),
        ]
    )
    shape = np.concatenate([closing, np.linspace(STRIKE_DB, 0, struck)]).astype(np.float32) * np.float32(attack)
    for frame in onsets:
        start = frame * HOP - shut
        low, high = max(start, 0), min(start + len(shape), len(samples))
        if low < high:
            gain_db[low:high] = shape[low - start : high - start]
    louder: FloatArray = samples * (10 ** (gain_db / 20)).astype(np.float32)
    return louder
