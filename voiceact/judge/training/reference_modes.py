"""Training rows as the judge will meet them: relative to nothing, to neutral clips, or to a voice's statistics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.estimating import MOST_NEUTRAL
from voiceact.estimators.human.classifiers import Floats
from voiceact.estimators.human.voice_space import VoiceSpace
from voiceact.judge.training.material import Material

REGIMES = ("none", "neutral", "statistics")

ACTED = (1.0, 0.5, 0.25, 0.12)
"""how strongly training clips are acted beside a neutral reference: a share of 0.25 is a clip's point moved three quarters
of the way to a neutral clip of the same voice. Other corpora are acted more weakly than EmoDB: without these rows nearly
everything in them is called neutral"""
ACTED_IN_TRIAL = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class Placed:
    """Points of clips relative to what is known of their voices.

    Attributes:
        rows: float [rows, components]
        clips: [rows] the clip of the material each stands for
        acted: [rows] share of its acting that was kept
    """

    rows: Floats
    clips: NDArray[np.intp]
    acted: Floats


def place(material: Material, points: Floats, space: VoiceSpace, regime: str, *, acted: tuple[float, ...], seed: int) -> Placed:
    """Place the clips of a material as under a regime.

    Beside a neutral reference each clip is placed once for each share of acting, each time with references drawn anew: a
    neutral reading of the same line, one of another line, or one to five of any; never the clip itself. A clip whose voice
    has no other neutral clip is left out. Under the other regimes a clip is placed once.

    Args:
        material: clips
        points: [clips, components] of them, from `space.project`
        space: in which they lie
        regime: one of REGIMES
        acted: shares of acting, for neutral references
        seed: of the references
    """
    everything = np.arange(len(points))
    if regime == "none":
        return Placed(space.relative_to_average(points), everything, np.ones(len(points)))
    if regime == "statistics":
        rows = np.empty(points.shape)
        for voice in np.unique(material.voices):
            own = material.voices == voice
            rows[own] = space.relative_to_statistics(points[own], *space.statistics(points[own]))
        return Placed(rows, everything, np.ones(len(points)))
    rng = np.random.default_rng(seed)
    neutral_of = {voice: np.flatnonzero((material.voices == voice) & material.neutral) for voice in np.unique(material.voices)}
    lines = np.array([recording.text or "" for recording in material.recordings])
    places, clips, shares = [], [], []
    for share in acted:
        for clip in everything:
            neutral = neutral_of[material.voices[clip]]
            neutral = neutral[neutral != clip]
            if not len(neutral):
                continue
            chosen = _draw_references(neutral, lines, int(clip), rng)
            point = points[clip]
            if share < 1:
                point = share * point + (1 - share) * points[rng.choice(neutral)]
            places.append(space.relative_to_neutral(point, points[chosen].mean(axis=0), len(chosen)))
            clips.append(clip)
            shares.append(share)
    return Placed(np.array(places).reshape(len(places), points.shape[1]), np.array(clips, np.intp), np.array(shares))


def _draw_references(
    neutral: NDArray[np.intp], lines: NDArray[np.str_], clip: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    kind = int(rng.integers(3))
    same = neutral[(lines[neutral] == lines[clip]) & (lines[neutral] != "")]
    other = neutral[lines[neutral] != lines[clip]]
    if kind == 0 and len(same):
        return rng.choice(same, 1)
    if kind == 1 and len(other):
        return rng.choice(other, 1)
    return rng.choice(neutral, min(int(rng.integers(1, MOST_NEUTRAL + 1)), len(neutral)), replace=False)
