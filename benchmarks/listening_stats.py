"""What the analysis of listening tests finds, and how often it is right: simulated listeners, of whom all is known.

    python benchmarks/listening_stats.py               # all, about five minutes on one core
    python benchmarks/listening_stats.py coverage      # or screening, calibration, power

Nothing is fitted to these figures; seeds are fixed.
"""

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from voiceact.listening.analysis.answer_table import make_answer_table
from voiceact.listening.analysis.screening import ScreenedListener, kept_listeners, screen
from voiceact.listening.analysis.statistics import confirmation, positive_share
from voiceact.listening.calibration.calibrate import choose_threshold
from voiceact.listening.simulation.power import PowerPlan, plan_power
from voiceact.listening.simulation.simulate import make_listeners, make_world, positive_rate, take_test

TESTS = 600


def coverage() -> Iterator[str]:
    """How often 95 % intervals hold the truth, by raters and by how much raters differ; beside Wilson's."""
    yield f"Of {TESTS} tests of 150 clips (presence): intervals that hold the truth, their width, 3.92 x the true spread"
    yield f"{'raters':>6} {'bias':>5}  {'figure':22}{'held':>7}{'Wilson':>8}{'width':>8}{'spread':>8}"
    for raters, bias in ((6, 0.5), (12, 0.5), (30, 0.5), (12, 0.0)):
        for name, (held, wilson, width, spread) in _covered(raters, bias).items():
            yield f"{raters:6} {bias:5.1f}  {name:22}{held:7.1%}{wilson:8.1%}{width:8.3f}{spread:8.3f}"


def _covered(raters: int, bias: float) -> dict[str, tuple[float, float, float, float]]:
    truths = {
        "answers, first round": positive_rate(0, 1, bias),
        "majority": positive_rate(0, 1, bias, raters=2),
        "every rater": positive_rate(0, 1, bias, raters=3),
    }
    found: dict[str, list[dict]] = {name: [] for name in truths}
    for seed in range(TESTS):
        world = make_world("presence", clips=150, contrastive=0, seed=seed)
        rows = take_test(world, make_listeners(raters, bias=bias, seed=seed + 10_000), seed=seed, checks=0)
        table = make_answer_table(rows, world.test.protocol.positive)
        figures = (
            positive_share(table.take(table.stage == 1), draws=200),
            confirmation(table, "majority", draws=200),
            confirmation(table, "all", draws=200),
        )
        for name, figure in zip(truths, figures, strict=True):
            found[name].append(figure)
    return {
        name: (
            float(np.mean([one["low"] <= truths[name] <= one["high"] for one in some])),
            float(np.mean([one["wilson"][0] <= truths[name] <= one["wilson"][1] for one in some])),
            float(np.mean([one["high"] - one["low"] for one in some])),
            float(3.92 * np.std([one["value"] for one in some])),
        )
        for name, some in found.items()
    }


def screening() -> Iterator[str]:
    """Who is caught and who is lost, by the number of gold and attention items, and by check."""
    yield "40 crowds of 20 with 2 clickers, 2 of one button, 2 hasty, 1 lazy (a third of items), 1 without headphones"
    yield f"{'protocol':12}{'checks':>7}" + "".join(f"{name:>{width}}" for name, width in zip(SHOWN, WIDTHS, strict=True))
    for protocol in ("presence", "binary", "naturalness"):
        for checks in (2, 4, 8, 16):
            rates = _caught(protocol, checks)
            yield f"{protocol:12}{2 * checks:7}" + "".join(
                f"{rates[name]:{width}.0%}" for name, width in zip(GROUPS, WIDTHS, strict=True)
            )
    yield "One score, presence with 8 checks: share right of known answers, at or below which a listener is left out"
    yield from _roc()


SHOWN = ("clickers", "button", "hasty", "lazy", "no phones", "honest lost")
WIDTHS = (10, 8, 7, 7, 11, 13)
GROUPS = ("clicker", "one button", "hasty", "lazy", "no headphones", "honest")


def _people(seed: int) -> list:
    from dataclasses import replace

    people = make_listeners(20, seed=seed, clickers=2, one_button=2, hasty=2)
    return [*people[:-2], replace(people[-2], lazy=1 / 3), replace(people[-1], headphones=False)]


