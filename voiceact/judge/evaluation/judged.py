"""What a judge said of the clips of a corpus, as arrays: all that figures are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import Category, categories
from voiceact.estimators.likelihood import BOUND, margin
from voiceact.judge.corpus.manifest import Recording

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

NEUTRAL = "neutral"
"""the class of clips performed without emotion, beside the ids of categories"""

UNMAPPED = -1
NEUTRAL_PLACE = -2


@dataclass(frozen=True)
class Judged:
    """One corpus under one reference regime.

    recordings: the n clips that were judged
    scores: float [n, 40], 0 to 7, in the order of the taxonomy; NaN where the judge gives none
    arousal, valence: float [n]; NaN where the judge gives none
    classes: the corpus's own classes (category ids, neutral last); class_scores: float [n, classes]
    thresholds: category id -> least score at which it is called present
    evidence: category id -> the judge's own word for what stands behind its scores
    references: speaker -> clips their reference was made of
    not_judged: path -> why the judge could say nothing
    log_ratios: float [n, 40], natural log-likelihood ratios; NaN where the judge gives none
    bound: likelihood ratio from which the judge calls a category present
    """

    recordings: tuple[Recording, ...]
    scores: Floats
    arousal: Floats
    valence: Floats
    classes: tuple[str, ...]
    class_scores: Floats
    thresholds: Mapping[str, float]
    evidence: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, int] = field(default_factory=dict)
    not_judged: Mapping[str, str] = field(default_factory=dict)
    log_ratios: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    bound: float = BOUND

    @cached_property
    def speakers(self) -> list[str]:
        return [recording.speaker for recording in self.recordings]

    @cached_property
    def performed(self) -> Ints:
        """Place of each clip's category in the taxonomy; NEUTRAL_PLACE, or UNMAPPED where EmoNet has no place."""
        place = {category: number for number, category in enumerate(categories())}
        return np.array(
            [
                NEUTRAL_PLACE if recording.neutral else UNMAPPED if recording.category is None else place[recording.category]
                for recording in self.recordings
            ],
            np.intp,
        )

    @cached_property
    def may_be_heard(self) -> Flags:
        """[n, 40]: categories that are no counter-example of the clip, its own among them."""
        return np.array(
            [[category in recording.categories for category in categories()] for recording in self.recordings], bool
        ).reshape(len(self.recordings), len(categories()))

    @cached_property
    def asked(self) -> list[int]:
        """Places of the categories the corpus holds, in the order of the taxonomy."""
        return [int(place) for place in np.unique(self.performed) if place >= 0]

    @cached_property
    def least(self) -> Floats:
        """[40]: thresholds; NaN where the judge has none."""
        return np.array([self.thresholds.get(category.id, np.nan) for category in categories()])

    @cached_property
    def judged(self) -> Flags:
        """[n, 40]: whether the question is answered at all."""
        return np.asarray(np.isfinite(self.scores) & np.isfinite(self.least))

    @cached_property
    def accepts(self) -> Flags:
        """[n, 40]: whether the category is called present."""
        return np.asarray(np.where(self.judged, self.scores, -np.inf) >= np.where(self.judged, self.least, np.inf))

    @cached_property
    def denies(self) -> Flags:
        """[n, 40]: whether the category is called absent, which only category evidence allows."""
        able = np.array([self.evidence.get(category.id) == "category" for category in categories()])
        if not self.log_ratios.size:
            return np.asarray(self.judged & ~self.accepts & able)
        return np.asarray(self.judged & able & (np.nan_to_num(self.log_ratios) <= -margin(self.bound)))

    def of(self, rows: Flags | Ints) -> list[str]:
        """Speakers of the clips in `rows`."""
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        return [self.speakers[row] for row in numbers]


def category_at(place: int) -> Category:
    """The category at a place of the taxonomy."""
    return categories()[place]
