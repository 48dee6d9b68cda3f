"""Calibrations and scales: what a trial score is worth as a likelihood ratio, and which strength is a score of 5.

Ratios are fitted on clips as heard by heads that never heard their speakers: as recorded, through drawn chains, and beside
a neutral reference also acted more weakly. That is still one corpus, and corpora differ: the level of each class's score
shifts with language, room and way of acting. A ratio fitted on one corpus alone is therefore far too sure of itself in
others. So each trial is heard at three levels, `SHIFT` spreads of its own category's scores apart: the ratio is that of a
score whose level is only known so far. `SHIFT` is the one number that was chosen on corpora the judge was not trained on:
the least of .4, .6, .8, 1 and 1.25 at which the ratios cost no more there (Cllr) than saying nothing, on the mean over
categories and corpora in every regime (docs/judge.md has the figures, each corpus left out in turn).
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.estimators.cohort import shrink_spread
from voiceact.estimators.human.calibrations import as_array, log_ratios
from voiceact.estimators.human.classifiers import Floats
from voiceact.estimators.human.judge_model import Scales
from voiceact.estimators.human.score_scale import (
    AROUSAL,
    BURST,
    CATEGORY,
    DIMENSION,
    NONE,
    PERFORMED,
    PRESENT,
    VALENCE,
    Heard,
    Plan,
    centre_on_cohort,
    cohort_rows,
    lay,
    strengths,
    trial_scores,
)
from voiceact.estimators.likelihood import BOUND, LEAST_TRIALS, Logistic, cllr, fit_logistic, least_cllr, log_ratio_bins, margin
from voiceact.judge.training.evidence import Trial, performed, same_side
from voiceact.stats.figure import missing
from voiceact.stats.proportions import rate

PROMISED = {"neutral": 0.05, "others": 0.15}
SHIFT = 1.0
LEVELS = (-1.2247, 0.0, 1.2247)
"""three levels of variance 1"""


def cohort_level(speech: Trial) -> Floats:
    """Measure mean and spread of each class's log-odds, and of valence and arousal, over clips as recorded: [2, n]."""
    rows = cohort_rows(speech.heard.speech, speech.heard.affect)[speech.as_recorded]
    return np.stack((rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)))


def centre(trial: Trial, plan: Plan, level: Floats) -> Trial:
    """Hear a trial's clips beside the cohorts they would have: those of the same pass, acted alike."""
    rows = cohort_rows(trial.heard.speech, trial.heard.affect)
    speech, affect = np.empty(trial.heard.speech.shape), trial.heard.affect.copy()
    cohorts = [f"{number} {share}" for number, share in zip(trial.material.passes, trial.acted, strict=True)]
    for name in np.unique(cohorts):
        own = np.array(cohorts) == name
        mean, spread = rows[own].mean(axis=0), shrink_spread(rows[own].std(axis=0), level[1])
        speech[own], affect[np.ix_(own, [VALENCE, AROUSAL])] = centre_on_cohort(
            trial.heard.speech[own], trial.heard.affect[own], mean, spread, plan.affect_spread
        )
    return Trial(trial.material, Heard(speech, trial.heard.burst, affect), trial.acted)


# Fitting


def scales_of(plan: Plan, speech: Trial, bursts: Trial) -> tuple[Plan, Scales]:
    """Fit the ratios and lay the scales of one regime.

    Returns:
        The plan without the categories that too few clips performed to fit a ratio, and the scales.
    """
    level = cohort_level(speech)
    centred = centre(speech, plan, level)
    told_in_speech = np.where(plan.kinds == BURST, NONE, plan.kinds).astype(np.int8)
    ratios, marks = _fit(plan, plan.kinds, speech, bursts)
    cohort_ratios, cohort_marks = _fit(plan, told_in_speech, centred, bursts)
    burst_ratios, burst_marks = _fit(plan, plan.burst_kinds, None, bursts)
    plan = replace(
        plan,
        kinds=np.where(np.isfinite(ratios).all(axis=1), plan.kinds, NONE).astype(np.int8),
        burst_kinds=np.where(np.isfinite(burst_ratios).all(axis=1), plan.burst_kinds, NONE).astype(np.int8),
    )
    return plan, Scales(ratios, cohort_ratios, burst_ratios, marks, cohort_marks, burst_marks, level)


