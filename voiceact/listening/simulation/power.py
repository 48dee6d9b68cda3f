"""Estimate how wide the intervals of a planned test will be: tests are simulated and analysed as real ones are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError, count_noun
from voiceact.listening.analysis.answer_table import AnswerTable, make_answer_table
from voiceact.listening.analysis.statistics import confirmation, positive_share
from voiceact.listening.protocols.registry import load_protocol
from voiceact.listening.simulation.simulate import LIKELY_SECONDS, make_listeners, make_world, positive_rate, take_test
from voiceact.stats.figure import SEED
from voiceact.stats.proportions import wilson

RATE = 0.372
"""share of clips that every rater of EmoNet-Voice Bench heard as what was prompted (4,692 of 12,600)"""
BIAS, SPREAD = 0.5, 1.0
"""standard deviations of listeners' biases and of clips' strengths, in units of the noise of one hearing"""
REPEATS, DRAWS = 20, 200
CLIP_SECONDS = 5.0
"""of a clip, where nothing is known of the clips"""
CERTAIN = 4.0
"""mean strength, either way, that no rate goes beyond"""


@dataclass(frozen=True)
class PowerPlan:
    """A test that is planned.

    Attributes:
        protocol: its name
        raters: people who take the test
        clips: in the test
        rate: share of clips that every rater of theirs will confirm, between 0 and 1
        categories: number of categories over which the clips are spread
    """

    protocol: str
    raters: int
    clips: int
    rate: float = RATE
    categories: int = 1


def plan_power(wanted: PowerPlan, *, repeats: int = REPEATS, seed: int = SEED) -> dict[str, Any]:
    """Estimate the width of each figure's interval, and the work of the raters.

    Args:
        wanted: the test
        repeats: number of simulated tests
        seed: of the first of them

    Returns:
        `figures` {name: {value, width (mean over simulated tests), least, most}}, `answers` and `minutes` (of the test, and
        of one rater), `wilson` (the width that forgets who answered), `repeats`.

    Raises:
        UsageError: fewer raters than the protocol asks of a clip, fewer clips than categories, or a rate that cannot be
    """
    protocol = load_protocol(wanted.protocol)
    if wanted.raters < protocol.raters:
        raise UsageError(
            f"{wanted.protocol} asks {count_noun(protocol.raters, 'rater')} of each clip; expected --raters of at least that"
        )
    if not 0 < wanted.rate < 1:
        raise UsageError(f"a rate of {wanted.rate:g} cannot be planned for; expected a share between 0 and 1")
    if not 1 <= wanted.categories <= min(wanted.clips, len(categories())):
        raise UsageError(
            f"{count_noun(wanted.clips, 'clip')} cannot be spread over {count_noun(wanted.categories, 'category')}; "
            f"expected at most "
            f"{len(categories())}, and a clip for each"
        )
    ids = [category.id for category in categories()][: wanted.categories]
    mean = mean_for(wanted.rate, 3) if protocol.asks_presence and not protocol.graded else 1.0

    # Simulate and analyse the test.
    results: list[dict[str, dict[str, Any]]] = []
    answers = []
    for number in range(repeats):
        world = make_world(protocol.name, clips=wanted.clips, categories=ids, mean=mean, spread=SPREAD, seed=seed + number)
        rows = take_test(
            world, make_listeners(wanted.raters, bias=BIAS, seed=seed + 1000 + number), seed=seed + number, checks=0
        )
        answers.append(len({(row.listener, row.item) for row in rows}))
        table = make_answer_table(rows, protocol.positive)
        if protocol.planned_figures:
            results.append(protocol.planned_figures(world.test, table, world.strength, draws=DRAWS))
        else:
            results.append(presence_plan(table, ids[0] if len(ids) > 1 else None))

    # Summarise the widths of each figure over the simulated tests.
    figures = {}
    for name in results[0]:
        widths = [result[name]["high"] - result[name]["low"] for result in results if result[name]["low"] is not None]
        if widths:
            figures[name] = {
                "value": float(np.mean([result[name]["value"] for result in results])),
                "width": float(np.mean(widths)),
                "least": float(min(widths)),
                "most": float(max(widths)),
            }
    count = float(np.mean(answers))
    minutes = count * (CLIP_SECONDS + LIKELY_SECONDS) / 60
    low, high = wilson(round(wanted.rate * wanted.clips), wanted.clips)
    return {
        "figures": figures,
        "repeats": repeats,
        "answers": round(count),
        "minutes": round(minutes, 1),
        "answers_each": round(count / wanted.raters, 1),
        "minutes_each": round(minutes / wanted.raters, 1),
        "wilson": high - low,
    }


def mean_for(rate: float, raters: int, *, bias: float = BIAS, spread: float = SPREAD) -> float:
    """Find the mean strength of clips at which a share `rate` of them is called present by `raters` listeners."""
    low, high = -CERTAIN, CERTAIN
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if positive_rate(middle, spread, bias, raters=raters) < rate else (low, middle)
    return (low + high) / 2


def presence_plan(table: AnswerTable, category: str | None, *, draws: int = DRAWS) -> dict[str, dict[str, Any]]:
    """Return the figures of a test that asks whether something is present.

    Args:
        table: answers of a simulated test
        category: that gets a figure of its own; None for none
        draws: of the bootstrap
    """
    targets = table.of_kind("target")
    figures = {
        "confirmed by all raters": confirmation(targets, "all", draws=draws),
        "confirmed by the majority": confirmation(targets, "majority", draws=draws),
        "answers that say present": positive_share(targets, draws=draws),
    }
    if category is not None:
        figures["one category, confirmed by all raters"] = confirmation(targets.about(category), "all", draws=draws)
    return figures
