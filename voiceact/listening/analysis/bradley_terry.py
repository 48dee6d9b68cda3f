"""Two clips compared: who wins, with intervals, and the strengths that explain it (Bradley-Terry).

Bradley & Terry, Biometrika 39 (1952), 324; fitted by Hunter's minorisation, Ann. Stat. 32 (2004), 384.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import Floats, Sheet
from voiceact.listening.analysis.statistics import share
from voiceact.stats.bootstrap import draw_row_weights
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing

FIRST = 1
STEPS, ENOUGH = 2000, 1e-9


def strengths(wins: Floats) -> Floats | None:
    """Log strengths [k] that sum to 0, from wins[i, j] of i over j; None where they are not defined.

    They are where no set of players has never lost to, or never beaten, the rest (Ford 1957).
    """
    if not _connected(wins):
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


def bradley_terry(sheet: Sheet, group_of: Mapping[str, str], *, draws: int = 200, seed: int = SEED) -> dict[str, Any]:
    """Strength of each group of clips, in logits above their mean, with intervals over pairs of clips.

    group_of: clip id -> what is compared (an intensity, a persona, an engine); pairs within a group say nothing
    """
    names, players = _players(sheet, group_of)
    if len(names) < 2:
        return {name: missing("nothing to compare it with").to_dict() for name in names}
    winner = np.where(sheet.value == FIRST, players[:, 0], players[:, 1])
    loser = np.where(sheet.value == FIRST, players[:, 1], players[:, 0])
    told = strengths(_wins(winner, loser, np.ones(len(sheet)), len(names)))
    if told is None:
        why = "a group has won or lost every comparison with the rest"
        return {name: missing(why, int((players == place).sum())).to_dict() for place, name in enumerate(names)}
    drawn = [strengths(_wins(winner, loser, times, len(names))) for times in draw_row_weights(sheet.item, draws, seed)]
    known = np.array([one for one in drawn if one is not None])
    low, high = np.quantile(known, TAILS, axis=0) if len(known) > draws / 2 else (None, None)
    return {
        name: Figure(
            float(told[place]),
            None if low is None else float(low[place]),
            None if high is None else float(high[place]),
            int((players == place).sum()),
        ).to_dict()
        for place, name in enumerate(names)
    }


def preferred(sheet: Sheet, rank_of: Mapping[str, float], *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """How often the clip of the higher rank (asked intensity) was taken for the one that carries more.

    rank_of: clip id -> rank; pairs of equal rank are left out
    """
    ranks = np.array([rank_of.get(name, np.nan) for name in sheet.clips])
    first, second = ranks[sheet.clip], ranks[sheet.clip_b]
    rows = np.flatnonzero(first != second)
    if not len(rows):
        return missing("no pair of different intensity").to_dict()
    right = (sheet.value == FIRST) == (first > second)
    return share(_with_answers(sheet, right).take(rows), draws=draws, seed=seed)


def side_bias(sheet: Sheet) -> dict[str, Any]:
    """Share of answers for the item's first clip: far from a half, something other than the sound decides."""
    return share(_with_answers(sheet, sheet.value == FIRST))


def _players(sheet: Sheet, group_of: Mapping[str, str]) -> tuple[list[str], Any]:
    groups = [group_of.get(name, name) for name in sheet.clips]
    names = sorted({groups[place] for place in (*sheet.clip, *sheet.clip_b)})
    places = np.array([names.index(group) if group in names else -1 for group in groups], np.intp)
    return names, np.stack((places[sheet.clip], places[sheet.clip_b]), axis=1) if len(sheet) else np.zeros((0, 2), np.intp)


def _wins(winner: Any, loser: Any, times: Floats, count: int) -> Floats:
    found = np.zeros((count, count))
    np.add.at(found, (winner, loser), times)
    np.fill_diagonal(found, 0)
    return found


def _connected(wins: Floats) -> bool:
    reach = np.linalg.matrix_power(np.eye(len(wins)) + (wins > 0), len(wins)) > 0
    return bool(reach.all())


def _with_answers(sheet: Sheet, positive: Sequence[bool] | Any) -> Sheet:
    from dataclasses import replace

    return replace(sheet, positive=np.asarray(positive, bool))