def _group(one) -> str:
    return one.habit if one.habit != "honest" else "lazy" if one.lazy else "no headphones" if not one.headphones else "honest"


def _screened(protocol: str, checks: int, seed: int) -> tuple[list, list[ScreenedListener]]:
    people, world = _people(seed), make_world(protocol, clips=90, seed=seed)
    table = make_answer_table(take_test(world, people, seed=seed, checks=checks), world.test.protocol.positive)
    return people, screen(table, world.test)


def _caught(protocol: str, checks: int) -> dict[str, float]:
    out: dict[str, list[bool]] = {name: [] for name in GROUPS}
    for seed in range(40):
        people, found = _screened(protocol, checks, seed)
        left = set(kept_listeners(found))
        for one in people:
            out[_group(one)].append(one.name not in left)
    return {name: float(np.mean(some)) for name, some in out.items()}


def _roc() -> Iterator[str]:
    honest, others = [], []
    for seed in range(40):
        people, found = _screened("presence", 4, seed)
        values = {one.listener: next(check.value for check in one.checks if check.name == "gold") for one in found}
        for one in people:
            (honest if _group(one) == "honest" else others if one.habit != "honest" else []).append(values[one.name])
    for cut in (0.25, 0.375, 0.5, 0.625, 0.75, 0.875):
        caught, lost = np.mean(np.array(others) <= cut), np.mean(np.array(honest) <= cut)
        yield f"  {cut:.0%}: {caught:4.0%} caught, {lost:4.0%} of honest ones lost"


def calibration() -> Iterator[str]:
    """Precision that was asked, as it looks on the clips that chose the threshold, held out, and in truth."""
    yield "Thresholds for 90 % precision on n clips, 200 times: apparent precision, held out (5 parts), true (20,000 new clips)"
    random = np.random.default_rng(0)

    def clips(n: int) -> tuple[np.ndarray, np.ndarray]:
        strength = random.normal(0, 1.2, n)
        return np.clip(3.5 + strength + random.normal(0, 1, n), 0, 7), strength + random.normal(0, 0.7, n) > 0

    fresh = clips(20_000)
    for n in (40, 80, 160, 320):
        rows = [_calibrated(*clips(n), fresh) for _ in range(200)]
        known = np.array([row for row in rows if row is not None])
        apparent, out, true = np.nanmean(known, axis=0)
        yield f"  n = {n:3}: {apparent:.3f} apparent, {out:.3f} held out, {true:.3f} true; refused {1 - len(known) / 200:.0%}"


def _calibrated(
    scores: np.ndarray, present: np.ndarray, fresh: tuple[np.ndarray, np.ndarray]
) -> tuple[float, float, float] | None:
    from voiceact.listening.calibration.calibrate import CalibrationGoal, _held_out

    threshold = choose_threshold(scores, present, 0.9)
    if threshold is None:
        return None
    held = _held_out(scores, present, CalibrationGoal(0.9)).value
    return (
        float(present[scores >= threshold].mean()),
        float("nan") if held is None else held,
        float(fresh[1][fresh[0] >= threshold].mean()),
    )


def power() -> Iterator[str]:
    """Expected width of the interval of the confirmation rate (every rater, 37 %)."""
    yield "Width of the 95 % interval of 'confirmed by every rater', by raters (rows) and clips"
    clips = (100, 300, 1000)
    yield f"{'':8}" + "".join(f"{n:8}" for n in clips) + "   (Wilson at 300 clips: 0.109)"
    for raters in (6, 12, 24, 48):
        widths = [
            plan_power(PowerPlan("presence", raters, n), repeats=10)["figures"]["confirmed by all raters"]["width"]
            for n in clips
        ]
        yield f"{raters:8}" + "".join(f"{width:8.3f}" for width in widths)


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "coverage": coverage,
    "screening": screening,
    "calibration": calibration,
    "power": power,
}


if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        start = time.perf_counter()
        print("\n".join(PARTS[part]()))
        print(f"({part}: {time.perf_counter() - start:.0f} s)\n", flush=True)
