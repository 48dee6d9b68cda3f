"""Answers on a scale: mean opinion scores, and how much of an intensity is the clip's rather than the rater's (ICC)."""

from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import Floats, Sheet
from voiceact.listening.analysis.statistics import EXTRA, mean
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.figure import DRAWS, SEED, Figure, missing

LEAST_SUBJECTS = 5


def opinions(sheet: Sheet, group_of: dict[str, str] | None = None, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Mean opinion score of all clips and of each group (ITU-T P.800), with intervals over listeners and clips.

    group_of: clip id -> group (persona, engine)
    """
    found = {"all": mean(sheet, draws=draws, seed=seed).to_dict()}
    groups = [(group_of or {}).get(name, "") for name in sheet.clips]
    for group in sorted({one for one in groups if one}):
        rows = np.isin(sheet.clip, [place for place, one in enumerate(groups) if one == group])
        found[group] = mean(sheet.take(rows), draws=draws, seed=seed).to_dict()
    return found


def intraclass(sheet: Sheet) -> dict[str, Any]:
    """ICC(1,1) of a single answer and ICC(1,k) of the mean of k, raters being anybody (Shrout & Fleiss 1979)."""
    matrix, _ = sheet.matrix()
    known = np.isfinite(matrix).sum(axis=0)
    raters = int(np.bincount(known).argmax()) if len(known) else 0
    if raters < 2:
        nothing = missing("an ICC needs questions answered by two raters", len(known)).to_dict()
        return {"single": nothing, "mean": nothing, "raters": raters}
    rows = [matrix[np.isfinite(matrix[:, unit]), unit][:raters] for unit in np.flatnonzero(known >= raters)]
    if len(rows) < LEAST_SUBJECTS or np.ptp(np.array(rows)) == 0:
        nothing = missing(f"an ICC needs {LEAST_SUBJECTS} questions with {raters} answers that differ", len(rows)).to_dict()
        return {"single": nothing, "mean": nothing, "raters": raters}
    found = icc_of(np.array(rows))
    return {"single": found["ICC(1,1)"].to_dict(), "mean": found["ICC(1,k)"].to_dict(), "raters": raters}


def icc_of(table: Floats) -> dict[str, Figure]:
    """The six ICC of Shrout & Fleiss of [subjects, raters], by their names "ICC(1,1)" to "ICC(3,k)"."""
    try:
        import pandas
        import pingouin
    except ImportError:
        raise MissingExtraError("intraclass correlation", EXTRA) from None
    subjects, raters = table.shape
    long = pandas.DataFrame(
        {
            "subject": np.repeat(np.arange(subjects), raters),
            "rater": np.tile(np.arange(raters), subjects),
            "score": table.ravel(),
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
