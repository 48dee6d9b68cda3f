"""How wide the intervals of a test will be, before anybody is asked: tests are simulated and analysed as real ones are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.listening.analysis.answer_table import Sheet, make_sheet
from voiceact.listening.analysis.statistics import confirmation, share
from voiceact.listening.protocols.registry import load_protocol
from voiceact.listening.simulation.simulate import LIKELY_SECONDS, crowd, make_world, positive_rate, take_test
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
    """What is to be planned.

    raters: people who take the test; clips: in it; rate: share of clips that every rater of theirs will confirm
    categories: over which the clips are spread
    """

    protocol: str
    raters: int
    clips: int
    rate: float = RATE
    categories: int = 1


def plan_power(wanted: PowerPlan, *, repeats: int = REPEATS, seed: int = SEED) -> dict[str, Any]:
    """Expected width of each figure's interval, and what the test asks of its raters.

    Returns:
        `figures` {name: {value, width (mean over simulated tests), least, most}}, `answers` and `minutes` (of the test, and
        of one rater), `wilson` (the width that forgets who answered), `repeats`

    Raises:
        UsageError: fewer raters than the protocol asks of a clip, fewer clips than categories, or a rate that cannot be
    """
    protocol = load_protocol(wanted.protocol)
    if wanted.raters < protocol.raters:
        raise UsageError(f"{wanted.protocol} asks {protocol.raters} raters of each clip; expected --raters of at least that")
    if not 0 < wanted.rate < 1:
        raise UsageError(f"a rate of {wanted.rate:g} cannot be planned for; expected a share between 0 and 1")
    if not 1 <= wanted.categories <= min(wanted.clips, len(categories())):
        raise UsageError(
            f"{wanted.clips} clips cannot be spread over {wanted.categories} categories; expected at most "
            f"{len(categories())}, and a clip for each"
        )
    ids = [category.id for category in categories()][: wanted.categories]
    mean = mean_for(wanted.rate, 3) if protocol.asks_presence and not protocol.graded else 1.0
    found, answers = [], []
    for number in range(repeats):
        world = make_world(protocol.name, clips=wanted.clips, categories=ids, mean=mean, spread=SPREAD, seed=seed + number)
        rows = take_test(world, crowd(wanted.raters, bias=BIAS, seed=seed + 1000 + number), seed=seed + number, checks=0)
        answers.append(len({(row.listener, row.item) for row in rows}))
        sheet = make_sheet(rows, protocol.positive)
        if protocol.planned_figures:
            found.append(protocol.planned_figures(world.test, sheet, world.strength, draws=DRAWS))
        else:
            found.append(presence_plan(sheet, ids[0] if len(ids) > 1 else None))
    return {
        "figures": _summed(found),
        "repeats": repeats,
        **_work(float(np.mean(answers)), wanted.raters),
        "wilson": _wilson_width(wanted),
    }


def mean_for(rate: float, raters: int, *, bias: float = BIAS, spread: float = SPREAD) -> float:
    """Mean strength of clips at which a share `rate` of them is called present by `raters` listeners."""
    low, high = -CERTAIN, CERTAIN
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if positive_rate(middle, spread, bias, raters=raters) < rate else (low, middle)
    return (low + high) / 2


def presence_plan(sheet: Sheet, category: str | None, *, draws: int = DRAWS) -> dict[str, dict[str, Any]]:
    """Return the figures of a test that asks whether something is present.

    Args:
        sheet: answers of a simulated test
        category: that gets a figure of its own; None for none
        draws: of the bootstrap
    """
    targets = sheet.of_kind("target")
    figures = {
        "confirmed by all raters": confirmation(targets, "all", draws=draws),
        "confirmed by the majority": confirmation(targets, "majority", draws=draws),
        "answers that say present": share(targets, draws=draws),
    }
    if category is not None:
        figures["one category, confirmed by all raters"] = confirmation(targets.about(category), "all", draws=draws)
    return figures


def _summed(found: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    told = {}
    for name in found[0]:
        widths = [one[name]["high"] - one[name]["low"] for one in found if one[name]["low"] is not None]
        if widths:
            told[name] = {
                "value": float(np.mean([one[name]["value"] for one in found])),
                "width": float(np.mean(widths)),
                "least": float(min(widths)),
                "most": float(max(widths)),
            }
    return told


def _work(answers: float, raters: int) -> dict[str, Any]:
    minutes = answers * (CLIP_SECONDS + LIKELY_SECONDS) / 60
    return {
        "answers": round(answers),
        "minutes": round(minutes, 1),
        "answers_each": round(answers / raters, 1),
        "minutes_each": round(minutes / raters, 1),
    }


def _wilson_width(wanted: PowerPlan) -> float:
    low, high = wilson(round(wanted.rate * wanted.clips), wanted.clips)
    return high - low
