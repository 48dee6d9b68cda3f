"""Training rows as the judge will meet them: relative to nothing, to neutral clips, or to a voice's statistics."""

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats
from voiceact.estimators.human.voice_statistics import Voices
from voiceact.judge.training.material import Material

REGIMES = ("none", "neutral", "statistics")
MOST_NEUTRAL = 5


def normalised(material: Material, voices: Voices, regime: str, *, varied: bool, seed: int = 0) -> Floats:
    """[clips, features]; `varied` draws what is known of each voice anew, as users will know more or less of it.

    A neutral clip is never its own reference where its voice has another.
    """
    if regime == "none":
        return voices.unknown(material.rows)
    rng, rows = np.random.default_rng(seed), np.empty(material.rows.shape)
    for voice in np.unique(material.voices):
        where = np.flatnonzero(material.voices == voice)
        one = _against_neutral if regime == "neutral" else _against_statistics
        rows[where] = one(material, voices, where, rng, varied)
    return rows


def _against_neutral(material: Material, voices: Voices, where: NDArray[np.intp], rng: np.random.Generator,
                     varied: bool) -> Floats:
    neutral = where[material.neutral[where]]
    if not len(neutral):
        return voices.unknown(material.rows[where])
    means = []
    for clip in where:
        others = neutral[neutral != clip] if len(neutral) > 1 else neutral
        count = int(rng.integers(1, MOST_NEUTRAL + 1)) if varied else MOST_NEUTRAL
        chosen = rng.choice(others, min(count, len(others)), replace=False)
        means.append(voices.filled(material.rows[chosen]).mean(axis=0))
    return voices.from_neutral(material.rows[where], np.array(means))


def _against_statistics(material: Material, voices: Voices, where: NDArray[np.intp], rng: np.random.Generator,
                        varied: bool) -> Floats:
    known = where
    if varied:
        # A voice is known from whatever it was heard saying: now and then without some of the emotions.
        words = np.array([material.recordings[clip].emotion for clip in where])
        classes = np.unique(words)
        left_out = rng.choice(classes, int(rng.integers(0, len(classes) // 3 + 1)), replace=False)
        known = where[~np.isin(words, left_out)]
    mean, spread = voices.statistics(material.rows[known if len(known) >= 8 else where])
    return voices.from_statistics(material.rows[where], mean, spread)
