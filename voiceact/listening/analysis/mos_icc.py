"""Analyse answers on a scale: mean opinion scores, and how much of an intensity is the clip's rather than the rater's (ICC)."""

from typing import Any

import numpy as np

from voiceact.errors import count_noun
from voiceact.listening.analysis.answer_table import AnswerTable, Floats
from voiceact.listening.analysis.statistics import EXTRA, mean_answer
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.figure import DRAWS, SEED, Figure, missing

LEAST_SUBJECTS = 5


def opinion_scores(
    table: AnswerTable, group_of: dict[str, str] | None = None, *, draws: int = DRAWS, seed: int = SEED
) -> dict[str, Any]:
    """Compute the mean opinion score of all clips and of each group (ITU-T P.800), with intervals over listeners and clips.

    Args:
        table: the answers
        group_of: clip id -> group (persona, engine)
        draws: of the bootstrap
        seed: of the bootstrap

    Returns:
        "all" and each group -> figure as `Figure.to_dict`.
    """
    figures = {"all": mean_answer(table, draws=draws, seed=seed).to_dict()}
    groups = [(group_of or {}).get(clip, "") for clip in table.clips]
    for group in sorted({name for name in groups if name}):
        rows = np.isin(table.clip, [place for place, name in enumerate(groups) if name == group])
        figures[group] = mean_answer(table.take(rows), draws=draws, seed=seed).to_dict()
    return figures


def intraclass(table: AnswerTable) -> dict[str, Any]:
    """Compute ICC(1,1) of a single answer and ICC(1,k) of the mean of k, raters being any people (Shrout & Fleiss 1979)."""
    matrix, _ = table.matrix()
    known = np.isfinite(matrix).sum(axis=0)
    raters = int(np.bincount(known).argmax()) if len(known) else 0
    if raters < 2:
        nothing = missing("an ICC needs questions answered by two raters", len(known)).to_dict()
        return {"single": nothing, "mean": nothing, "raters": raters}
    rows = [matrix[np.isfinite(matrix[:, unit]), unit][:raters] for unit in np.flatnonzero(known >= raters)]
    if len(rows) < LEAST_SUBJECTS or np.ptp(np.array(rows)) == 0:
        nothing = missing(
            f"an ICC needs {LEAST_SUBJECTS} questions with {count_noun(raters, 'answer')} that differ", len(rows)
        ).to_dict()
        return {"single": nothing, "mean": nothing, "raters": raters}
    figures = icc_of(np.array(rows))
    return {"single": figures["ICC(1,1)"].to_dict(), "mean": figures["ICC(1,k)"].to_dict(), "raters": raters}


def icc_of(ratings: Floats) -> dict[str, Figure]:
    """Compute the six ICC of Shrout & Fleiss of [subjects, raters], by their names "ICC(1,1)" to "ICC(3,k)"."""
    try:
        import pandas
        import pingouin
    except ImportError:
        raise MissingExtraError("intraclass correlation", EXTRA) from None
    subjects, raters = ratings.shape
    long = pandas.DataFrame(
        {
            "subject": np.repeat(np.arange(subjects), raters),
            "rater": np.tile(np.arange(raters), subjects),
            "score": ratings.ravel(),
        }
    )
    rows = pingouin.intraclass_corr(long, targets="subject", raters="rater", ratings="score")
    # pingouin lists them in this order, under names that changed between versions.
    names = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
    interval = next(column for column in rows.columns if column.startswith("CI95"))
    return {
        name: Figure(float(value), float(ends[0]), float(ends[1]), subjects)
        for name, value, ends in zip(names, rows["ICC"], rows[interval], strict=True)
    }
