"""What a judge said of a corpus -> figures with intervals over its speakers.

Every question is asked of human clips whose performance is known; clips that EmoNet has no place for, and
categories the corpus itself calls possible beside the main one, are counter-examples of nothing.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import contrast
from voiceact.estimators.likelihood import cllr, least_cllr, log_ratio_bins
from voiceact.judge.evaluation.calibration import calibration_error, reliability
from voiceact.judge.evaluation.judged import NEUTRAL, NEUTRAL_PLACE, Flags, Floats, Judged, category_at
from voiceact.stats.discrimination import auc, paired_auc, uar
from voiceact.stats.figure import Figure, missing
from voiceact.stats.permutation import Null, permutation_null
from voiceact.stats.proportions import rate
from voiceact.stats.ranking import spearman

HIGH_AROUSAL, LOW_AROUSAL = ("high",), ("low",)
UPPER_AROUSAL, LOWER_AROUSAL = ("high", "medium-high"), ("low", "medium-low")
STRONG, NORMAL = ("strong", "high"), ("normal", "low")
SCORE_EDGES = np.linspace(0, 7, 15)
CONFIDENCE_EDGES = np.linspace(0, 1, 11)


def figures(judged: Judged, *, draws: int, seed: int) -> dict[str, Figure]:
    """All figures of one regime, by their keys in the report."""
    options = {"draws": draws, "seed": seed}
    return {
        "arousal_auc": arousal_auc(judged, HIGH_AROUSAL, LOW_AROUSAL, **options),
        "arousal_auc_broad": arousal_auc(judged, UPPER_AROUSAL, LOWER_AROUSAL, **options),
        "valence_auc": valence_auc(judged, **options),
        "intensity_auc": intensity_auc(judged, own_scores(judged), **options),
        "intensity_auc_arousal": intensity_auc(judged, judged.arousal, **options),
        "arousal_rho": rho(judged, judged.arousal, "arousal", **options),
        "valence_rho": rho(judged, judged.valence, "valence", **options),
        "uar": class_uar(judged, **options),
        "true_accept": true_accept(judged, **options),
        "false_accept_neutral": false_accept_neutral(judged, **options),
        "false_accept_contrastive": false_accept_others(judged, **options),
        "false_accept_farthest": false_accept_farthest(judged, **options),
    }


# Dimensions


def arousal_auc(judged: Judged, high: tuple[str, ...], low: tuple[str, ...], **options: Any) -> Figure:
    """Arousal of clips of categories tagged `high` against those tagged `low`, neutral clips among the latter."""
    up = _where(judged, lambda place: category_at(place).arousal in high)
    down = _where(judged, lambda place: category_at(place).arousal in low) | (judged.performed == NEUTRAL_PLACE)
    return _auc_between(judged, judged.arousal, up, down, "arousal", **options)


def valence_auc(judged: Judged, **options: Any) -> Figure:
    """Valence of clips of positive categories against negative ones; neutral and mixed ones take no part."""
    up = _where(judged, lambda place: category_at(place).valence == "positive")
    down = _where(judged, lambda place: category_at(place).valence == "negative")
    return _auc_between(judged, judged.valence, up, down, "valence", **options)


def _auc_between(judged: Judged, scores: Floats, up: Flags, down: Flags, what: str, **options: Any) -> Figure:
    if not np.isfinite(scores).any():
        return missing(f"the judge gives no {what}")
    if not up.any() or not down.any():
        return missing(f"the corpus holds no clips of both ends of {what}")
    rows = (up | down) & np.isfinite(scores)
    return auc(scores[rows], up[rows], speakers=judged.of(rows), **options)


def rho(judged: Judged, scores: Floats, rating: str, **options: Any) -> Figure:
    """Rank correlation of the judge's reading with listeners' mean ratings."""
    ratings = np.array([getattr(recording, rating) for recording in judged.recordings], np.float64)
    if not np.isfinite(ratings).any():
        return missing(f"the corpus has no ratings of {rating}")
    if not np.isfinite(scores).any():
        return missing(f"the judge gives no {rating}")
    rows = np.isfinite(ratings) & np.isfinite(scores)
    return spearman(scores[rows], ratings[rows], speakers=judged.of(rows), **options)


# Intensity


def own_scores(judged: Judged) -> Floats:
    """[n]: the score of the category each clip performs; NaN where there is none."""
    rows = np.arange(len(judged.recordings))
    return np.where(judged.performed >= 0, judged.scores[rows, np.maximum(judged.performed, 0)], np.nan)


def intensity_auc(judged: Judged, scores: Floats, **options: Any) -> Figure:
    """Strong against normal performances of one category by one speaker, never across categories or speakers."""
    intensities = np.array([recording.intensity or "" for recording in judged.recordings])
    strong, normal = np.isin(intensities, STRONG), np.isin(intensities, NORMAL)
    if not strong.any() or not normal.any():
        return missing("the corpus does not say what was performed strongly and what normally")
    rows = np.flatnonzero((strong | normal) & np.isfinite(scores))
    strata = [(judged.speakers[row], judged.recordings[row].emotion) for row in rows]
    return paired_auc(scores[rows], strong[rows], strata, speakers=judged.of(rows), **options)


# Classes


def answers(judged: Judged) -> tuple[Floats, Flags, Any, Any]:
    """Class scores of the clips of a class, those rows, and what was performed and answered in them."""
    own = np.array(
        [
            NEUTRAL if recording.neutral else recording.category.id if recording.category else ""
            for recording in judged.recordings
        ]
    )
    rows = np.isin(own, judged.classes)
    scores = judged.class_scores[rows]
    if not len(scores):
        # A benchmark has no classes: nobody performed anything.
        return scores, rows, own[rows].astype(object), own[rows].astype(object)
    best = np.where(np.isfinite(scores), scores, -np.inf).argmax(axis=1)
    known = np.isfinite(scores).any(axis=1)
    answered = np.where(known, np.array(judged.classes, object)[best], "")
    return scores, rows, own[rows].astype(object), answered


def class_uar(judged: Judged, **options: Any) -> Figure:
    """Forced choice among the corpus's own classes, neutral included; a clip without an answer is a miss."""
    if len(judged.classes) < 2:
        return missing("the corpus holds fewer than two classes")
    _, rows, performed, answered = answers(judged)
    return uar(performed.astype(str), answered.astype(str), speakers=judged.of(rows), **options)


