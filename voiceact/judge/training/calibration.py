"""Scales and thresholds: what a score of 2 (present) and of 5 (performed) means, from human clips.

Thresholds are false-accept rates: of human neutral clips at most 5 % and of human clips of other
categories at most 15 % score PRESENT or more. They are set tighter than that (see AIMED) on clips as
recorded and through other chains, because other people's recordings differ from these.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.estimators.human.classifiers import Floats
from voiceact.estimators.human.score_scale import BURST, CATEGORY, DIMENSION, PERFORMED, PRESENT, Plan, lay, raw_strengths
from voiceact.judge.training.evidence import Trial, performed
from voiceact.stats.figure import missing
from voiceact.stats.proportions import rate

PROMISED = {"neutral": 0.05, "others": 0.15}
AIMED = {"neutral": 0.03, "others": 0.11}


def scales_of(plan: Plan, speech: Trial, bursts: Trial) -> Floats:
    """[40, 4] raw values laid on 0, PRESENT, PERFORMED and 7; NaN where a category has no score."""
    scales = np.full((len(plan.kinds), 4), np.nan)
    in_speech, in_bursts = raw_strengths(speech.heard, plan), raw_strengths(bursts.heard, plan)
    for place, kind in enumerate(plan.kinds):
        if kind in (CATEGORY, DIMENSION):
            raw = in_speech[:, place]
            scales[place] = _stretched(raw, _least(raw, speech, place, kind), raw[_roles(speech, place, kind)[0]])
        elif kind == BURST:
            scales[place] = _scale_of_both(speech, bursts, in_speech[:, place], in_bursts[:, place], place)
    return scales


def _scale_of_both(speech: Trial, bursts: Trial, in_speech: Floats, in_bursts: Floats, place: int) -> Floats:
    """A burst category is asked of speech too, so both kinds' counter-examples set its threshold."""
    least = max(_least(in_speech, speech, place, BURST), _least(in_bursts, bursts, place, BURST))
    return _stretched(np.concatenate((in_speech, in_bursts)), least, in_bursts[_roles(bursts, place, BURST)[0]])


def _roles(trial: Trial, place: int, kind: int) -> tuple[NDArray[np.bool_], ...]:
    """Clips that perform it (or, for a dimension, lie on its side), neutral ones, and those of other categories."""
    own, others = performed(trial.material, place)
    neutral = trial.material.neutral
    if kind == DIMENSION:
        own = _same_side(trial, place)
    return own, neutral, others & ~neutral


def _same_side(trial: Trial, place: int) -> NDArray[np.bool_]:
    mine = categories()[place]
    return np.array(
        [
            one.category is not None
            and one.category.valence == mine.valence
            and np.sign(one.category.arousal_value) == np.sign(mine.arousal_value)
            for one in trial.material.recordings
        ],
        bool,
    )


def _least(raw: Floats, trial: Trial, place: int, kind: int) -> float:
    """The threshold that holds both for clips as recorded and for all of them."""
    _, neutral, others = _roles(trial, place, kind)
    recorded = trial.as_recorded
    return max(_threshold(raw, neutral, others), _threshold(raw, neutral & recorded, others & recorded))


def _threshold(raw: Floats, neutral: NDArray[np.bool_], others: NDArray[np.bool_]) -> float:
    """The least raw value that few enough neutral clips and few enough of other categories reach."""
    limits = [
        np.percentile(raw[rows], 100 * (1 - AIMED[name]))
        for name, rows in (("neutral", neutral), ("others", others))
        if rows.any()
    ]
    return max(float(one) for one in limits) + 1e-6 if limits else -np.inf


def _stretched(everything: Floats, least: float, own: Floats) -> Floats:
    """Four rising values: the lowest clips, the threshold, the middle of those above it that perform, their highest."""
    unit = max(float(everything.std()), 1e-3)
    above = own[own > least] if (own > least).any() else np.array([least + unit])
    low = min(float(np.percentile(everything, 0.2)), least - 0.5 * unit)
    middle = max(float(np.median(above)), least + 0.2 * unit)
    high = max(float(np.percentile(above, 99)), middle + 0.2 * unit)
    return np.array([low, least, middle, high])


def rates(plan: Plan, scales: Floats, speech: Trial, bursts: Trial) -> dict[str, Any]:
    """Category id -> true and false accepts of PRESENT on clips as recorded, each with its interval."""
    return {
        category.id: _rates_of(plan, scales, place, bursts if plan.kinds[place] == BURST else speech, speech)
        for place, category in enumerate(categories())
        if np.isfinite(scales[place]).all()
    }


def _rates_of(plan: Plan, scales: Floats, place: int, home: Trial, speech: Trial) -> dict[str, Any]:
    own = performed(home.material, place)[0]
    _, neutral, others = _roles(speech, place, CATEGORY)
    return {
        "true_accept": _share(plan, scales, place, home, own),
        "false_accept_neutral": _share(plan, scales, place, speech, neutral),
        "false_accept_others": _share(plan, scales, place, speech, others),
    }


def _share(plan: Plan, scales: Floats, place: int, trial: Trial, rows: NDArray[np.bool_]) -> dict[str, Any]:
    rows = rows & trial.as_recorded
    if not rows.any():
        return missing("no such clip").to_dict()
    scores = lay(raw_strengths(trial.heard, plan), scales)[rows, place]
    return rate(scores >= PRESENT, speakers=list(trial.material.speakers[rows])).to_dict()


def intensity_error(plan: Plan, scales: Floats, speech: Trial) -> dict[str, Any]:
    """Mean absolute distance of clips that perform a category from PERFORMED, of neutral clips from 0."""
    scores = lay(raw_strengths(speech.heard, plan), scales)[speech.as_recorded]
    material = speech.material.take(speech.as_recorded)
    own, neutral = [], []
    for place in np.flatnonzero(plan.kinds == CATEGORY):
        own.append(np.abs(scores[performed(material, int(place))[0], place] - PERFORMED))
        neutral.append(scores[material.neutral, place])
    return {
        "performed": float(np.concatenate(own).mean()) if own else None,
        "neutral": float(np.concatenate(neutral).mean()) if neutral else None,
    }
