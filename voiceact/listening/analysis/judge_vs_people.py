"""Compare the judge with people: its scores against their answers, beside EmoNet-Voice's figures of other models.

People's answers go to 0, 5, 10 for not, weakly and strongly present, the judge's 0 to 7 is stretched to 0 to 10, and a
clip's answers are averaged before they are correlated with its score (arXiv 2506.09827, Tables 5 and 6).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from voiceact.acting.intensity import HIGHEST
from voiceact.listening.analysis.answer_table import NONE, AnswerTable, Floats, Ints
from voiceact.listening.loading import ListeningTest
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing
from voiceact.stats.ranking import spearman

TEN = 10.0
LEAST = 3


@dataclass(frozen=True)
class JudgeComparison:
    """Questions that people answered and the judge scored, one a place in each array [n].

    Attributes:
        people: mean of their answers, 0 to 10
        judge: its score, 0 to 10
        present: share of people who heard it
        category: index into `categories`
        clip: index into the table's clips
        target: whether the clip was made for the category
        categories: ids
    """

    people: Floats
    judge: Floats
    present: Floats
    category: Ints
    clip: Ints
    target: Any
    categories: tuple[str, ...]


def compare_judge(
    table: AnswerTable, test: ListeningTest, scores: Mapping[str, Mapping[str, float | None]] | None = None
) -> JudgeComparison:
    """Put people's answers and the judge's scores side by side, for every question about a category the judge scored.

    Args:
        table: the answers
        test: the test
        scores: clip id -> category -> 0 to 7; None takes those that the test was made with
    """
    given = scores if scores is not None else {clip.id: clip.scores for clip in test.clips.values()}
    answers = table.of_kind("target", "contrastive", "other")
    if not len(answers):
        none, nowhere = np.zeros(0), np.zeros(0, np.intp)
        return JudgeComparison(none, none, none, nowhere, nowhere, none > 0, table.categories)

    # Look up the judge's score of each question; NaN where there is none.
    first, raters = answers.first_of_question(), np.bincount(answers.question)
    category, clip = answers.category[first], answers.clip[first]
    names = ("" if index == NONE else table.categories[index] for index in category)
    known = [given.get(table.clips[index], {}).get(name) for index, name in zip(clip, names, strict=True)]
    judge = np.array([np.nan if score is None else float(score) for score in known])

    rows = np.flatnonzero(np.isfinite(judge))
    people = np.bincount(answers.question, answers.value) / raters * TEN / max(test.protocol.values)
    return JudgeComparison(
        people[rows],
        judge[rows] * TEN / HIGHEST,
        (np.bincount(answers.question, answers.positive) / raters)[rows],
        category[rows],
        clip[rows],
        answers.kind[first][rows] == "target",
        table.categories,
    )


def judge_figures(comparison: JudgeComparison, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute Spearman, Pearson, mean absolute error and RMSE, of all and of each category, with intervals over clips.

    Beside a category, `field` holds Table 6's figures of it.
    """
    field = published_figures()["table_6"]
    by_category = {}
    for place, category in enumerate(comparison.categories):
        rows = comparison.category == place
        if rows.any():
            by_category[category] = _figures(comparison, rows, draws, seed) | {"field": field.get(category)}
    return {"all": _figures(comparison, np.ones(len(comparison.people), bool), draws, seed), "categories": by_category}


def pearson(first: Floats, second: Floats, groups: Ints | None = None, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute Pearson's correlation with an interval over groups (None: every place by itself)."""
    if len(first) < LEAST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return missing("a correlation needs three clips and values that differ", len(first))
    _, of = np.unique(np.arange(len(first)) if groups is None else groups, return_inverse=True)
    count = int(of.max()) + 1
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), draws)[:, of].astype(np.float64)
    drawn = _weighted(first, second, times)
    drawn = drawn[np.isfinite(drawn)]
    value = float(_weighted(first, second, np.ones((1, len(first))))[0])
    if len(drawn) < draws / 2:
        return Figure(value, n=len(first), why="no interval: too few clips differ")
    low, high = np.quantile(drawn, TAILS)
    return Figure(value, float(low), float(high), len(first))


@lru_cache(maxsize=1)
def published_figures() -> dict[str, Any]:
    """Read EmoNet-Voice's figures of people and models (estimators/data/emonet_voice_people.json names its source)."""
    document = (files("voiceact.estimators") / "data" / "emonet_voice_people.json").read_text("utf-8")
    figures: dict[str, Any] = json.loads(document)
    return figures


def _figures(comparison: JudgeComparison, rows: Any, draws: int, seed: int) -> dict[str, Any]:
    people, judge, clip = comparison.people[rows], comparison.judge[rows], comparison.clip[rows]
    if not len(people):
        return {"spearman": missing("the judge scored none of these clips").to_dict(), "n": 0}
    error = np.abs(people - judge)
    return {
        "spearman": spearman(people, judge, speakers=clip.tolist(), draws=draws, seed=seed).to_dict(),
        "pearson": pearson(people, judge, clip, draws=draws, seed=seed).to_dict(),
        "mae": float(error.mean()),
        "rmse": float((error**2).mean() ** 0.5),
        "n": len(people),
    }


def _weighted(first: Floats, second: Floats, times: Floats) -> Floats:
    """Compute [draws] correlations where place i counts times[:, i]."""
    total = times.sum(axis=1)
    mean_a, mean_b = times @ first / total, times @ second / total
    both = times @ (first * second) / total - mean_a * mean_b
    spread = (times @ first**2 / total - mean_a**2) * (times @ second**2 / total - mean_b**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(both / np.sqrt(np.maximum(spread, 0)))