def confusion(judged: Judged) -> dict[str, Any]:
    """Counts [performed, answered] over the classes."""
    _, _, performed, answered = answers(judged)
    counts = [[int(((performed == own) & (answered == other)).sum()) for other in judged.classes] for own in judged.classes]
    return {"classes": list(judged.classes), "counts": counts, "no_answer": int((answered == "").sum())}


# Presence


def true_accept(judged: Judged, **options: Any) -> Figure:
    """Clips whose own category is called present."""
    rows = judged.performed >= 0
    return _rate(
        judged,
        rows[:, None] & (np.arange(judged.scores.shape[1]) == judged.performed[:, None]),
        "no clip of a category the judge answers for",
        **options,
    )


def false_accept_neutral(judged: Judged, **options: Any) -> Figure:
    """Neutral clips, asked for each category the corpus holds in turn: the share called present."""
    return _rate(
        judged, (judged.performed == NEUTRAL_PLACE)[:, None] & _is_requested(judged), "no neutral clip to ask about", **options
    )


def false_accept_others(judged: Judged, **options: Any) -> Figure:
    """Emotional clips, asked for each other category the corpus holds in turn: the share called present."""
    return _rate(
        judged,
        (judged.performed >= 0)[:, None] & _is_requested(judged) & ~judged.may_be_heard,
        "no clip of another category to ask about",
        **options,
    )


def false_accept_farthest(judged: Judged, **options: Any) -> Figure:
    """Emotional clips, asked for the corpus's category farthest from their own in the taxonomy."""
    pool = [category_at(place) for place in judged.asked]
    questions = np.zeros(judged.scores.shape, bool)
    for place in judged.asked if len(pool) > 1 else ():
        far = judged.asked[pool.index(contrast(category_at(place), pool))]
        questions[judged.performed == place, far] = True
    return _rate(judged, questions & ~judged.may_be_heard, "the corpus holds fewer than two categories", **options)


def _is_requested(judged: Judged) -> Flags:
    return np.isin(np.arange(judged.scores.shape[1]), judged.asked)[None, :]


def _rate(judged: Judged, questions: Flags, none: str, flags: Flags | None = None, **options: Any) -> Figure:
    if not questions.any():
        return missing(none)
    if not (questions & judged.judged).any():
        return missing("the judge answers for none of these categories")
    rows, places = np.nonzero(questions & judged.judged)
    return rate((judged.accepts if flags is None else flags)[rows, places], speakers=judged.of(rows), **options)


# One category at a time


def by_category(judged: Judged, *, draws: int, seed: int) -> list[dict[str, Any]]:
    """AUC, recall and false accepts of each category the corpus holds."""
    return [_category(judged, place, draws=draws, seed=seed) for place in judged.asked]


