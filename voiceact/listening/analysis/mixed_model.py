"""Fit a mixed-effects model: the effects of category, clip and listener, all at once (statsmodels).

answer = category + (clip) + (listener) + noise, clip and listener random and crossed, fitted by restricted maximum
likelihood. The answer is 0 or 1 where it means absent or present (a linear probability model: its means are rates, its
shares of variance are those of an intraclass correlation), else the value itself.
"""

import warnings
from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import NONE, AnswerTable
from voiceact.listening.analysis.statistics import EXTRA, scipy_stats
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.figure import SEED, TAILS, Figure

MOST_CLIPS = 300
"""clips the model is fitted on; of more it takes this many by lot, for its time grows with their cube"""
LEAST = 3
"""listeners and clips there must be"""


def mixed_model(table: AnswerTable, *, binary: bool, seed: int = SEED) -> dict[str, Any]:
    """Fit the mean of each category with listeners and clips as random effects, and the share of variance of each.

    Args:
        table: the answers
        binary: whether the outcome is "present" (0 or 1) instead of the value
        seed: of the drawing of MOST_CLIPS clips, where there are more

    Returns:
        `means` {category or "all": figure}, `variance` {listener, clip, answer: share of the whole}, `sd` {listener, clip},
        `clips`, `listeners`, `answers`, `converged`; or `why` where it cannot be fitted.

    Raises:
        MissingExtraError: if statsmodels or pandas is not installed
    """
    clips = np.unique(table.clip)
    if len(clips) > MOST_CLIPS:
        table = table.take(np.isin(table.clip, np.random.default_rng(seed).choice(clips, MOST_CLIPS, replace=False)))
    outcome = table.positive.astype(float) if binary else table.value
    listeners, clips_fitted = len(np.unique(table.listener)), len(np.unique(table.clip))
    size = {"answers": len(table), "listeners": listeners, "clips": clips_fitted}
    if min(listeners, clips_fitted) < LEAST or np.ptp(outcome) == 0 or len(table) <= listeners + clips_fitted:
        return size | {"why": f"a mixed model needs answers that differ, of {LEAST} listeners and {LEAST} clips heard twice"}

    # Fit by restricted maximum likelihood: one group of all answers, in which listeners and clips are crossed.
    try:
        import pandas
        from statsmodels.formula.api import mixedlm
    except ImportError:
        raise MissingExtraError("the mixed model", EXTRA) from None
    names = np.array([table.categories[index] if index != NONE else "all" for index in table.category])
    columns = {"outcome": outcome, "category": names, "listener": table.listener, "clip": table.clip, "one": 1}
    categories = sorted(set(names))
    with warnings.catch_warnings():
        # A variance of nought lies on the edge of what is possible, and statsmodels says so each time.
        warnings.simplefilter("ignore")
        model = mixedlm(
            "outcome ~ 0 + C(category)" if len(categories) > 1 else "outcome ~ 1",
            pandas.DataFrame(columns),
            groups="one",
            vc_formula={"listener": "0 + C(listener)", "clip": "0 + C(clip)"},
        )
        fit = model.fit(reml=True)

    # Read the shares of variance and the means with their normal intervals.
    parts = dict(zip(model.exog_vc.names, map(float, fit.vcomp), strict=True)) | {"answer": float(fit.scale)}
    whole = sum(parts.values())
    z = float(scipy_stats().norm.ppf(TAILS[1]))
    means = {
        category: Figure(
            float(value), float(value - z * error), float(value + z * error), int((names == category).sum())
        ).to_dict()
        for category, value, error in zip(categories, np.asarray(fit.fe_params), np.asarray(fit.bse_fe), strict=True)
    }
    return {
        "means": means,
        "converged": bool(fit.converged),
        "variance": {name: parts[name] / whole for name in ("listener", "clip", "answer")},
        "sd": {name: parts[name] ** 0.5 for name in ("listener", "clip")},
    } | size
