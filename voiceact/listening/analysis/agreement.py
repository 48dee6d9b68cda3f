"""Measure agreement of listeners: Krippendorff's and Cronbach's alpha, and the weighted kappa of pairs of listeners.

Values come from the libraries krippendorff, pingouin and scikit-learn; intervals from drawing questions anew, with the
same coefficients written so that a thousand draws cost no more than one.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from voiceact.listening.analysis.answer_table import AnswerTable, Floats
from voiceact.listening.analysis.statistics import EXTRA
from voiceact.runtime.extras import MissingExtraError
from voiceact.stats.figure import DRAWS, SEED, TAILS, Figure, missing

Level = Literal["nominal", "ordinal", "interval"]

LEAST_SHARED = 10
"""questions that two listeners must both have answered before their kappa says anything"""
LEAST_COMMON = 10
"""questions that each two listeners must share for listeners to be the columns of Cronbach's alpha"""


def krippendorff_alpha(table: AnswerTable, level: Level = "interval", *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute Krippendorff's alpha of the answers with an interval over questions; any answers may be missing.

    Args:
        table: the answers
        level: of measurement; EmoNet-Face's own analysis takes intensities as "interval"
        draws: of the bootstrap
        seed: of the bootstrap
    """
    matrix, _ = table.matrix()
    return alpha_of(matrix, level, draws=draws, seed=seed)


def alpha_of(matrix: Floats, level: Level, *, draws: int = DRAWS, seed: int = SEED) -> Figure:
    """Compute Krippendorff's alpha of [listeners, units], NaN where there is no answer."""
    # Count each value of each unit that two listeners or more answered.
    values = np.unique(matrix[np.isfinite(matrix)])
    counts = (matrix.T[:, :, None] == values).sum(axis=1).astype(np.float64)
    counts = counts[counts.sum(axis=1) > 1]
    if len(counts) < 2:
        return missing("alpha needs two questions that two listeners answered", len(counts))
    if (counts.sum(axis=0) > 0).sum() < 2:
        return missing("all answers are the same: there is nothing to agree on", len(counts))

    # Take the value from the library, the interval from units drawn anew.
    try:
        import krippendorff
    except ImportError:
        raise MissingExtraError("Krippendorff's alpha", EXTRA) from None
    value = float(krippendorff.alpha(value_counts=counts, value_domain=list(values), level_of_measurement=level))
    return _with_interval(value, _alphas(counts, values, level, _draw_units(len(counts), draws, seed)), len(counts))


def cronbach_alpha(table: AnswerTable) -> dict[str, Any]:
    """Compute Cronbach's alpha with raters as the items of the scale and clips as its subjects, like EmoNet-Voice.

    Each listener is a column where all of them share questions; covariances are taken over the questions that a pair of
    columns shares (pingouin's "pairwise"), so that no answer is thrown away. Where listeners do not meet (many of them, a
    few questions each), or so seldom that their covariances contradict each other (an alpha above 1 could come of it), the
    columns are first, second, third rater of a question instead, as many as nearly all questions have. The interval is
    Feldt's, which takes every cell for filled: with many missing it is too narrow.

    Returns:
        A figure as `Figure.to_dict`, with `columns` ("listeners" or "raters in order") and `raters`.
    """
    matrix, _ = table.matrix()
    ratings, columns = matrix.T, "listeners"
    if ratings.size == 0 or not _has_valid_covariances(ratings):
        ratings, columns = _raters_in_order(matrix), "raters in order"
    known = int((np.isfinite(ratings).sum(axis=1) > 0).sum()) if ratings.size else 0
    raters = int(ratings.shape[1]) if ratings.size else 0
    layout: dict[str, Any] = {"columns": columns, "raters": raters}
    if raters < 2 or known < 3:
        return missing("alpha needs three questions answered by two raters", known).to_dict() | layout
    if np.nanmax(np.nanvar(ratings, axis=0)) == 0:
        return missing("no rater's answers differ", known).to_dict() | layout
    return cronbach_of(ratings).to_dict() | layout


def cronbach_of(ratings: Floats) -> Figure:
    """Compute Cronbach's alpha of [subjects, items], NaN where unknown (pairwise covariances), with Feldt's interval."""
    pingouin, pandas = _pingouin()
    value, (low, high) = pingouin.cronbach_alpha(pandas.DataFrame(ratings), nan_policy="pairwise")
    return Figure(float(value), float(low), float(high), len(ratings))


def weighted_kappa(table: AnswerTable, values: Sequence[float], *, draws: int = DRAWS, seed: int = SEED) -> dict[str, Any]:
    """Compute the mean over pairs of listeners of Cohen's kappa with quadratic weights, as in EmoNet-Face's analysis.

    Only pairs that share at least LEAST_SHARED questions count. The interval draws questions anew.

    Args:
        table: the answers
        values: all answers that can be given
        draws: of the bootstrap
        seed: of the bootstrap

    Returns:
        A figure as `Figure.to_dict`, with `pairs`, the number of pairs whose kappa is defined.
    """
    matrix, _ = table.matrix()
    pairs = [
        (matrix[a], matrix[b])
        for a, b in combinations(range(len(matrix)), 2)
        if (np.isfinite(matrix[a]) & np.isfinite(matrix[b])).sum() >= LEAST_SHARED
    ]
    kappas = [kappa for first, second in pairs if (kappa := kappa_of(first, second, values)) is not None]
    if not kappas:
        why = f"no two listeners share {LEAST_SHARED} questions and give different answers"
        return missing(why, table.questions).to_dict() | {"pairs": 0}
    times = _draw_units(matrix.shape[1], draws, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_pairs = np.stack([_kappas(first, second, times) for first, second in pairs])
        drawn = np.where(np.isfinite(of_pairs), of_pairs, 0).sum(axis=0) / np.isfinite(of_pairs).sum(axis=0)
    figure = _with_interval(float(np.mean(kappas)), drawn, matrix.shape[1])
    return figure.to_dict() | {"pairs": len(kappas)}


def kappa_of(ratings: Floats, other: Floats, values: Sequence[float]) -> float | None:
    """Compute Cohen's kappa with quadratic weights of two listeners' answers [n].

    Args:
        one: answers of the first listener, NaN where not answered
        other: answers of the second, likewise
        values: all answers that can be given

    Returns:
        The kappa; None if they share no question or all their answers are the same.
    """
    try:
        from sklearn.metrics import cohen_kappa_score
    except ImportError:
        raise MissingExtraError("kappa", EXTRA) from None
    both = np.isfinite(ratings) & np.isfinite(other)
    first, second = ratings[both], other[both]
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
    """Compute [draws] alpha where unit u is drawn times[:, u] times; counts [units, values]."""
    raters = counts.sum(axis=1)
    totals = times @ counts
    n = totals.sum(axis=1)
    if level == "ordinal":
        # The distance of two ordinal values depends on how often each value was given, so on the draw.
        alphas = []
        for draw, total, size in zip(times, totals, n, strict=True):
            ends = np.cumsum(total) - total / 2
            delta = np.subtract.outer(ends, ends) ** 2
            inside = np.einsum("uv,vw,uw->u", counts, delta, counts) / (raters - 1)
            below = total @ delta @ total
            alphas.append(1 - (draw @ inside) * (size - 1) / below if below > 0 else np.nan)
        return np.array(alphas, np.float64)
    delta = np.not_equal.outer(values, values).astype(float) if level == "nominal" else np.subtract.outer(values, values) ** 2
    inside = np.einsum("uv,vw,uw->u", counts, delta, counts) / (raters - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (times @ inside) * (n - 1) / np.einsum("dv,vw,dw->d", totals, delta, totals))


def _kappas(ratings: Floats, other: Floats, times: Floats) -> Floats:
    """Compute [draws] kappa with quadratic weights, by the moments it is made of (Fleiss & Cohen 1973)."""
    both = np.isfinite(ratings) & np.isfinite(other)
    weights, first, second = times[:, both], ratings[both], other[both]
    n = weights.sum(axis=1)
    means = weights @ first / n, weights @ second / n
    apart = weights @ (first - second) ** 2 / n
    spread = weights @ first**2 / n - means[0] ** 2 + weights @ second**2 / n - means[1] ** 2
    return np.asarray(1 - apart / (spread + (means[0] - means[1]) ** 2))


def _with_interval(value: float, drawn: Floats, n: int) -> Figure:
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 2:
        return Figure(value, n=n, why="no interval: no draw of questions defines it")
    low, high = np.quantile(drawn, TAILS)
    return replace(Figure(value, n=n), low=float(low), high=float(high))


def _draw_units(units: int, draws: int, seed: int) -> Floats:
    """Draw [draws, units] how often each unit counts in a bootstrap."""
    return np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), draws).astype(float)