def _category(judged: Judged, place: int, **options: Any) -> dict[str, Any]:
    category, own = category_at(place), judged.performed == place
    neutral = judged.performed == NEUTRAL_PLACE
    others = (judged.performed >= 0) & ~judged.may_be_heard[:, place]
    scored = np.isfinite(judged.scores[:, place])
    figures = {"auc": _category_auc(judged, place, (own | neutral | others) & scored, own, **options)}
    for key, rows in (("recall", own), ("false_accept_neutral", neutral), ("false_accept_others", others)):
        questions = np.zeros(judged.scores.shape, bool)
        questions[rows, place] = True
        figures[key] = _rate(judged, questions, "no such clip", **options)
    least = judged.least[place]
    questions = np.zeros(judged.scores.shape, bool)
    questions[own, place] = True
    figures["denied"] = _rate(judged, questions, "no such clip", flags=judged.denies, **options)
    return (
        {
            "category": category.id,
            "name": category.name,
            "clips": int(own.sum()),
            "evidence": judged.evidence.get(category.id),
            "threshold": float(least) if np.isfinite(least) else None,
        }
        | {key: figure.to_dict() for key, figure in figures.items()}
        | _ratio_costs(judged, place, own, neutral | others)
    )


def _ratio_costs(judged: Judged, place: int, own: Flags, others: Flags) -> dict[str, float | None]:
    """Cllr of a category's likelihood ratios, in bits, and the least that a calibration of the same scores could have."""
    if not judged.log_ratios.size:
        return {"cllr": None, "least_cllr": None}
    ratios = judged.log_ratios[:, place]
    yes, no = ratios[own & np.isfinite(ratios)], ratios[others & np.isfinite(ratios)]
    if not len(yes) or not len(no):
        return {"cllr": None, "least_cllr": None}
    return {"cllr": cllr(yes, no), "least_cllr": least_cllr(yes, no)}


def ratio_reliability(judged: Judged) -> list[dict[str, Any]]:
    """By stated likelihood ratio, over the corpus's categories: how often clips that perform it and others got it."""
    if not judged.log_ratios.size:
        return []
    own = np.arange(judged.scores.shape[1]) == judged.performed[:, None]
    labelled = (judged.performed >= 0) | (judged.performed == NEUTRAL_PLACE)
    requested = labelled[:, None] & _is_requested(judged) & np.isfinite(judged.log_ratios)
    yes, no = judged.log_ratios[requested & own], judged.log_ratios[requested & ~own & ~judged.may_be_heard]
    return log_ratio_bins(yes, no) if len(yes) and len(no) else []


def _category_auc(judged: Judged, place: int, rows: Flags, own: Flags, **options: Any) -> Figure:
    if not rows.any():
        return missing("the judge gives this category no score")
    return auc(judged.scores[rows, place], own[rows], speakers=judged.of(rows), **options)


# Null and calibration


def null(judged: Judged, *, draws: int, seed: int) -> Null | None:
    """What the judge confirms against what it would confirm had the categories been dealt out at random."""
    rows = np.flatnonzero(judged.performed >= 0)
    if not len(rows):
        return None
    column = {place: number for number, place in enumerate(judged.asked)}
    return permutation_null(
        judged.accepts[np.ix_(rows, np.array(judged.asked))],
        [column[place] for place in judged.performed[rows]],
        draws=draws,
        seed=seed,
    )


def score_reliability(judged: Judged) -> list[dict[str, Any]]:
    """By score: how many of the clips that got it for a category perform that category."""
    labelled = (judged.performed >= 0) | (judged.performed == NEUTRAL_PLACE)
    own = np.arange(judged.scores.shape[1]) == judged.performed[:, None]
    pairs = labelled[:, None] & _is_requested(judged) & (own | ~judged.may_be_heard) & np.isfinite(judged.scores)
    return [bin.to_dict() for bin in reliability(judged.scores[pairs], own[pairs], edges=SCORE_EDGES)]


def class_reliability(judged: Judged) -> dict[str, Any] | None:
    """By the probability of the class answered: how many answers were right; None if scores are no probabilities."""
    scores, _, performed, answered = answers(judged)
    known = np.isfinite(scores).any(axis=1)
    scores = np.where(np.isfinite(scores), scores, 0)[known]
    if not len(scores) or (scores < 0).any() or not np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        return None
    bins = reliability(scores.max(axis=1), (performed == answered)[known], edges=CONFIDENCE_EDGES)
    return {"bins": [bin.to_dict() for bin in bins], "calibration_error": calibration_error(bins)}


def _where(judged: Judged, holds: Callable[[int], bool]) -> Flags:
    return np.isin(judged.performed, [place for place in judged.asked if holds(place)])
