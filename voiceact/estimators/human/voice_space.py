"""The space in which voices are compared: principal components of what the ears hear, relative to what is known of a voice.

The components are learned from how clips of one voice differ among themselves, so that they hold what voices do and
little of who they are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats

LIMIT = 8.0
"""described values are cut off here, in units of their spread within a voice: one wild channel must not decide"""
PRIOR_CLIPS = 8.0
"""a voice's own spread counts as much as the average voice's when it rests on this many clips"""
PRIOR_NEUTRAL = 1.0
"""a neutral reference counts as much as the average voice when it rests on this many clips: a single reading says what
the line and the moment were as much as what the voice is. Chosen of 0 to 1.5 by leaving corpora out (docs/judge.md)"""


@dataclass(frozen=True, slots=True)
class VoiceSpace:
    """Projection of descriptions, and the average voice in it.

    Attributes:
        centre: float [width], mean of each described value
        scale: float [width], its spread within a voice
        components: float [width, n]
        mean: float [n], of all clips
        spread: float [n], within a voice
    """

    centre: Floats
    scale: Floats
    components: Floats
    mean: Floats
    spread: Floats

    def project(self, rows: Floats) -> Floats:
        """Project descriptions [clips, width] to points [clips, n]."""
        units = np.clip((np.asarray(rows, np.float32) - self.centre) / self.scale, -LIMIT, LIMIT)
        return np.asarray(units @ self.components.astype(np.float32), np.float64)

    def relative_to_average(self, points: Floats) -> Floats:
        """Place points [clips, n] where nothing is known of the voice."""
        return np.asarray((points - self.mean) / self.spread)

    def relative_to_neutral(self, points: Floats, neutral_mean: Floats, clips: Floats | int) -> Floats:
        """Place points [clips, n] beside the voice's neutral clips.

        Args:
            points: [clips, n]
            neutral_mean: [n] or [clips, n], the mean point of the neutral clips
            clips: how many these are, one number or [clips, 1]
        """
        weight = clips / (clips + PRIOR_NEUTRAL)
        return np.asarray((points - self.mean - weight * (neutral_mean - self.mean)) / self.spread)

    def relative_to_statistics(self, points: Floats, mean: Floats, spread: Floats) -> Floats:
        """Place points [clips, n] in units of the voice's own spread around its own mean."""
        return np.asarray((points - mean) / spread)

    def statistics(self, points: Floats) -> tuple[Floats, Floats]:
        """Measure mean and spread of a voice's points; the spread leans on the average voice's where clips are few."""
        weight = len(points) / (len(points) + PRIOR_CLIPS)
        spread = np.sqrt(weight * points.var(axis=0) + (1 - weight) * self.spread**2)
        return points.mean(axis=0), np.maximum(spread, 1e-6)


def spread_within(rows: Floats, voices: NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Measure the spread of each column within a voice, [columns], and the rows less their voice's mean, [clips, columns]."""
    inside = np.array(rows, np.float32)
    for voice in np.unique(voices):
        inside[voices == voice] -= inside[voices == voice].mean(axis=0)
    return inside.std(axis=0) + 1e-6, inside


def learn_space(rows: Floats, voices: NDArray[np.str_], count: int) -> VoiceSpace:
    """Learn the space from descriptions of clips by several voices.

    Args:
        rows: float [clips, width]
        voices: [clips], whose clips share a recording chain
        count: most components

    Returns:
        The space; it has fewer components where clips or described values are fewer.
    """
    rows = np.asarray(rows, np.float32)
    centre = rows.mean(axis=0)
    scale, inside = spread_within(rows, voices)
    units = np.clip(inside / scale, -4, 4)
    units -= units.mean(axis=0)
    # The smaller of the two Gram matrices has the same eigenvalues.
    if len(units) < units.shape[1]:
        values, vectors = np.linalg.eigh((units @ units.T).astype(np.float64))
        best = np.argsort(values)[::-1][: min(count, len(units))]
        best = best[values[best] > 1e-9 * values.max()]
        components = units.T @ (vectors[:, best] / np.sqrt(values[best]))
    else:
        values, vectors = np.linalg.eigh((units.T @ units).astype(np.float64))
        components = vectors[:, np.argsort(values)[::-1][:count]]
    # A component's sign is arbitrary: fixed, so that the same data give the same bytes.
    components = components * np.sign(components[np.abs(components).argmax(axis=0), np.arange(components.shape[1])])
    space = VoiceSpace(centre, scale, components.astype(np.float16), np.zeros(1), np.ones(1))
    points = space.project(rows)
    return VoiceSpace(centre, scale, space.components, points.mean(axis=0), spread_within(points, voices)[0].astype(np.float64))