def _fit(plan: Plan, kinds: NDArray[np.int8], speech: Trial | None, bursts: Trial) -> tuple[Floats, Floats]:
    """Fit calibrations [40, 4] and marks [40, 3] for the categories of these kinds.

    Without `speech`, of wordless bursts alone. A burst category is asked of speech too: there both kinds' counter-examples
    weigh as much.
    """
    trials = [trial for trial in (speech, bursts) if trial is not None and len(trial.acted)]
    scores = [trial_scores(trial.heard, plan, kinds) for trial in trials]
    how_strong = [strengths(trial.heard, plan, kinds) for trial in trials]
    fitted: list[Logistic | None] = []
    marks = np.full((len(kinds), 3), np.nan)
    for place, kind in enumerate(kinds):
        home = None if kind == NONE else next((t for t in trials if (t is bursts) == (kind == BURST)), None)
        if home is None:
            fitted.append(None)
            continue
        at = trials.index(home)
        own = _own(home, place, int(kind))
        others = [
            scores[number][_others(trial, place, int(kind)), place]
            for number, trial in enumerate(trials)
            if kind == BURST or trial is home
        ]
        logistic = _fitted(scores[at][own, place], others)
        if logistic is not None and speech is not None:
            logistic = _keep_promises(logistic, scores[trials.index(speech)][:, place], speech, place, int(kind))
        fitted.append(logistic)
        if logistic is not None:
            present = own & (logistic.log_ratios(scores[at][:, place]) >= margin(BOUND))
            marks[place] = _marks(how_strong[at][:, place], own, present)
    return as_array(fitted), marks


def _own(trial: Trial, place: int, kind: int) -> NDArray[np.bool_]:
    """Clips that perform the category or, for a dimension, lie on its side."""
    return same_side(trial.material, place) if kind == DIMENSION else performed(trial.material, place)[0]


def _others(trial: Trial, place: int, kind: int) -> NDArray[np.bool_]:
    own, others = performed(trial.material, place)
    return ~same_side(trial.material, place) if kind == DIMENSION else others & ~own


def _fitted(own: Floats, others: list[Floats]) -> Logistic | None:
    """Fit a line to trial scores heard at several levels; several kinds of counter-examples weigh as much as each other."""
    if len(own) < LEAST_TRIALS or min(map(len, others)) < LEAST_TRIALS:
        return None
    most = max(map(len, others))
    # Kinds are repeated to about one length, so that each weighs alike.
    counter = np.concatenate(
        [np.tile(scores_of_class, max(1, round(most / len(scores_of_class)))) for scores_of_class in others]
    )
    shifts = SHIFT * float(np.concatenate((own, *others)).std()) * np.array(LEVELS)[:, None]
    return fit_logistic((own + shifts).ravel(), (counter + shifts).ravel())


def _keep_promises(logistic: Logistic, scores: Floats, speech: Trial, place: int, kind: int) -> Logistic:
    """Lower a calibration under which too many recordings of other people's speech would be called present."""
    neutral = speech.as_recorded & speech.material.neutral
    others = speech.as_recorded & _others(speech, place, kind) & ~neutral
    excess = 0.0
    for rows, most in ((neutral, PROMISED["neutral"]), (others, PROMISED["others"])):
        if rows.any():
            limit = np.quantile(scores[rows], 1 - most, method="higher")
            excess = max(excess, logistic.slope * float(limit) + logistic.offset - np.log(BOUND) + 1e-3)
    return replace(logistic, offset=logistic.offset - excess)


