"""Act on time: durations of phonemes, and where the voice halts."""

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.moves import Moves
from voiceact.engines.embedded import stress, syllables
from voiceact.engines.embedded.text import PRIMARY_STRESS, PUNCTUATION, VOWELS, Phrase

HESITATION_SECONDS = (0.12, 0.45)
"""shortest and longest pause of a hesitation"""


def count_steps(durations: NDArray[np.float32], phrase: Phrase, moves: Moves, doubts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many 25 ms steps each phoneme lasts.

    Args:
        durations: float32 [L], the model's own, in steps
        phrase: the phonemes
        moves: rate, tract, hold, shout, articulation, stress and attack are used
        doubts: float64 [words], from `draw_hesitations`, 0 where the word is spoken without halting

    Returns:
        int64 [L], at least 1 each
    """
    # The take is resampled by 1 / tract at the end, which stretches time by the tract.
    factor = np.full(len(durations), 1 / (moves.rate * moves.tract))
    factor *= _held(phrase, moves.hold + 0.25 * moves.shout)
    factor *= _articulated(phrase, moves.articulation)
    factor *= stress.length_factors(phrase) * syllables.length_factors(phrase, moves)
    for word, doubt in zip(phrase.words, doubts, strict=True):
        factor[word.start : word.end] *= 1 + 0.6 * doubt
    return round_with_carry(durations * factor)


def round_with_carry(durations: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return whole steps, at least 1 each, whose sum follows the sum of the durations.

    Rounding each alone lets short phonemes refuse to shrink: a rate of 1.3 becomes 1.16.

    >>> round_with_carry(np.array([0.6, 0.6, 1.4, 1.4])).tolist()
    [1, 1, 1, 1]
    """
    whole = np.empty(len(durations), np.int64)
    exact = rounded = 0.0
    for index, duration in enumerate(durations):
        exact += float(duration)
        whole[index] = max(1, round(exact - rounded))
        rounded += whole[index]
    return whole


def draw_hesitations(phrase: Phrase, moves: Moves, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw how much the speaker halts on each word, 0 to 1 (float64 [words]).

    The draw does not depend on the amount of hesitation: the words that halt at a little
    still halt at more, only longer, and others join them.
    """
    threshold = 0.6 * rng.permutation(len(phrase.words)) / max(len(phrase.words), 1)
    # Halting after the last word would only be silence at the end.
    threshold[-1:] = 1.0
    return np.clip((0.6 * moves.hesitation - threshold) / 0.6, 0.0, 1.0)


def find_halts(phrase: Phrase, whole: NDArray[np.int64], doubts: NDArray[np.float64], moves: Moves) -> list[tuple[int, float]]:
    """Return the pauses to insert: (frame after which, seconds as heard)."""
    ends = 2 * np.cumsum(whole)
    low, high = HESITATION_SECONDS
    return stress.ellipsis_halts(phrase, whole) + [
        (int(ends[word.end - 1]), low + (high - low) * float(doubt))
        for word, doubt in zip(phrase.words, doubts, strict=True)
        if doubt > 0
    ]


def find_marks(phrase: Phrase, whole: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the frames [start, end) of every punctuation mark inside the phrase, with the space behind it."""
    ends = 2 * np.cumsum(whole)
    last = phrase.words[-1].end
    spans = []
    for index, phoneme in enumerate(phrase.phonemes[:last]):
        if phoneme and phoneme in PUNCTUATION:
            after = index + (phrase.phonemes[index + 1] == " ")
            spans.append((int(ends[index - 1]), int(ends[after])))
    return spans


def _held(phrase: Phrase, hold: float) -> NDArray[np.float64]:
    """Return the factors that lengthen stressed vowels and the stress mark before them (float64 [L])."""
    factor = np.ones(len(phrase.ids))
    for index, phoneme in enumerate(phrase.phonemes):
        if phoneme in VOWELS and phoneme and phrase.phonemes[index - 1] == PRIMARY_STRESS:
            factor[index] += hold
            factor[index - 1] += hold
    return factor


def _articulated(phrase: Phrase, articulation: float) -> NDArray[np.float64]:
    """Return the factors that shorten consonants when slurred and lengthen them when crisp; vowels give way a third as much."""
    factor = np.ones(len(phrase.ids))
    for index, phoneme in enumerate(phrase.phonemes):
        if phoneme.isalpha() and phoneme not in VOWELS:
            factor[index] = articulation**0.5
        elif phoneme and phoneme in VOWELS:
            factor[index] = articulation**-0.15
    return factor
