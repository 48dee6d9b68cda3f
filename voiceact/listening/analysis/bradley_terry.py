"""Analyse paired comparisons: preference shares with intervals, and Bradley-Terry strengths.

Bradley & Terry, Biometrika 39 (1952), 324; fitted by Hunter's minorisation, Ann. Stat. 32 (2004), 384.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import AnswerTable, Floats
from voiceact.listening.analysis.statistics import positive_share
from voiceact.stats.bootstrap import draw_row_weights
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing

FIRST = 1
STEPS, ENOUGH = 2000, 1e-9


def strengths(wins: Floats) -> Floats | None:
    """Fit log strengths [k] that sum to 0.

    Args:
        wins: [k, k] how often i won over j

    Returns:
        The strengths; None where they are not defined, which is where some set of players has never lost to, or never
        beaten, the rest (Ford 1957).
    """
    reach = np.linalg.matrix_power(np.eye(len(wins)) + (wins > 0), len(wins)) > 0
    if not reach.all():
        return None
    played, won = wins + wins.T, wins.sum(axis=1)
    worth = np.ones(len(wins))
    for _ in range(STEPS):
        fresh = won / (played / (worth[:, None] + worth[None, :])).sum(axis=1)
        fresh /= np.exp(np.log(fresh).mean())
        done = np.abs(np.log(fresh / worth)).max() < ENOUGH
        worth = fresh
        if done:
            break
    return np.asarray(np.log(worth))


def bradley_terry(table: AnswerTable, group_of: Mapping[str, str], *, draws: int = 200, seed: int = SEED) -> dict[str, Any]:
    """Estimate the strength of each group of clips, in logits above their mean, with intervals over pairs of clips.

    Args:
        table: answers to pairs
        group_of: clip id -> what is compared (an intensity, a persona, an engine); pairs within a group say nothing
        draws: of the bootstrap
        seed: of the bootstrap

    Returns:
        Group -> figure as `Figure.to_dict`.
    """
    # Number the groups that were compared.
    groups = [group_of.get(name, name) for name in table.clips]
    names = sorted({groups[clip] for clip in (*table.clip, *table.clip_b)})
    if len(names) < 2:
        return {name: missing("nothing to compare it with").to_dict() for name in names}
    of_clip = np.array([names.index(group) if group in names else -1 for group in groups], np.intp)
    players = np.stack((of_clip[table.clip], of_clip[table.clip_b]), axis=1)
    winner = np.where(table.value == FIRST, players[:, 0], players[:, 1])
    loser = np.where(table.value == FIRST, players[:, 1], players[:, 0])
    counts = [int((players == group).sum()) for group in range(len(names))]

    # Fit all answers, then the draws of pairs.
    fit = strengths(_wins(winner, loser, np.ones(len(table)), len(names)))
    if fit is None:
        why = "a group has won or lost every comparison with the rest"
        return {name: missing(why, count).to_dict() for name, count in zip(names, counts, strict=True)}
    drawn = [strengths(_wins(winner, loser, times, len(names))) for times in draw_row_weights(table.item, draws, seed)]
    known = np.array([strength for strength in drawn if strength is not None])
    low, high = np.quantile(known, TAILS, axis=0) if len(known) > draws / 2 else (None, None)
    return {
        name: Figure(
            float(fit[group]),
            None if low is None else float(low[group]),
            None if high is None else float(high[group]),
            counts[group],
        ).to_dict()
        for group, name in enumerate(names)
    }


def preference_share(
    table: AnswerTable, rank_of: Mapping[str, float], *, draws: int = DRAWS, seed: int = SEED
) -> dict[str, Any]:
    """Compute how often the clip of the higher rank (requested intensity) was preferred.

    Args:
        table: answers to pairs
        rank_of: clip id -> rank; pairs of equal rank are left out
        draws: of the bootstrap
        seed: of the bootstrap
    """
    ranks = np.array([rank_of.get(name, np.nan) for name in table.clips])
    first, second = ranks[table.clip], ranks[table.clip_b]
    rows = np.flatnonzero(first != second)
    if not len(rows):
        return missing("no pair of different intensity").to_dict()
    right = (table.value == FIRST) == (first > second)
    return positive_share(_with_answers(table, right).take(rows), draws=draws, seed=seed)


def side_bias(table: AnswerTable) -> dict[str, Any]:
    """Compute the share of answers for the item's first clip: far from a half, something other than the sound decides."""
    return positive_share(_with_answers(table, table.value == FIRST))


def _wins(winner: Any, loser: Any, times: Floats, count: int) -> Floats:
    """Count [group, group] wins of the first over the second, answer i counting times[i]."""
    wins = np.zeros((count, count))
    np.add.at(wins, (winner, loser), times)
    np.fill_diagonal(wins, 0)
    return wins


def _with_answers(table: AnswerTable, positive: Sequence[bool] | Any) -> AnswerTable:
    return replace(table, positive=np.asarray(positive, bool))