def _has_valid_covariances(ratings: Floats) -> bool:
    """Return whether every pair of columns shares enough rows, and their covariances are those of any complete table.

    Pairwise covariances contradict each other where their matrix has an eigenvalue below 0.
    """
    known = np.isfinite(ratings).astype(float)
    if not (known.T @ known >= LEAST_COMMON).all():
        return False
    _, pandas = _pingouin()
    covariances = pandas.DataFrame(ratings).cov().to_numpy()
    return bool(np.isfinite(covariances).all() and np.linalg.eigvalsh(covariances).min() > -1e-9 * np.trace(covariances))


def _raters_in_order(matrix: Floats) -> Floats:
    """Return [questions, k] each question's answers without gaps, cut to as many as nearly all questions have."""
    known = np.isfinite(matrix)
    counts = known.sum(axis=0)
    counts = counts[counts > 1]
    if not len(counts):
        return np.empty((0, 0))
    width = int(np.quantile(counts, 0.05, method="lower"))
    rows = [matrix[known[:, unit], unit][:width] for unit in range(matrix.shape[1]) if known[:, unit].sum() >= width]
    return np.array(rows)


def _pingouin() -> tuple[Any, Any]:
    try:
        import pandas
        import pingouin
    except ImportError:
        raise MissingExtraError("Cronbach's alpha", EXTRA) from None
    return pingouin, pandas
