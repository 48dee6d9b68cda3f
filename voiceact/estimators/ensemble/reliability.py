"""How far published estimators agree with people, category by category: what a weighted vote is weighted with.

Spearman's correlations with experts on EmoNet-Voice Bench (arXiv 2506.09827, Table 6), in
`data/emonet_voice_people.json`. Of a judge that the table does not hold, nothing is published that could be
compared; it counts as the mean of those it does hold.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from voiceact.estimators.base import Estimator

MEAN = "mean"
COLUMNS = {"small": "Empathic-Insight-Voice Small", "large": "Empathic-Insight-Voice Large",
           "plus": "Empathic-Insight-Voice Small"}
"""size of Empathic-Insight-Voice -> its column; Plus has Small's heads"""
PUBLISHED = "empathic-insight"


@cache
def table_6() -> dict[str, dict[str, float | None]]:
    """Category id -> model -> Spearman's correlation with people; None where a model has no such emotion."""
    document: dict[str, Any] = json.loads((files("voiceact.estimators") / "data" / "emonet_voice_people.json").read_text("utf-8"))
    found: dict[str, dict[str, float | None]] = document["table_6"]
    return found


def column_of(judge: Estimator) -> str:
    """The column of the table that is the judge's; "mean" if none is."""
    if judge.name != PUBLISHED:
        return MEAN
    return COLUMNS.get(judge.revision.partition("+")[0], MEAN)


def reliability(judge: Estimator, category: str) -> float:
    """What the judge's word on a category weighs, 0 to 1; 0 where its published correlation is not above 0."""
    row = table_6()[category]
    value = row.get(column_of(judge))
    return max(0.0, float(row[MEAN] or 0.0) if value is None else value)
