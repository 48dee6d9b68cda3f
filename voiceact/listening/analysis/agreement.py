"""Do listeners agree: Krippendorff's and Cronbach's alpha, and the weighted kappa of pairs of listeners.

Values come from the libraries krippendorff, pingouin and scikit-learn; intervals from drawing questions anew, with the
same coefficients written so that a thousand draws cost no more than one.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from voiceact.listening.analysis.answer_table import Floats, Sheet
from voiceact.listening.analysis.statistics import EXTRA
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing

Level = Literal["nominal", "ordinal", "interval"]

LEAST_SHARED = 10
"""questions that two listeners must both have answered before their kappa says anything"""
LEAST_COMMON = 10
"""questions that each two listeners must share for listeners to be the columns of Cronbach's alpha"""


def krippendorff_alpha(sheet: Sheet, level: Level = "interval", *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Krippendorff's alpha of the answers, any listeners missing, with an interval over questions.

    level: of measurement; EmoNet-Face's own analysis takes intensities as "interval"
    """
    matrix, _ = sheet.matrix()
    return alpha_of(matrix, level, draws=draws, seed=seed)


def alpha_of(matrix: Floats, level: Level, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Krippendorff's alpha of [listeners, units], NaN where there is no answer."""
    values = np.unique(matrix[np.isfinite(matrix)])
    counts = (matrix.T[:, :, None] == values).sum(axis=1).astype(np.float64)
    counts = counts[counts.sum(axis=1) > 1]
    if len(counts) < 2:
        return missing("alpha needs two questions that two listeners answered", len(counts))
    if (counts.sum(axis=0) > 0).sum() < 2:
        return missing("all answers are the same: there is nothing to agree on", len(counts))
    value = float(_library().alpha(value_counts=counts, value_domain=list(values), level_of_measurement=level))
    times = np.random.default_rng(seed).multinomial(len(counts), np.full(len(counts), 1 / len(counts)), draws)
    drawn = _alphas(counts, values, level, times.astype(float))
    return _with_interval(value, drawn, len(counts))


def cronbach_alpha(sheet: Sheet) -> dict[str, Any]:
    """Cronbach's alpha with raters as the items of the scale and clips as its subjects, as EmoNet-Voice reports it.

    Each listener is a column where all of them share questions; covariances are taken over the questions that a pair of
    columns shares (pingouin's "pairwise"), so that no answer is thrown away. Where listeners do not meet (many of them, a
    few questions each), or so seldom that their covariances contradict each other (an alpha above 1 could come of it), the
    columns are first, second, third rater of a question instead, as many as nearly all questions have. The interval is
    Feldt's, which takes every cell for filled: with many missing it is too narrow.

    Returns:
        a figure as `Figure.to_dict`, with `columns` ("listeners" or "raters in order") and `raters`
    """
    matrix, _ = sheet.matrix()
    table, columns = matrix.T, "listeners"
    if table.size == 0 or not _all_meet(table) or not _possible(table):
        table, columns = _in_order(matrix), "raters in order"
    known = int((np.isfinite(table).sum(axis=1) > 0).sum()) if table.size else 0
    raters = int(table.shape[1]) if table.size else 0
    told: dict[str, Any] = {"columns": columns, "raters": raters}
    if raters < 2 or known < 3:
        return missing("alpha needs three questions answered by two raters", known).to_dict() | told
    if np.nanmax(np.nanvar(table, axis=0)) == 0:
        return missing("no rater's answers differ", known).to_dict() | told
    return cronbach_of(table).to_dict() | told


def cronbach_of(table: Floats) -> Figure:
    """Cronbach's alpha of [subjects, items], NaN where a cell is empty (pairwise covariances), with Feldt's interval."""
    pingouin, pandas = _pingouin()
    value, (low, high) = pingouin.cronbach_alpha(pandas.DataFrame(table), nan_policy="pairwise")
    return Figure(float(value), float(low), float(high), len(table))


def weighted_kappa(sheet: Sheet, values: Sequence[float], *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Mean over pairs of listeners of Cohen's kappa with quadratic weights, as EmoNet-Face's analysis has it.

    values: all answers that can be given
    Only pairs that share at least LEAST_SHARED questions count. The interval draws questions anew.
    """
    matrix, _ = sheet.matrix()
    pairs = [
        (matrix[a], matrix[b])
        for a, b in combinations(range(len(matrix)), 2)
        if (np.isfinite(matrix[a]) & np.isfinite(matrix[b])).sum() >= LEAST_SHARED
    ]
    found = [kappa for one, other in pairs if (kappa := kappa_of(one, other, values)) is not None]
    if not found:
        why = f"no two listeners share {LEAST_SHARED} questions and give different answers"
        return missing(why, sheet.questions).to_dict() | {"pairs": 0}
    times = _drawn_units(matrix.shape[1], draws, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.stack([_kappas(one, other, times) for one, other in pairs])
        drawn = np.where(np.isfinite(each), each, 0).sum(axis=0) / np.isfinite(each).sum(axis=0)
    figure = _with_interval(float(np.mean(found)), drawn, matrix.shape[1])
    return figure.to_dict() | {"pairs": len(found)}


def kappa_of(one: Floats, other: Floats, values: Sequence[float]) -> float | None:
    """Cohen's kappa, quadratic weights, of two listeners' answers [n] (NaN: not answered); None if chance explains all."""
    try:
        from sklearn.metrics import cohen_kappa_score
    except ImportError:
        raise MissingExtraError("kappa", EXTRA) from None
    both = np.isfinite(one) & np.isfinite(other)
    first, second = one[both], other[both]
    if not both.any() or (len(np.unique(np.concatenate((first, second)))) < 2):
        return None
    # scikit-learn takes floats for a regression; places in the list of values are what it wants.
    places = {value: place for place, value in enumerate(sorted(values))}
    return float(
        cohen_kappa_score(
            [places[x] for x in first], [places[x] for x in second], weights="quadratic", labels=list(range(len(places)))
        )
    )


# --- Parts


def _alphas(counts: Floats, values: Floats, level: Level, times: Floats) -> Floats:
    """[draws] alpha where unit u is drawn times[:, u] times; counts [units, values]."""
    raters = counts.sum(axis=1)
    totals = times @ counts
    n = totals.sum(axis=1)
    if level == "ordinal":
        return np.array([_alpha_ordinal(counts, raters, one, whole) for one, whole in zip(times, totals, strict=True)])
    delta = np.not_equal.outer(values, values).astype(float) if level == "nominal" else np.subtract.outer(values, values) ** 2
    inside = np.einsum("uv,vw,uw->u", counts, delta, counts) / (raters - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (times @ inside) * (n - 1) / np.einsum("dv,vw,dw->d", totals, delta, totals))


def _alpha_ordinal(counts: Floats, raters: Floats, times: Floats, totals: Floats) -> float:
    ends = np.cumsum(totals) - totals / 2
    delta = np.subtract.outer(ends, ends) ** 2
    inside = np.einsum("uv,vw,uw->u", counts, delta, counts) / (raters - 1)
    below = totals @ delta @ totals
    return float(1 - (times @ inside) * (totals.sum() - 1) / below) if below > 0 else float("nan")


def _kappas(one: Floats, other: Floats, times: Floats) -> Floats:
    """[draws] kappa with quadratic weights, by the moments it is made of (Fleiss & Cohen 1973)."""
    both = np.isfinite(one) & np.isfinite(other)
    weights, first, second = times[:, both], one[both], other[both]
    n = weights.sum(axis=1)
    means = weights @ first / n, weights @ second / n
    apart = weights @ (first - second) ** 2 / n
    spread = weights @ first**2 / n - means[0] ** 2 + weights @ second**2 / n - means[1] ** 2
    return np.asarray(1 - apart / (spread + (means[0] - means[1]) ** 2))


def _drawn_units(units: int, draws: int, seed: int) -> Floats:
    return np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), draws).astype(float)


def _with_interval(value: float, drawn: Floats, n: int) -> Figure:
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 2:
        return Figure(value, n=n, why="no interval: no draw of questions defines it")
    low, high = np.quantile(drawn, TAILS)
    return replace(Figure(value, n=n), low=float(low), high=float(high))


def _all_meet(table: Floats) -> bool:
    known = np.isfinite(table).astype(float)
    return bool((known.T @ known >= LEAST_COMMON).all())


def _possible(table: Floats) -> bool:
    """Whether pairwise covariances are those of any complete table (no eigenvalue below 0)."""
    _, pandas = _pingouin()
    covariances = pandas.DataFrame(table).cov().to_numpy()
    return bool(np.isfinite(covariances).all() and np.linalg.eigvalsh(covariances).min() > -1e-9 * np.trace(covariances))


def _in_order(matrix: Floats) -> Floats:
    """[questions, k] the answers of each question moved to the left, cut to as many as nearly all questions have."""
    known = np.isfinite(matrix)
    counts = known.sum(axis=0)
    counts = counts[counts > 1]
    if not len(counts):
        return np.empty((0, 0))
    width = int(np.quantile(counts, 0.05, method="lower"))
    rows = [matrix[known[:, unit], unit][:width] for unit in range(matrix.shape[1]) if known[:, unit].sum() >= width]
    return np.array(rows)


def _library() -> Any:
    try:
        import krippendorff
    except ImportError:
        raise MissingExtraError("Krippendorff's alpha", EXTRA) from None
    return krippendorff


def _pingouin() -> tuple[Any, Any]:
    try:
        import pandas
        import pingouin
    except ImportError:
        raise MissingExtraError("Cronbach's alpha", EXTRA) from None
    return pingouin, pandas
