"""Set a judge's thresholds by people's answers, so that people confirm a wanted share of the clips that pass.

For each category, on clips made for it: the chance that people confirm a clip rises with its score along a logistic curve,
and the threshold is the lowest from which on the clips that pass have the wanted precision by that curve. (The lowest at
which their own share reaches it would be chosen by luck: ten points of precision on a few dozen clips that pass.) How good
it really is comes from clips that had no part in choosing it (cross-fitting in FOLDS parts), its interval from drawing clips
and listeners anew. A threshold with too few answers stays unchanged.

Evidence follows by one rule from people's answers on clips made for the category and on clips made for others (an AUC of
the judge's score against whether people heard it). The rule
- raises it to "category" where the AUC's interval lies above 0.6, as the judge's own evidence is earned, and a threshold
  reached the precision; also from "none", of a judge that has scores and never claimed anything for them
- lowers it to "none" where the interval lies below 0.6: the judge does not hear what people hear
- lowers "category" and "burst" to "dimension" where no threshold reaches the precision: a pass is then consistent with the
  category, not a verification of it
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from voiceact.acting.intensity import HIGHEST
from voiceact.errors import UsageError, count_noun
from voiceact.estimators.base import Estimator, adapt_estimator
from voiceact.estimators.calibrated import Calibration, CategoryCalibration
from voiceact.judge.training.evidence import EARNED
from voiceact.listening.analysis.answer_table import AnswerTable, Flags, Floats, Ints
from voiceact.listening.analysis.judge_vs_people import TEN, JudgeComparison, compare_judge
from voiceact.listening.analysis.statistics import Rule
from voiceact.listening.loading import ListeningTest
from voiceact.stats.discrimination import auc
from voiceact.stats.figure import SEED, TAILS, Figure, missing
from voiceact.stats.proportions import rate
from voiceact.vocabulary import Evidence

LEAST_CLIPS = 30
"""clips of a category that people answered and the judge scored"""
LEAST_CONFIRMED = 8
"""of them, those that people confirm"""
LEAST_PASSED = 10
"""clips above a threshold before its precision means anything"""
FOLDS, DRAWS = 5, 300
PRECISION = 0.9
PRIOR, STEPS = np.array([0.0, 1.0]), 12
"""of the curve's height and slope; Newton's steps it takes"""


@dataclass(frozen=True)
class CalibrationGoal:
    """What the thresholds must reach.

    Attributes:
        precision: share of passing clips that people confirm, 0.5 to below 1
        rule: when people confirm a clip (see voiceact.listening.analysis.statistics.RULES)
        seed: of the folds and draws
    """

    precision: float = PRECISION
    rule: Rule = "majority"
    seed: int = SEED


def calibrate_judge(
    table: AnswerTable, test: ListeningTest, judge: Estimator, goal: CalibrationGoal, *, name: str, results: str = ""
) -> Calibration:
    """Choose the judge's thresholds and evidence by people's answers.

    Args:
        table: the answers of the listeners who count
        test: the test
        judge: whose scores the test's clips hold
        goal: precision and rule
        name: of the judge, as `load_estimator` takes it
        results: SHA-256 of the answers (see `results_digest`)

    Raises:
        UsageError: a precision that cannot be, a test without answers or without the judge's scores, or with those of
            another revision
    """
    if not len(table.value):
        raise UsageError(f"test {test.id} has no answer to calibrate by; open it with: voiceact listen serve")
    if not 0.5 <= goal.precision < 1:
        raise UsageError(f"a precision of {goal.precision:g} is not one to calibrate for; expected 0.5 to below 1")
    check_scores(test, judge)

    # Evidence of each score as the test's clips state it, else as the judge states it where no reference is given.
    evidence: dict[str, Evidence] = dict(adapt_estimator(judge).evidence("none"))
    for clip in test.clips.values():
        if clip.category and clip.evidence:
            evidence[clip.category] = clip.evidence  # type: ignore[assignment]

    comparison = compare_judge(table, test)
    scored_categories = [name for index, name in enumerate(comparison.categories) if (comparison.category == index).any()]
    moved = {
        category: _calibrate_category(
            comparison, table, category, judge.thresholds.get(category), evidence.get(category, "none"), goal
        )
        for category in scored_categories
    }
    settings = {
        "protocol": test.protocol.name,
        "rule": goal.rule,
        "precision": goal.precision,
        "seed": goal.seed,
        "folds": FOLDS,
        "least_clips": LEAST_CLIPS,
        "least_confirmed": LEAST_CONFIRMED,
        "least_passed": LEAST_PASSED,
    }
    return Calibration(
        judge=name, judge_revision=judge.revision, test=test.id, results=results, settings=settings, categories=moved
    )


def check_scores(test: ListeningTest, judge: Estimator) -> None:
    """Raise UsageError unless the clips of a test hold the scores of this revision of the judge."""
    if not any(clip.scores for clip in test.clips.values()):
        raise UsageError(f"test {test.id} knows no scores of a judge; make it of a run that was judged")
    if (scorer := test.file.source.judge) and scorer.get("revision") != judge.revision:
        scored = f"{scorer.get('name')}, revision {scorer.get('revision')}"
        raise UsageError(
            f"the clips of test {test.id} were scored by judge {scored}, and this is revision {judge.revision}; "
            "name the judge of the run with --judge"
        )


def results_digest(table: AnswerTable) -> str:
    """Return the SHA-256 (hexadecimal) of all listeners, items, categories and values."""
    rows = sorted(
        f"{table.listeners[who]}\x1f{table.items[what]}\x1f{about}\x1f{value:g}"
        for who, what, about, value in zip(table.listener, table.item, table.category, table.value, strict=True)
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def choose_threshold(scores: Floats, present: Flags, precision: float) -> float | None:
    """Return the lowest threshold with that precision by the logistic curve; None where none has it, or the curve falls."""
    chance = fit_confirmation_curve(scores, present)
    return None if chance is None else lowest_threshold(scores, chance, precision)


def fit_confirmation_curve(scores: Floats, present: Flags) -> Floats | None:
    """Fit [n] the chance that people confirm each clip, by a logistic curve over the score; None where it does not rise.

    A weak prior on the slope (one clip's worth) keeps it finite where a score parts the clips completely.
    """
    if not len(scores) or np.ptp(scores) == 0 or present.all() or not present.any():
        return None
    place = (scores - scores.mean()) / scores.std()
    design, weights = np.stack((np.ones(len(place)), place), axis=1), np.zeros(2)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (present - chance) - PRIOR * weights
        weights = weights + np.linalg.solve(design.T @ (design * (chance * (1 - chance))[:, None]) + np.diag(PRIOR), slope)
    return np.asarray(1 / (1 + np.exp(-design @ weights))) if weights[1] > 0 else None


def lowest_threshold(scores: Floats, chance: Floats | Flags, precision: float) -> float | None:
    """Return the lowest threshold above which LEAST_PASSED clips or more have the wanted mean chance; None if there is none.

    It lies half way to the next lower score, so that it does not depend on the last digit of a clip's score.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(chance[order], dtype=np.float64)
    passed = np.arange(1, len(ranked) + 1)
    # A threshold cannot part clips of one score.
    ends = np.append(ranked[1:] != ranked[:-1], True)
    good = np.flatnonzero(ends & (passed >= LEAST_PASSED) & (hits >= precision * passed - 1e-9))
    if not len(good):
        return None
    last = int(good[-1])
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)


