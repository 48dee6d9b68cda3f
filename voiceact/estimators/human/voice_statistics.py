"""What is known of a voice, and how functionals are told relative to it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

PRIOR_CLIPS = 8.0
"""a voice's own spread counts as much as the average voice's when it rests on this many clips"""
LIMIT = 4.0
"""normalised functionals are cut off here: one wild feature must not decide"""


@dataclass(frozen=True, slots=True)
class Voices:
    """The average voice of the training data, each array [features].

    Attributes:
        filler: median, put where a functional could not be measured
        mean, spread: over all clips
        own_spread: spread within one voice, averaged over voices
    """

    filler: Floats
    mean: Floats
    spread: Floats
    own_spread: Floats

    def filled(self, rows: Floats) -> Floats:
        """Functionals [clips, features] with the filler where they are NaN."""
        return np.where(np.isnan(rows), self.filler, rows)

    def unknown(self, rows: Floats) -> Floats:
        """Relative to the average voice: nothing is known of this one."""
        return np.clip((self.filled(rows) - self.mean) / self.spread, -LIMIT, LIMIT)

    def from_neutral(self, rows: Floats, neutral_mean: Floats) -> Floats:
        """As departures from the voice's neutral clips, in units of an average voice's spread."""
        return np.clip((self.filled(rows) - neutral_mean) / self.own_spread, -LIMIT, LIMIT)

    def from_statistics(self, rows: Floats, mean: Floats, spread: Floats) -> Floats:
        """In units of the voice's own spread around its own mean."""
        return np.clip((self.filled(rows) - mean) / spread, -LIMIT, LIMIT)

    def statistics(self, rows: Floats) -> tuple[Floats, Floats]:
        """Mean and spread of a voice's clips; the spread leans on the average voice where clips are few."""
        rows = self.filled(rows)
        weight = len(rows) / (len(rows) + PRIOR_CLIPS)
        spread = np.sqrt(weight * rows.var(axis=0) + (1 - weight) * self.own_spread**2)
        return rows.mean(axis=0), spread


def learn_voices(rows: Floats, speakers: NDArray[np.str_]) -> Voices:
    """The average voice of functionals [clips, features]."""
    # A column no clip has a value in is worth nothing: its filler is 0.
    known = np.where(np.isnan(rows).all(axis=0), 0.0, rows)
    filler = np.nanmedian(known, axis=0)
    filled = np.where(np.isnan(rows), filler, rows)
    clips = [filled[speakers == one] for one in np.unique(speakers)]
    own = np.concatenate([one - one.mean(axis=0) for one in clips])
    least = 1e-4 + 1e-3 * np.abs(filler)
    spread, own_spread = np.maximum(filled.std(axis=0), least), np.maximum(own.std(axis=0), least)
    return Voices(filler, filled.mean(axis=0), spread, own_spread)
