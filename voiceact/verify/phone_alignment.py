"""What was heard laid beside what was to be said, sound by sound.

A recognizer takes "cup" for "cap" and "a narrow" for "and narrow": whole words wrong, hardly a sound.
A word that was dropped, added or swapped is wrong in every sound. So takes are judged by the worst
stretch of wrong sounds, which tells the two apart far better than counted words (docs/verify.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voiceact.verify.text_normalization import written

VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))
VOWEL_FOR_VOWEL, CONSONANT_FOR_CONSONANT, OTHERWISE = 0.5, 0.7, 1.0
"""what one sound for another costs; one too many or too few costs 1"""
ANY = "?"
"""a sound of a word that is in no dictionary: any other may stand for it"""
ANY_PER_LETTER = 0.7
FORGIVENESS = 0.35
"""what a stretch of wrong sounds loses with each sound in it, so that scattered errors do not add up"""


@dataclass(frozen=True, slots=True)
class Sounds:
    """An alignment in figures.

    error_rate: cost of all wrong sounds over the sounds that were to be said
    worst_stretch: cost of the worst stretch, each sound in it counted less FORGIVENESS; a dropped or added
        word of five sounds is 5 x 0.65 = 3.25
    """

    error_rate: float
    worst_stretch: float


def compare(said: str | Sequence[str], heard: str | Sequence[str], *, language: str = "en") -> Sounds:
    """Lay the sounds of two texts beside each other; of a sequence of words as it stands, of a string as it is read."""
    own, other = sounds_of(said, language), sounds_of(heard, language)
    costs = aligned_costs(own, other)
    return Sounds(sum(costs) / max(1, len(own)), worst_stretch(costs))


def sounds_of(text: str | Sequence[str], language: str = "en") -> list[str]:
    """Sounds of a text: of English from the recognizer's dictionary, of other languages its letters."""
    words = written(text, language) if isinstance(text, str) else text
    if language.split("-")[0] != "en":
        return [letter for word in words for letter in word.replace("'", "").upper()]
    return [sound for word in words for sound in _pronounced(word)]


def _pronounced(word: str) -> tuple[str, ...]:
    known = _dictionary()
    return known.get(word) or known.get(word.replace("'", "")) or (ANY,) * max(2, round(ANY_PER_LETTER * len(word)))


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    """First pronunciation of each of 130,000 English words (CMU's dictionary in the pocketsphinx wheel)."""
    from pocketsphinx import get_model_path

    with open(get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as file:
        rows = (line.split() for line in file)
        return {word: tuple(sounds) for word, *sounds in rows if "(" not in word}


def aligned_costs(expected: Sequence[str], heard: Sequence[str]) -> list[float]:
    """Costs of the cheapest alignment, sound by sound, in order."""
    prices = _prices(expected, heard)
    table = _table(prices)
    steps: list[float] = []
    i, j = len(expected), len(heard)
    while i or j:
        if i and j and np.isclose(table[i, j], table[i - 1, j - 1] + prices[i - 1, j - 1], atol=1e-4):
            i, j = i - 1, j - 1
            steps.append(float(prices[i, j]))
            continue
        steps.append(1.0)
        i, j = (i - 1, j) if i and np.isclose(table[i, j], table[i - 1, j] + 1, atol=1e-4) else (i, j - 1)
    return steps[::-1]


def _prices(expected: Sequence[str], heard: Sequence[str]) -> NDArray[np.float32]:
    """[said, heard]: what each sound for each other would cost."""
    own, other = np.array(expected, "U4")[:, None], np.array(heard, "U4")[None, :]
    own_vowel, other_vowel = np.isin(own, list(VOWELS)), np.isin(other, list(VOWELS))
    prices = np.where(own_vowel & other_vowel, VOWEL_FOR_VOWEL, OTHERWISE)
    prices = np.where(~own_vowel & ~other_vowel, CONSONANT_FOR_CONSONANT, prices)
    prices = np.where((own == other) | (own == ANY) | (other == ANY), 0.0, prices)
    return prices.astype(np.float32)


def _table(prices: NDArray[np.float32]) -> NDArray[np.float32]:
    """[said + 1, heard + 1]: least cost of laying the first i beside the first j."""
    rows, columns = prices.shape
    places = np.arange(columns + 1, dtype=np.float32)
    table = np.empty((rows + 1, columns + 1), np.float32)
    table[0] = places
    for i in range(rows):
        best = table[i] + 1
        best[1:] = np.minimum(best[1:], table[i, :-1] + prices[i])
        # One sound too many costs 1: the least over all starting points, in one sweep.
        table[i + 1] = np.minimum.accumulate(best - places) + places
    return table


def worst_stretch(costs: Sequence[float]) -> float:
    """The greatest sum of neighbouring costs, each less FORGIVENESS (Kadane's algorithm)."""
    worst = current = 0.0
    for cost in costs:
        current = max(0.0, current + cost - FORGIVENESS)
        worst = max(worst, current)
    return worst