# --- One category


def _calibrate_category(
    comparison: JudgeComparison,
    table: AnswerTable,
    category: str,
    before: float | None,
    evidence: Evidence,
    goal: CalibrationGoal,
) -> CategoryCalibration:
    """Choose the threshold and evidence of one category, or leave both where there are too few answers."""
    rows = np.flatnonzero(comparison.category == comparison.categories.index(category))
    target = rows[comparison.target[rows]]
    scores, present = _scores(comparison, target), _present(comparison, target, goal.rule)
    clips = comparison.clip[rows].tolist()
    apart = auc(_scores(comparison, rows), _present(comparison, rows, goal.rule), speakers=clips, seed=goal.seed)
    figures: dict[str, Any] = {
        "confirmed": rate(present).to_dict(),
        "precision_before": _precision(scores, present, before),
        "auc": apart.to_dict(),
    }
    unchanged = CategoryCalibration(
        threshold=before,
        evidence=evidence,
        threshold_before=before,
        evidence_before=evidence,
        status="kept",
        why="",
        figures=figures,
    )
    if len(target) < LEAST_CLIPS or present.sum() < LEAST_CONFIRMED:
        why = (
            f"too little: {count_noun(len(target), 'clip')} of which people confirm {int(present.sum())}; expected "
            f"{LEAST_CLIPS} and {LEAST_CONFIRMED}"
        )
        return msgspec.structs.replace(unchanged, why=why)

    threshold = choose_threshold(scores, present, goal.precision)
    after, why = move_evidence(evidence, apart, threshold is not None)
    if threshold is None:
        why = f"no threshold with {LEAST_PASSED} clips above it reaches {goal.precision:.0%}{why}"
        return msgspec.structs.replace(unchanged, why=why, evidence=after, status="kept" if after == evidence else "moved")
    others = rows[~comparison.target[rows]]
    figures |= {
        "precision": _precision(scores, present, threshold),
        "precision_held_out": precision_held_out(scores, present, goal).to_dict(),
        "recall": rate(scores[present] >= threshold).to_dict() if present.any() else missing("none is confirmed").to_dict(),
        "contrastive_passed": rate(_scores(comparison, others) >= threshold).to_dict() if len(others) else None,
        "threshold": threshold_interval(comparison, table, target, threshold, goal).to_dict(),
    }
    return msgspec.structs.replace(
        unchanged,
        why=f"people confirm {goal.precision:.0%} of what passes{why}",
        evidence=after,
        status="moved",
        threshold=round(threshold, 4),
    )


