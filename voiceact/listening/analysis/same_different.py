"""Measure how well listeners tell one speaker from two: accuracy, hits, false alarms and sensitivity (d')."""

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from voiceact.listening.analysis.answer_table import AnswerTable, Floats
from voiceact.listening.analysis.statistics import positive_share
from voiceact.stats.bootstrap import draw_row_weights
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing

SAME, DIFFERENT = "target", "contrastive"


def sensitivity(hits: float, same: float, false_alarms: float, different: float) -> float:
    """Compute d' = z(hit rate) - z(false alarm rate), rates with half an answer added to each cell.

    The half keeps rates of 0 and 1 finite (Hautus, Behav. Res. Methods Instrum. Comput. 27 (1995), 46).
    """
    z = NormalDist().inv_cdf
    return z((hits + 0.5) / (same + 1)) - z((false_alarms + 0.5) / (different + 1))


def identity_figures(table: AnswerTable, *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute accuracy, hits (same called same), false alarms (different called same) and d' with intervals.

    Targets are pairs of one persona, contrastive items pairs of two.
    """
    answers = table.of_kind(SAME, DIFFERENT)
    right = answers.positive == (answers.kind == SAME)
    return {
        "accuracy": positive_share(replace(answers, positive=right), draws=draws, seed=seed),
        "hits": positive_share(answers.of_kind(SAME), draws=draws, seed=seed),
        "false_alarms": positive_share(answers.of_kind(DIFFERENT), draws=draws, seed=seed),
        "d_prime": d_prime(answers, draws, seed).to_dict(),
    }


def d_prime(answers: AnswerTable, draws: int, seed: int) -> Figure:
    """Compute d' of same-different answers; the interval is that over items, widened by the spread over listeners."""
    same = answers.kind == SAME
    if not same.any() or same.all():
        return missing("d' needs pairs of one speaker and of two", len(answers))
    yes = answers.positive

    def weighted(times: Floats) -> float:
        return sensitivity(
            (times * (yes & same)).sum(), (times * same).sum(), (times * (yes & ~same)).sum(), (times * ~same).sum()
        )

    by_item, by_listener = draw_row_weights(answers.item, draws, seed), draw_row_weights(answers.listener, draws, seed + 1)
    over_items = np.array([weighted(times) for times in by_item])
    over_listeners = np.array([weighted(times) for times in by_listener])
    value = weighted(np.ones(len(answers)))

    # Widen the interval over items by what the choice of listeners adds.
    low, high = np.quantile(over_items, TAILS)
    wider = (1 + over_listeners.var() / max(over_items.var(), 1e-12)) ** 0.5
    return Figure(value, value - wider * (value - float(low)), value + wider * (float(high) - value), len(answers))
