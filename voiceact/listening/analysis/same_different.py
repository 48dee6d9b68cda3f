"""Same speaker or not: how often listeners are right, and how far apart the two kinds of pair lie for them (d')."""

from statistics import NormalDist
from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import Floats, Sheet
from voiceact.listening.analysis.statistics import share
from voiceact.stats.bootstrap import draw_row_weights
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing

SAME, DIFFERENT = "target", "contrastive"


def sensitivity(hits: float, same: float, false_alarms: float, different: float) -> float:
    """d' = z(hit rate) - z(false alarm rate), rates with half an answer added to each cell.

    The half keeps rates of 0 and 1 finite (Hautus, Behav. Res. Methods Instrum. Comput. 27 (1995), 46).
    """
    z = NormalDist().inv_cdf
    return z((hits + 0.5) / (same + 1)) - z((false_alarms + 0.5) / (different + 1))


def identity_figures(sheet: Sheet, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Accuracy, hits (same called same), false alarms (different called same) and d' with intervals.

    Targets are pairs of one persona, contrastive items pairs of two.
    """
    from dataclasses import replace

    asked = sheet.of_kind(SAME, DIFFERENT)
    right = asked.positive == (asked.kind == SAME)
    return {
        "accuracy": share(replace(asked, positive=right), draws=draws, seed=seed),
        "hits": share(asked.of_kind(SAME), draws=draws, seed=seed),
        "false_alarms": share(asked.of_kind(DIFFERENT), draws=draws, seed=seed),
        "d_prime": _d_prime(asked, draws, seed).to_dict(),
    }


def _d_prime(asked: Sheet, draws: int, seed: int) -> Figure:
    same = asked.kind == SAME
    if not same.any() or same.all():
        return missing("d' needs pairs of one speaker and of two", len(asked))
    yes = asked.positive

    def told(times: Floats) -> float:
        return sensitivity(
            (times * (yes & same)).sum(), (times * same).sum(), (times * (yes & ~same)).sum(), (times * ~same).sum()
        )

    by_item, by_listener = draw_row_weights(asked.item, draws, seed), draw_row_weights(asked.listener, draws, seed + 1)
    over_items = np.array([told(times) for times in by_item])
    # Both crowds: the interval over items, made wider by what the choice of listeners adds.
    over_listeners = np.array([told(times) for times in by_listener])
    value = told(np.ones(len(asked)))
    low, high = np.quantile(over_items, TAILS)
    wider = (1 + over_listeners.var() / max(over_items.var(), 1e-12)) ** 0.5
    return Figure(value, value - wider * (value - float(low)), value + wider * (float(high) - value), len(asked))
