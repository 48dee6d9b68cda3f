"""Discrimination: how well scores or answers tell classes apart (AUC, AUC within strata, unweighted average recall)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from voiceact.stats.bootstrap import Clusters, bootstrap_figure, divide
from voiceact.stats.figure import DRAWS, SEED, Figure, Floats, missing
from voiceact.stats.ranking import check_values, group_ties, rows_by_key


def auc(
    scores: ArrayLike, present: ArrayLike, *, speakers: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Figure:
    """Compute the area under the ROC curve: how often a clip that has it scores above one that has not; ties count half.

    Args:
        scores: Float [n].
        present: Bool [n].
        speakers: n names; None takes every clip as its own speaker.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.

    Raises:
        ValueError: If a score is not finite, or the lengths differ.
    """
    scores, present = np.asarray(scores, np.float64), np.asarray(present, bool)
    check_values(scores, present)
    if not present.any() or present.all():
        lacking = "with it" if not present.any() else "without it"
        return missing(f"no clip {lacking}; an AUC needs clips with and without", len(scores))
    order, starts, _ = group_ties(scores)
    clusters = Clusters(speakers, len(scores))

    def weighted_auc(times: Floats) -> Floats:
        weights = times[:, clusters.index[order]]
        positive = np.add.reduceat(weights * present[order], starts, axis=1)
        negative = np.add.reduceat(weights * ~present[order], starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        return divide((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))

    return bootstrap_figure(weighted_auc, clusters, draws=draws, seed=seed)


def paired_auc(
    scores: ArrayLike,
    strong: ArrayLike,
    strata: Sequence[object],
    *,
    speakers: Sequence[object],
    draws: int = DRAWS,
    seed: int = SEED,
) -> Figure:
    """Compute the AUC over pairs of clips of one stratum only, so that scales of different strata never mix.

    Args:
        scores: Float [n].
        strong: Bool [n].
        strata: n keys, each within one speaker (a speaker's performances of one category).
        speakers: n names.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.

    Raises:
        ValueError: If a score is not finite, or the lengths differ.
    """
    scores, strong = np.asarray(scores, np.float64), np.asarray(strong, bool)
    check_values(scores, strong)
    wins, pairs = np.zeros(len(scores)), np.zeros(len(scores))
    for rows in rows_by_key(strata):
        high, low = rows[strong[rows]], rows[~strong[rows]]
        if len(high) and len(low):
            difference = scores[high][:, None] - scores[low][None, :]
            wins[rows[0]] = (difference > 0).sum() + (difference == 0).sum() / 2
            pairs[rows[0]] = difference.size
    if not pairs.any():
        return missing("no speaker performed one category both normally and strongly", len(scores))
    clusters = Clusters(speakers, len(scores))
    wins, pairs = clusters.sum(wins), clusters.sum(pairs)
    return bootstrap_figure(lambda times: divide(times @ wins, times @ pairs), clusters, draws=draws, seed=seed)


def uar(
    performed: ArrayLike, answered: ArrayLike, *, speakers: Sequence[object] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Figure:
    """Compute the unweighted average recall: the mean over classes of the share answered rightly.

    Only classes that were performed count; a draw of speakers averages those that it holds. Chance is 1 / classes.

    Args:
        performed: [n] class of each clip.
        answered: [n] class that was answered.
        speakers: n names; None takes every clip as its own speaker.
        draws: Draws of the bootstrap.
        seed: Seed of the draws.
    """
    performed, answered = np.asarray(performed), np.asarray(answered)
    if not len(performed):
        return missing("no clip of a class that can be answered")
    classes, of_class = np.unique(performed, return_inverse=True)
    clusters = Clusters(speakers, len(performed))
    total, right = np.zeros((2, clusters.count, len(classes)))
    np.add.at(total, (clusters.index, of_class), 1)
    np.add.at(right, (clusters.index, of_class), performed == answered)

    def mean_recall(times: Floats) -> Floats:
        recalls = divide(times @ right, times @ total)
        known = np.isfinite(recalls)
        return divide(np.where(known, recalls, 0).sum(axis=1), known.sum(axis=1).astype(np.float64))

    return bootstrap_figure(mean_recall, clusters, draws=draws, seed=seed)
