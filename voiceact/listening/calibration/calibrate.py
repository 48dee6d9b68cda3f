"""The judge's thresholds after people's word: high enough that what passes is heard by people as often as was asked.

For each category, on clips made for it: the chance that people confirm a clip rises with its score along a logistic curve,
and the threshold is the lowest from which on the clips that pass have the wanted precision by that curve. (The lowest at
which their own share reaches it would be chosen by luck: ten points of precision on a few dozen clips that pass.) How good
it really is comes from clips that had no part in choosing it (cross-fitting in FOLDS parts), how firmly it stands from
drawing clips and listeners anew. Where people said too little it stays as it was.

Evidence follows by one rule: people's word on clips made for the category and on clips made for others (an AUC of the
judge's score against whether people heard it)
- raises it to "category" where the AUC's interval lies above 0.6, as the judge's own evidence is earned, and a threshold
  reached the precision; also from "none", of a judge that has scores and never claimed anything for them
- lowers it to "none" where the interval lies below 0.6: the judge does not hear what people hear
- lowers "category" and "burst" to "dimension" where no threshold reaches the precision: a pass is then consistent with the
  category, not a verification of it
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.acting.intensity import HIGHEST
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, adapt_estimator
from voiceact.estimators.calibrated import Calibration, CategoryCalibration
from voiceact.judge.training.evidence import EARNED
from voiceact.listening.analysis.answer_table import Flags, Floats, Ints, Sheet
from voiceact.listening.analysis.judge_vs_people import TEN, Compared, compare
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
    """What is asked of the thresholds.

    precision: share of passing clips that people confirm
    rule: when people confirm a clip (see voiceact.listening.analysis.statistics.RULES)
    """

    precision: float = PRECISION
    rule: Rule = "majority"
    seed: int = SEED


def calibrate(
    sheet: Sheet, test: ListeningTest, judge: Estimator, wish: CalibrationGoal, *, name: str, results: str = ""
) -> Calibration:
    """The judge's thresholds as people's answers would have them.

    sheet: the answers of the listeners who count
    name: of the judge, as `load_estimator` takes it
    results: SHA-256 of the answers (see `results_digest`)

    Raises:
        UsageError: a precision that cannot be, a test without answers or without the judge's scores, or with those of
            another revision
    """
    if not len(sheet.value):
        raise UsageError(f"test {test.id} has no answer to calibrate by; open it with: voiceact listen serve")
    if not 0.5 <= wish.precision < 1:
        raise UsageError(f"a precision of {wish.precision:g} is not one to calibrate for; expected 0.5 to below 1")
    _check_scores(test, judge)
    found, evidence = compare(sheet, test), _evidence_of(test, judge)
    scored = [category for place, category in enumerate(found.categories) if (found.category == place).any()]
    moved = {
        category: _moved(found, sheet, category, judge.thresholds.get(category), evidence.get(category, "none"), wish)
        for category in scored
    }
    settings = {
        "protocol": test.protocol.name,
        "rule": wish.rule,
        "precision": wish.precision,
        "seed": wish.seed,
        "folds": FOLDS,
        "least_clips": LEAST_CLIPS,
        "least_confirmed": LEAST_CONFIRMED,
        "least_passed": LEAST_PASSED,
    }
    return Calibration(
        judge=name, judge_revision=judge.revision, test=test.id, results=results, settings=settings, categories=moved
    )


def results_digest(sheet: Sheet) -> str:
    """SHA-256 of who answered what."""
    rows = sorted(
        f"{sheet.listeners[who]}\x1f{sheet.items[what]}\x1f{about}\x1f{value:g}"
        for who, what, about, value in zip(sheet.listener, sheet.item, sheet.category, sheet.value, strict=True)
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def choose(scores: Floats, present: Flags, precision: float) -> float | None:
    """The lowest threshold with that precision by the curve; None where none has, or the curve falls."""
    chance = fitted(scores, present)
    return None if chance is None else lowest_threshold(scores, chance, precision)


def fitted(scores: Floats, present: Flags) -> Floats | None:
    """[n] chance that people confirm each clip, by a logistic curve over the score; None where it does not rise.

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
    """The lowest score from which on, at least LEAST_PASSED clips, the mean chance is the wanted one; None if there is none.

    It lies half way to the next lower score, so that it does not hang on a clip's last digit.
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


def _moved(
    found: Compared, sheet: Sheet, category: str, before: float | None, evidence: Evidence, wish: CalibrationGoal
) -> CategoryCalibration:
    rows = np.flatnonzero(found.category == found.categories.index(category))
    target = rows[found.target[rows]]
    scores, present = _scores(found, target), _present(found, target, wish.rule)
    figures: dict[str, Any] = {"confirmed": rate(present).to_dict(), "precision_before": _precision(scores, present, before)}
    figures["auc"] = _told_apart(found, rows, wish.rule, wish.seed).to_dict()
    kept = CategoryCalibration(
        threshold=before,
        evidence=evidence,
        threshold_before=before,
        evidence_before=evidence,
        status="kept",
        why="",
        figures=figures,
    )
    if len(target) < LEAST_CLIPS or present.sum() < LEAST_CONFIRMED:
        return _because(
            kept,
            f"too little: {len(target)} clips of which people confirm {int(present.sum())}; expected "
            f"{LEAST_CLIPS} and {LEAST_CONFIRMED}",
        )
    threshold = choose(scores, present, wish.precision)
    told, why = _evidence_after(evidence, figures["auc"], threshold is not None)
    if threshold is None:
        best = f"no threshold with {LEAST_PASSED} clips above it reaches {wish.precision:.0%}"
        return _because(kept, best + why, evidence=told, status="kept" if told == evidence else "moved")
    figures |= _figures_of(found, sheet, rows, scores, present, threshold, wish)
    return _because(
        kept,
        f"people confirm {wish.precision:.0%} of what passes{why}",
        evidence=told,
        status="moved",
        threshold=round(threshold, 4),
    )


def _figures_of(
    found: Compared, sheet: Sheet, rows: Ints, scores: Floats, present: Flags, threshold: float, wish: CalibrationGoal
) -> dict[str, Any]:
    others = rows[~found.target[rows]]
    return {
        "precision": _precision(scores, present, threshold),
        "precision_held_out": _held_out(scores, present, wish).to_dict(),
        "recall": rate(scores[present] >= threshold).to_dict() if present.any() else missing("none is confirmed").to_dict(),
        "contrastive_passed": rate(_scores(found, others) >= threshold).to_dict() if len(others) else None,
        "threshold": _interval(found, sheet, rows[found.target[rows]], threshold, wish).to_dict(),
    }


def _held_out(scores: Floats, present: Flags, wish: CalibrationGoal) -> Figure:
    """Precision on clips that had no part in choosing the threshold they are held against."""
    fold = np.random.default_rng(wish.seed).permutation(len(scores)) % FOLDS
    passed: list[bool] = []
    for part in range(FOLDS):
        out = fold == part
        threshold = choose(scores[~out], present[~out], wish.precision)
        if threshold is not None:
            passed += present[out & (scores >= threshold)].tolist()
    return rate(passed) if passed else missing("no clip passed a threshold chosen without it")


def _interval(found: Compared, sheet: Sheet, target: Ints, threshold: float, wish: CalibrationGoal) -> Figure:
    """Where the threshold lies when clips and listeners are drawn anew."""
    random, drawn = np.random.default_rng(wish.seed), []
    answers = _answers_of(found, sheet, target)
    scores = _scores(found, target)
    for _ in range(DRAWS):
        clips = random.integers(0, len(target), len(target))
        times = np.bincount(random.integers(0, len(sheet.listeners), len(sheet.listeners)), minlength=len(sheet.listeners))
        asked, yes = answers[0] @ times, answers[1] @ times
        clips = clips[asked[clips] > 0]
        present = (2 * yes > asked) if wish.rule == "majority" else (yes == asked)
        one = choose(scores[clips], present[clips], wish.precision)
        drawn.append(np.inf if one is None else one)
    low, high = np.quantile(drawn, TAILS, method="nearest")
    reached = float(np.isfinite(drawn).mean())
    why = "" if np.isfinite(high) else f"in {1 - reached:.0%} of draws no threshold reaches the precision"
    ends = [float(end) if np.isfinite(end) else None for end in (low, high)]
    return Figure(threshold, ends[0], ends[1], len(target), why)


def _answers_of(found: Compared, sheet: Sheet, target: Ints) -> tuple[Floats, Floats]:
    """[clips, listeners] whether each answered, and whether they said present."""
    place = {int(clip): row for row, clip in enumerate(found.clip[target])}
    category = int(found.category[target[0]])
    asked, yes = np.zeros((2, len(target), len(sheet.listeners)))
    for clip, who, said in zip(
        *(
            column[(sheet.category == category) & np.isin(sheet.kind, ("target", "contrastive", "other"))]
            for column in (sheet.clip, sheet.listener, sheet.positive)
        ),
        strict=True,
    ):
        if int(clip) in place:
            asked[place[int(clip)], who], yes[place[int(clip)], who] = 1, said
    return asked, yes


def _evidence_after(before: Evidence, told_apart: Mapping[str, Any], reached: bool) -> tuple[Evidence, str]:
    low, high = told_apart.get("low"), told_apart.get("high")
    if high is not None and high < EARNED and before != "none":
        return "none", f"; its score does not follow what people hear (AUC at most {high:.2f})"
    if reached and low is not None and low > EARNED:
        return "category", "" if before == "category" else f"; its score follows what people hear (AUC at least {low:.2f})"
    if not reached and before in ("category", "burst"):
        return "dimension", "; a pass is no longer a verification"
    return before, ""


def _told_apart(found: Compared, rows: Ints, rule: Rule, seed: int) -> Figure:
    present = _present(found, rows, rule)
    return auc(_scores(found, rows), present, speakers=found.clip[rows].tolist(), seed=seed)


def _precision(scores: Floats, present: Flags, threshold: float | None) -> dict[str, Any]:
    if threshold is None:
        return missing("the judge had no threshold").to_dict()
    passed = present[scores >= threshold]
    return rate(passed).to_dict() if len(passed) else missing("no clip passes").to_dict()


def _present(found: Compared, rows: Ints, rule: Rule) -> Flags:
    return np.asarray(found.present[rows] > 0.5 if rule == "majority" else found.present[rows] == 1)


def _scores(found: Compared, rows: Ints) -> Floats:
    return np.asarray(found.judge[rows] * HIGHEST / TEN)


def _because(kept: CategoryCalibration, why: str, **changes: Any) -> CategoryCalibration:
    import msgspec

    return msgspec.structs.replace(kept, why=why, **changes)


def _evidence_of(test: ListeningTest, judge: Estimator) -> dict[str, Evidence]:
    """What stands behind each score: as the test's clips say, else as the judge does where no reference was given."""
    found: dict[str, Evidence] = dict(adapt_estimator(judge).evidence("none"))
    for clip in test.clips.values():
        if clip.category and clip.evidence:
            found[clip.category] = clip.evidence  # type: ignore[assignment]
    return found


def _check_scores(test: ListeningTest, judge: Estimator) -> None:
    made = test.file.source.judge
    if not any(clip.scores for clip in test.clips.values()):
        raise UsageError(f"test {test.id} knows no scores of a judge; make it of a run that was judged")
    if made and made.get("revision") != judge.revision:
        scored = f"{made.get('name')}, revision {made.get('revision')}"
        raise UsageError(
            f"the clips of test {test.id} were scored by judge {scored}, and this is revision {judge.revision}; "
            "name the judge of the run with --judge"
        )
