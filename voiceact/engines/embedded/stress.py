"""Act what the writer marked in the words: stress, held vowels, faltering, breaking off, and an incredulous end.

Moves of single words, beside the direction's moves of the whole line. The sizes are own choices within what speakers do: a
word in focus is 2 to 4 semitones higher, 3 dB louder and a quarter longer than its neighbours (Cooper, Eady and Mueller 1985;
Breen et al. 2010).
"""

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.smoothing import smooth_frames
from voiceact.engines.embedded.stages import FRAME_SECONDS, FloatArray, Spectra
from voiceact.engines.embedded.text import PRIMARY_STRESS, VOWELS, Phrase, PhraseWord

EMPHASIS_SEMITONES, EMPHASIS_DB, EMPHASIS_LENGTH = 2.5, 3.0, 1.25
HELD_LENGTH, MOST_HELD = 0.6, 8
"""how much longer a vowel is for each letter too many, and how many letters count"""
ELLIPSIS_SECONDS, ELLIPSIS_LENGTH = 0.3, 1.3
"""silence behind a word before an ellipsis, and how much longer the word's last vowel is"""
BROKEN_LENGTH, BROKEN_SEMITONES, BROKEN_SECONDS = 0.8, 2.0, 0.05
"""of speech that breaks off: length of the last vowel, how far F0 stays above its usual final fall, how much of the sound's
fading end is cut away"""
RISE_SEMITONES, RISE_SECONDS = 4.0, 0.35
"""of an incredulous question"""
_EDGE = 4


def length_factors(phrase: Phrase) -> NDArray[np.float64]:
    """Return the factor of every phoneme's duration (float64 [L])."""
    factor = np.ones(len(phrase.ids))
    for word in phrase.words:
        span = slice(word.start, word.end)
        factor[span] *= 1 + (EMPHASIS_LENGTH - 1) * word.emphasis
        vowel = held_place(phrase, word)
        if word.held:
            factor[vowel] *= 1 + HELD_LENGTH * min(word.held, MOST_HELD)
        last = last_vowel(phrase, word)
        if word.hesitates:
            factor[last] *= ELLIPSIS_LENGTH
        if word.broken:
            factor[last] *= BROKEN_LENGTH
    return factor


def held_place(phrase: Phrase, word: PhraseWord) -> int:
    """Return where a word is held: its vowel with the main stress, else its last vowel, else its last sound."""
    places = range(word.start, word.end)
    for place in places:
        if phrase.phonemes[place - 1] == PRIMARY_STRESS and phrase.phonemes[place] in VOWELS:
            return place
    return last_vowel(phrase, word)


def last_vowel(phrase: Phrase, word: PhraseWord) -> int:
    """Return where the last vowel of a word is, or its last sound."""
    vowels = [place for place in range(word.start, word.end) if phrase.phonemes[place] in VOWELS]
    return vowels[-1] if vowels else word.end - 1


def ellipsis_halts(phrase: Phrase, whole: NDArray[np.int64]) -> list[tuple[int, float]]:
    """Return the pauses behind words before an ellipsis: (frame after which, seconds as heard)."""
    ends = 2 * np.cumsum(whole)
    return [(int(ends[word.end - 1]), ELLIPSIS_SECONDS) for word in phrase.words[:-1] if word.hesitates]


def stress_weights(phrase: Phrase, whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far each frame belongs to a stressed word, 0 to 1, with soft edges (float64 [2T])."""
    ends = 2 * np.concatenate([[0], np.cumsum(whole)])
    weight = np.zeros(int(ends[-1]))
    for word in phrase.words:
        if word.emphasis:
            weight[int(ends[word.start]) : int(ends[word.end])] = word.emphasis
    if not weight.any():
        return weight
    return smooth_frames(weight, _EDGE)


def raise_f0(f0: FloatArray, phrase: Phrase, weight: NDArray[np.float64], tract: float) -> FloatArray:
    """Return F0 in Hz (float32 [2T]): stressed words higher, an incredulous end rising, a broken one not falling."""
    semitones = EMPHASIS_SEMITONES * weight
    voiced = np.flatnonzero(f0 > 40)
    if len(voiced) and (phrase.rising or phrase.words[-1].broken):
        ramp = np.clip((np.arange(len(f0)) - voiced[-1]) * FRAME_SECONDS * tract / RISE_SECONDS + 1, 0, 1)
        semitones = semitones + ramp * (RISE_SEMITONES if phrase.rising else BROKEN_SEMITONES)
    if not semitones.any():
        return f0
    return np.where(f0 > 40, f0 * 2 ** (semitones / 12), f0).astype(np.float32)


def amplify(spectra: Spectra, weight: NDArray[np.float64]) -> None:
    """Make the stressed words louder, in place."""
    if not weight.any():
        return
    nepers = (weight * (EMPHASIS_DB / 20 * np.log(10))).astype(np.float32)
    for part in (spectra.harmonic, spectra.noise, spectra.free):
        part += nepers


def cut_off(samples: FloatArray, phrase: Phrase, end_seconds: float, rate: int) -> FloatArray:
    """Return the samples, cut where speech breaks off: within 15 ms of its last sound, as by a glottal stop."""
    if not phrase.words[-1].broken:
        return samples
    last = min(len(samples), round(end_seconds * rate))
    ramp = round(0.015 * rate)
    if last <= ramp:
        return samples
    stopped = samples.copy()
    stopped[last - ramp : last] *= np.linspace(1, 0, ramp, dtype=np.float32)
    stopped[last:] = 0
    return stopped