def _marks(strength: Floats, own: NDArray[np.bool_], present: NDArray[np.bool_]) -> Floats:
    """Find strengths that rise: the lowest of present clips that perform it, their middle, and the top one in a hundred."""
    heard = strength[present] if present.any() else strength[own]
    unit = max(float(strength.std()), 1e-3)
    low, middle, high = (float(np.percentile(heard, share)) for share in (1, 50, 99))
    return np.array([low, max(middle, low + 0.1 * unit), max(high, middle + 0.1 * unit, low + 0.2 * unit)])


# Figures


def rates(plan: Plan, scales: Scales, speech: Trial, bursts: Trial) -> dict[str, Any]:
    """Measure, category by category, true and false accepts at the bound on clips as recorded, each with its interval."""
    rates_of: dict[str, Any] = {}
    said_of_speech, said_of_bursts = (
        log_ratios(trial_scores(trial.heard, plan, plan.kinds), scales.ratios) >= margin(BOUND) for trial in (speech, bursts)
    )
    for place, category in enumerate(categories()):
        if not np.isfinite(scales.ratios[place]).all():
            continue
        home = bursts if plan.kinds[place] == BURST else speech
        own, neutral = performed(home.material, place)[0], speech.material.neutral
        # What lies on a dimension category's side is what its score is for: no counter-example.
        others = _others(speech, place, DIMENSION if plan.kinds[place] == DIMENSION else CATEGORY) & ~neutral
        rates_of[category.id] = {
            key: _share((said_of_bursts if trial is bursts else said_of_speech)[:, place], trial, rows)
            for key, trial, rows in (
                ("true_accept", home, own),
                ("false_accept_neutral", speech, neutral),
                ("false_accept_others", speech, others),
            )
        }
    return rates_of


def _share(present: NDArray[np.bool_], trial: Trial, rows: NDArray[np.bool_]) -> dict[str, Any]:
    rows = rows & trial.as_recorded
    if not rows.any():
        return missing("no such clip").to_dict()
    return rate(present[rows], speakers=list(trial.material.speakers[rows])).to_dict()


def ratio_figures(plan: Plan, scales: Scales, speech: Trial) -> dict[str, Any]:
    """Measure what the ratios of speech categories cost on these clips: Cllr, the least a calibration could, reliability."""
    ratios = log_ratios(trial_scores(speech.heard, plan, plan.kinds), scales.ratios)
    figures: dict[str, Any] = {}
    for place in np.flatnonzero((plan.kinds == CATEGORY) & np.isfinite(scales.ratios).all(axis=1)):
        own, others = performed(speech.material, int(place))
        yes, no = ratios[own, place], ratios[others & ~own, place]
        figures[categories()[place].id] = {
            "cllr": round(cllr(yes, no), 4),
            "least_cllr": round(least_cllr(yes, no), 4),
            "reliability": log_ratio_bins(yes, no),
        }
    return figures


def intensity_error(plan: Plan, scales: Scales, speech: Trial) -> dict[str, Any]:
    """Measure the mean absolute distance of clips that perform a category from PERFORMED, of neutral clips from 0."""
    rows = speech.as_recorded
    ratios = log_ratios(trial_scores(speech.heard, plan, plan.kinds), scales.ratios)
    scores = lay(ratios, strengths(speech.heard, plan, plan.kinds), scales.marks)
    own, neutral = [], []
    for place in np.flatnonzero(plan.kinds == CATEGORY):
        heard = rows & performed(speech.material, int(place))[0] & (scores[:, place] >= PRESENT)
        own.append(np.abs(scores[heard, place] - PERFORMED))
        neutral.append(scores[rows & speech.material.neutral, place])
    return {
        "performed": float(np.concatenate(own).mean()) if own and len(np.concatenate(own)) else None,
        "neutral": float(np.concatenate(neutral).mean()) if neutral else None,
    }
