"""The judge against people: does its score rise where people hear more, beside what EmoNet-Voice measured of other models.

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
from voiceact.listening.analysis.answer_table import NONE, Floats, Ints, Sheet
from voiceact.listening.loading import ListeningTest
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing
from voiceact.stats.ranking import spearman

TEN = 10.0
LEAST = 3


@dataclass(frozen=True)
class Compared:
    """Questions that people answered and the judge scored, one a place in each array [n].

    people: mean of their answers, 0 to 10; judge: its score, 0 to 10; present: share of people who heard it
    category: place in `categories`; clip: place in the sheet's clips; target: whether the clip was made for the category
    """

    people: Floats
    judge: Floats
    present: Floats
    category: Ints
    clip: Ints
    target: Any
    categories: tuple[str, ...]


def compare(sheet: Sheet, test: ListeningTest, scores: Mapping[str, Mapping[str, float | None]] | None = None) -> Compared:
    """People's word and the judge's on every question the test asked about a category the judge has a score for.

    scores: clip id -> category -> 0 to 7; None takes those that the test was made with
    """
    given = scores if scores is not None else {clip.id: clip.scores for clip in test.clips.values()}
    asked = sheet.of_kind("target", "contrastive", "other")
    if not len(asked):
        none, nowhere = np.zeros(0), np.zeros(0, np.intp)
        return Compared(none, none, none, nowhere, nowhere, none > 0, sheet.categories)
    first, raters = asked.first_of_question(), np.bincount(asked.question)
    category, clip = asked.category[first], asked.clip[first]
    judge = np.array(
        [
            _score(given, sheet.clips[at], sheet.categories[what] if what != NONE else None)
            for at, what in zip(clip, category, strict=True)
        ]
    )
    rows = np.flatnonzero(np.isfinite(judge))
    highest = max(test.protocol.values)
    people = np.bincount(asked.question, asked.value) / raters * TEN / highest
    return Compared(
        people[rows],
        judge[rows] * TEN / HIGHEST,
        (np.bincount(asked.question, asked.positive) / raters)[rows],
        category[rows],
        clip[rows],
        asked.kind[first][rows] == "target",
        sheet.categories,
    )


def judge_figures(found: Compared, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Spearman, Pearson, mean absolute error and RMSE, of all and of each category, with intervals over clips.

    `field` beside a category: Table 6's figures of it.
    """
    table = published()["table_6"]
    by_category = {}
    for place, category in enumerate(found.categories):
        rows = found.category == place
        if rows.any():
            by_category[category] = _figures(found, rows, draws, seed) | {"field": table.get(category)}
    return {"all": _figures(found, np.ones(len(found.people), bool), draws, seed), "categories": by_category}


def pearson(first: Floats, second: Floats, groups: Ints | None = None, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Pearson's correlation with an interval over groups (None: every place by itself)."""
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
def published() -> dict[str, Any]:
    """EmoNet-Voice's figures of people and models (estimators/data/emonet_voice_people.json names its source)."""
    found: dict[str, Any] = json.loads((files("voiceact.estimators") / "data" / "emonet_voice_people.json").read_text("utf-8"))
    return found


def _figures(found: Compared, rows: Any, draws: int, seed: int) -> dict[str, Any]:
    people, judge, clip = found.people[rows], found.judge[rows], found.clip[rows]
    if not len(people):
        return {"spearman": missing("the judge scored none of these clips").to_dict(), "n": 0}
    apart = np.abs(people - judge)
    return {
        "spearman": spearman(people, judge, speakers=clip.tolist(), draws=draws, seed=seed).to_dict(),
        "pearson": pearson(people, judge, clip, draws=draws, seed=seed).to_dict(),
        "mae": float(apart.mean()),
        "rmse": float((apart**2).mean() ** 0.5),
        "n": len(people),
    }


def _weighted(first: Floats, second: Floats, times: Floats) -> Floats:
    """[draws] correlation where place i counts times[:, i]."""
    total = times.sum(axis=1)
    mean_a, mean_b = times @ first / total, times @ second / total
    both = times @ (first * second) / total - mean_a * mean_b
    spread = (times @ first**2 / total - mean_a**2) * (times @ second**2 / total - mean_b**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(both / np.sqrt(np.maximum(spread, 0)))


def _score(given: Mapping[str, Mapping[str, float | None]], clip: str, category: str | None) -> float:
    score = given.get(clip, {}).get(category or "")
    return float("nan") if score is None else float(score)
