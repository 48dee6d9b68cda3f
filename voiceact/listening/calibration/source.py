"""What a run would have kept, had its judge been calibrated: verdicts anew from its rows, without listening again.

A row knows the score of the category that was asked, and why it failed. So the question "present?" is asked anew, and
everything else stays: also the contrast check, whose category the row does not name.
"""

from collections import Counter
from typing import Any, cast

from voiceact.estimators.base import Evidence
from voiceact.estimators.calibrated import Calibration
from voiceact.store.columns import FAILED, Row, is_included
from voiceact.store.reader import Run

ABSENT = "emotion:absent"
NEEDED = ("category", "evidence", "verdict", "reasons", "included")


def pass_set(run: Run, calibration: Calibration) -> dict[str, Any]:
    """Takes by verdict, and those that enter the data set, before and after, in all and by category."""
    least = run.file.recipe.get("verify", {}).get("evidence", "category")
    before, after = Counter[str](), Counter[str]()
    kept: dict[str, Counter[str]] = {}
    columns = [*NEEDED, *(f"score_{name}" for name in calibration.categories)]
    for row in run.rows(columns):
        level, evidence = level_after(row, calibration)
        before[row["verdict"]] += 1
        after[level] += 1
        of = kept.setdefault(row["category"], Counter())
        of.update(takes=1, before=bool(row["included"]), after=is_included(level, evidence, least=least))
    return {"levels": {"before": dict(before), "after": dict(after)},
            "included": {when: sum(one[when] for one in kept.values()) for when in ("before", "after")},
            "takes": sum(one["takes"] for one in kept.values()),
            "categories": {name: {key: one[key] for key in ("takes", "before", "after")} for name, one in sorted(kept.items())}}


def level_after(row: Row, calibration: Calibration) -> tuple[str, Evidence]:
    """The verdict and the evidence of a row under the calibration."""
    moved = calibration.categories.get(row["category"])
    level, evidence = str(row["verdict"]), cast(Evidence, row["evidence"] or "none")
    if moved is None or moved.status != "moved" or level == FAILED:
        return level, evidence
    score = row[f"score_{row['category']}"]
    if any(reason != ABSENT for reason in row["reasons"] or ()):
        return "rejected", moved.evidence
    if score is None or moved.threshold is None or moved.evidence == "none":
        return "undecided", "none" if score is None else moved.evidence
    if score < moved.threshold:
        return "rejected", moved.evidence
    return ("verified" if moved.evidence == "category" else "consistent"), moved.evidence
