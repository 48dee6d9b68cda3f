"""A mixed-effects model: what is due to the category, to the clip and to the listener, all at once (statsmodels).

answer = category + (clip) + (listener) + noise, clip and listener random and crossed, fitted by restricted maximum
likelihood. The answer is 0 or 1 where it means absent or present (a linear probability model: its means are rates, its
shares of variance are those of an intraclass correlation), else the value itself.
"""

import warnings
from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import NONE, Floats, Sheet
from voiceact.listening.analysis.statistics import EXTRA
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.figure import SEED, TAILS, Figure

MOST_CLIPS = 300
"""clips the model is fitted on; of more it takes this many by lot, for its time grows with their cube"""
LEAST = 3
"""listeners and clips there must be"""


def mixed_model(sheet: Sheet, *, binary: bool, seed: int = SEED) -> dict[str, Any]:
    """Mean of each category with listeners and clips as random effects, and the share of variance of each.

    Returns:
        `means` {category or "all": figure}, `variance` {listener, clip, answer: share of the whole}, `sd` {listener, clip},
        `clips`, `listeners`, `answers`, `converged`; or `why` where it cannot be fitted
    """
    sheet = _some_clips(sheet, seed)
    outcome = sheet.positive.astype(float) if binary else sheet.value
    listeners, clips = len(np.unique(sheet.listener)), len(np.unique(sheet.clip))
    size = {"answers": len(sheet), "listeners": listeners, "clips": clips}
    if min(listeners, clips) < LEAST or np.ptp(outcome) == 0 or len(sheet) <= listeners + clips:
        return size | {"why": f"a mixed model needs answers that differ, of {LEAST} listeners and {LEAST} clips heard twice"}
    return _fitted(outcome, sheet) | size


def _fitted(outcome: Floats, sheet: Sheet) -> dict[str, Any]:
    formula, pandas = _libraries()
    names = np.array([sheet.categories[place] if place != NONE else "all" for place in sheet.category])
    table = pandas.DataFrame({"outcome": outcome, "category": names, "listener": sheet.listener, "clip": sheet.clip, "one": 1})
    several = len(set(names)) > 1
    with warnings.catch_warnings():
        # A variance of nought lies on the edge of what is possible, and statsmodels says so each time.
        warnings.simplefilter("ignore")
        model = formula(
            "outcome ~ 0 + C(category)" if several else "outcome ~ 1",
            table,
            groups="one",
            vc_formula={"listener": "0 + C(listener)", "clip": "0 + C(clip)"},
        )
        fit = model.fit(reml=True)
    parts = dict(zip(model.exog_vc.names, map(float, fit.vcomp), strict=True)) | {"answer": float(fit.scale)}
    whole = sum(parts.values())
    return {
        "means": _means(fit, sorted(set(names)), names),
        "converged": bool(fit.converged),
        "variance": {name: parts[name] / whole for name in ("listener", "clip", "answer")},
        "sd": {name: parts[name] ** 0.5 for name in ("listener", "clip")},
    }


def _means(fit: Any, categories: list[str], names: Any) -> dict[str, Any]:
    from voiceact.listening.analysis.statistics import scipy_stats

    z = float(scipy_stats().norm.ppf(TAILS[1]))
    values, errors = np.asarray(fit.fe_params), np.asarray(fit.bse_fe)
    return {
        category: Figure(
            float(value), float(value - z * error), float(value + z * error), int((names == category).sum())
        ).to_dict()
        for category, value, error in zip(categories, values, errors, strict=True)
    }


def _some_clips(sheet: Sheet, seed: int) -> Sheet:
    clips = np.unique(sheet.clip)
    if len(clips) <= MOST_CLIPS:
        return sheet
    return sheet.take(np.isin(sheet.clip, np.random.default_rng(seed).choice(clips, MOST_CLIPS, replace=False)))


def _libraries() -> tuple[Any, Any]:
    try:
        import pandas
        from statsmodels.formula.api import mixedlm
    except ImportError:
        raise MissingExtraError("the mixed model", EXTRA) from None
    return mixedlm, pandas
