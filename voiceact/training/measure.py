"""How good heads are on speakers they were not trained on: rank correlations with intervals, beside two controls."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import count_noun
from voiceact.stats.bootstrap import Clusters, bootstrap_figure
from voiceact.stats.figure import DRAWS, SEED, Figure, Floats, missing
from voiceact.stats.ranking import group_ties, mid_ranks, spearman, weighted_correlation

Scores = NDArray[np.float32]

TEST_SHARE, VALIDATION_SHARE = 0.25, 0.2
LEAST_SPEAKERS = 4


def split_speakers(speakers: Sequence[str], seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Divide clips by speaker.

    Args:
        speakers: of each clip
        seed: decides who is where

    Returns:
        Clips of the validation, and clips of the test, bool [clips] each; all others are trained on.

    Raises:
        UsageError: for fewer than four speakers
    """
    from voiceact.errors import UsageError

    names = sorted(set(speakers))
    if len(names) < LEAST_SPEAKERS:
        raise UsageError(
            f"the clips are of {count_noun(len(names), 'speaker')}; expected at least {LEAST_SPEAKERS}, "
            f"to train, to decide when to stop, "
            "and to test on others"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    tests, stops = (max(1, round(share * len(names))) for share in (TEST_SHARE, VALIDATION_SHARE))
    test = {names[at] for at in order[:tests]}
    validation = {names[at] for at in order[tests : tests + stops]}
    return np.array([speaker in validation for speaker in speakers]), np.array([speaker in test for speaker in speakers])


def mean_rank_correlation(predicted: Scores, targets: Scores, speakers: Sequence[str], *, draws: int = DRAWS) -> Figure:
    """Compute the mean over heads of Spearman's rank correlation; the interval draws whole speakers.

    Args:
        found: float32 [clips, heads]
        targets: float32 [clips, heads]; NaN where not known
        speakers: of each clip
        draws: draws of the bootstrap
    """
    clusters = Clusters(speakers, len(speakers))
    columns = []
    for head in range(targets.shape[1]):
        known = np.flatnonzero(np.isfinite(targets[:, head]))
        a, b = predicted[known, head].astype(np.float64), targets[known, head].astype(np.float64)
        if len(known) >= 3 and np.ptp(a) > 0 and np.ptp(b) > 0:
            columns.append((known, group_ties(a), group_ties(b)))
    if not columns:
        return missing("no head has three clips with scores and targets that differ", len(speakers))

    def statistic(times: Floats) -> Floats:
        sums, counts = np.zeros(len(times)), np.zeros(len(times))
        for known, first, second in columns:
            weights = times[:, clusters.index[known]]
            with np.errstate(invalid="ignore", divide="ignore"):
                each = weighted_correlation(mid_ranks(weights, *first), mid_ranks(weights, *second), weights)
            sums += np.nan_to_num(each)
            counts += np.isfinite(each)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    return bootstrap_figure(statistic, clusters, draws=draws, seed=SEED)


def measure(
    names: Sequence[str], predicted: Scores, targets: Scores, speakers: Sequence[str], constant: Scores, *, draws: int = DRAWS
) -> dict[str, Any]:
    """Measure heads on a test.

    Args:
        names: of the heads
        found: float32 [clips, heads], 0 to 4
        targets: float32 [clips, heads], 0 to 4; NaN where not known
        speakers: of each clip
        constant: float32 [heads]: the mean predictor, the mean target of the clips that were trained on
        draws: draws of the bootstrap

    Returns:
        "rank_correlation" over all heads, "heads": name -> figure, and the root mean square error of the heads and of the mean
        predictor, whose rank correlation is nought by its nature.
    """
    errors = np.nanmean((predicted - targets) ** 2) ** 0.5
    plain = np.nanmean((constant[None] - targets) ** 2) ** 0.5
    heads = {}
    for number, name in enumerate(names):
        known = np.isfinite(targets[:, number])
        who = [speaker for speaker, has_target in zip(speakers, known, strict=True) if has_target]
        heads[name] = spearman(predicted[known, number], targets[known, number], speakers=who, draws=draws).to_dict()
    return {
        "clips": len(predicted),
        "speakers": len(set(speakers)),
        "rank_correlation": mean_rank_correlation(predicted, targets, speakers, draws=draws).to_dict(),
        "heads": heads,
        "rms_error": round(float(errors), 4),
        "rms_error_of_the_mean": round(float(plain), 4),
    }


__all__ = ["mean_rank_correlation", "measure", "split_speakers"]
