"""Recompute which takes of a run a calibrated judge would include, from the scores in its rows.

A row holds the score of the requested category and the reasons of its failed checks. The presence check alone is decided
anew; all other checks stay, also the contrast check, whose category the row does not name.
"""

from collections import Counter
from typing import Any, cast

from voiceact.estimators.calibrated import Calibration
from voiceact.store.columns import Row, is_included
from voiceact.store.reader import Run
from voiceact.vocabulary import FAILED, Evidence

ABSENT = "emotion:absent"
NEEDED = ("category", "evidence", "verdict", "reasons", "included")


def recompute_inclusion(run: Run, calibration: Calibration) -> dict[str, Any]:
    """Count takes by verdict and by inclusion in the data set, before and after the calibration, in all and by category."""
    least = run.file.recipe.get("verify", {}).get("evidence", "category")
    before, after = Counter[str](), Counter[str]()
    counts: dict[str, Counter[str]] = {}
    columns = [*NEEDED, *(f"score_{name}" for name in calibration.categories)]
    for row in run.rows(columns):
        level, evidence = recalibrated_level(row, calibration)
        before[row["verdict"]] += 1
        after[level] += 1
        of = counts.setdefault(row["category"], Counter())
        of.update(takes=1, before=bool(row["included"]), after=is_included(level, evidence, least=least))
    return {
        "levels": {"before": dict(before), "after": dict(after)},
        "included": {when: sum(count[when] for count in counts.values()) for when in ("before", "after")},
        "takes": sum(count["takes"] for count in counts.values()),
        "categories": {
            name: {key: count[key] for key in ("takes", "before", "after")} for name, count in sorted(counts.items())
        },
    }


def recalibrated_level(row: Row, calibration: Calibration) -> tuple[str, Evidence]:
    """Return the verdict and the evidence of a row under the calibration."""
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