def move_evidence(before: Evidence, apart: Figure, reached: bool) -> tuple[Evidence, str]:
    """Return the evidence after the rule of this module, and the clause that explains a change.

    Args:
        before: evidence so far
        apart: AUC of the judge's score against whether people heard the category
        reached: whether a threshold reached the precision
    """
    if apart.high is not None and apart.high < EARNED and before != "none":
        return "none", f"; its score does not follow what people hear (AUC at most {apart.high:.2f})"
    if reached and apart.low is not None and apart.low > EARNED:
        why = "" if before == "category" else f"; its score follows what people hear (AUC at least {apart.low:.2f})"
        return "category", why
    if not reached and before in ("category", "burst"):
        return "dimension", "; a pass is no longer a verification"
    return before, ""


def precision_held_out(scores: Floats, present: Flags, goal: CalibrationGoal) -> Figure:
    """Compute the precision on clips [n] that had no part in choosing the threshold applied to them."""
    fold = np.random.default_rng(goal.seed).permutation(len(scores)) % FOLDS
    passed: list[bool] = []
    for part in range(FOLDS):
        out = fold == part
        threshold = choose_threshold(scores[~out], present[~out], goal.precision)
        if threshold is not None:
            passed += present[out & (scores >= threshold)].tolist()
    return rate(passed) if passed else missing("no clip passed a threshold chosen without it")


def threshold_interval(
    comparison: JudgeComparison, table: AnswerTable, target: Ints, threshold: float, goal: CalibrationGoal
) -> Figure:
    """Compute the interval of a threshold by drawing clips and listeners anew; `target` [clips] are rows of one category."""
    # [clips, listeners] whether each answered, and whether they said present.
    index = {int(clip): row for row, clip in enumerate(comparison.clip[target])}
    category = int(comparison.category[target[0]])
    answered, positive = np.zeros((2, len(target), len(table.listeners)))
    answers = table.of_kind("target", "contrastive", "other")
    answers = answers.take(answers.category == category)
    for clip, listener, present in zip(answers.clip, answers.listener, answers.positive, strict=True):
        if int(clip) in index:
            answered[index[int(clip)], listener], positive[index[int(clip)], listener] = 1, present

    # Choose a threshold for each draw; infinity where none reaches the precision.
    random, drawn = np.random.default_rng(goal.seed), []
    scores, listeners = _scores(comparison, target), len(table.listeners)
    for _ in range(DRAWS):
        clips = random.integers(0, len(target), len(target))
        times = np.bincount(random.integers(0, listeners, listeners), minlength=listeners)
        raters, yes = answered @ times, positive @ times
        clips = clips[raters[clips] > 0]
        confirmed = (2 * yes > raters) if goal.rule == "majority" else (yes == raters)
        choice = choose_threshold(scores[clips], confirmed[clips], goal.precision)
        drawn.append(np.inf if choice is None else choice)
    low, high = np.quantile(drawn, TAILS, method="nearest")
    reached = float(np.isfinite(drawn).mean())
    why = "" if np.isfinite(high) else f"in {1 - reached:.0%} of draws no threshold reaches the precision"
    ends = [float(end) if np.isfinite(end) else None for end in (low, high)]
    return Figure(threshold, ends[0], ends[1], len(target), why)


def _precision(scores: Floats, present: Flags, threshold: float | None) -> dict[str, Any]:
    if threshold is None:
        return missing("the judge had no threshold").to_dict()
    passed = present[scores >= threshold]
    return rate(passed).to_dict() if len(passed) else missing("no clip passes").to_dict()


def _present(comparison: JudgeComparison, rows: Ints, rule: Rule) -> Flags:
    return np.asarray(comparison.present[rows] > 0.5 if rule == "majority" else comparison.present[rows] == 1)


def _scores(comparison: JudgeComparison, rows: Ints) -> Floats:
    return np.asarray(comparison.judge[rows] * HIGHEST / TEN)
