"""Draw the pictures of a data set's report; each says in words what it shows."""

from collections.abc import Callable
from html import escape
from typing import Any

from voiceact.dataset.findings.findings import CategoryFindings, PresenceRates
from voiceact.dataset.findings.formatting import format_figure, format_share
from voiceact.report.svg import Point, columns, strip
from voiceact.report.templates import Markup
from voiceact.stats.figure import Figure

PLOT_WIDTH, PLOT_HEIGHT = 132, 96
LEFT, TOP, BELOW = 20, 8, 18
"""pixels around the plot of an intensity chart"""
MOST_SCORE = 7


def presence_strip(name: str, rates: PresenceRates) -> Markup | None:
    """Draw a rate and that of the twins above the range of the permutation baseline; None if no take was judged."""
    if rates.null is None:
        return None
    null = Point(rates.null.mean, rates.null.low, rates.null.high)
    description = (
        f"{name}: {format_figure(rates.rate)} of the takes, {format_share(rates.null.mean)} dealt anew, "
        f"{format_figure(rates.twins)} of twins"
    )
    return strip(null, [_point(rates.rate), _point(rates.twins)], description=description)


def _point(figure: Figure) -> Point | None:
    return None if figure.value is None else Point(figure.value, figure.low, figure.high)


def intensity_chart(category: CategoryFindings, threshold: float | None) -> Markup:
    """Draw the judged against the requested intensity: middle halves and medians, the diagonal, the threshold.

    Args:
        category: the category
        threshold: score from which the judge calls it present, 0 to 7; None draws no line
    """

    def x(intensity: float) -> float:
        return LEFT + PLOT_WIDTH * intensity / MOST_SCORE

    def y(score: float) -> float:
        return TOP + PLOT_HEIGHT * (1 - score / MOST_SCORE)

    # Axes
    right = LEFT + PLOT_WIDTH
    parts = [f'<line class="faint" x1="{LEFT}" x2="{right}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>' for mark in (0, 7)]
    parts += [f'<text class="tick" x="{LEFT - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark}</text>' for mark in (0, 7)]
    parts.append(f'<line class="chance" x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(7):.1f}" y2="{y(7):.1f}"/>')
    if threshold is not None:
        parts.append(f'<line class="least" x1="{LEFT}" x2="{right}" y1="{y(threshold):.1f}" y2="{y(threshold):.1f}"/>')

    # Scores by requested intensity
    ticks, words = [], []
    for row in category.scores:
        place = f"{x(row.intensity):.1f}"
        low, median, high = row.quartiles
        parts.append(f'<line class="half" x1="{place}" x2="{place}" y1="{y(low):.1f}" y2="{y(high):.1f}"/>')
        parts.append(f'<circle class="series-0" cx="{place}" cy="{y(median):.1f}" r="4"/>')
        ticks.append(
            f'<text class="tick" x="{place}" y="{TOP + PLOT_HEIGHT + 15}" text-anchor="middle">{row.intensity:g}</text>'
        )
        words.append(f"asked {row.intensity:g}: middle half {low:.1f} to {high:.1f}, median {median:.1f}, n = {row.n}")
    description = "; ".join(words)
    return Markup(
        f'<svg class="box" role="img" aria-label="{escape(description, quote=True)}" width="{right + 8}" '
        f'height="{TOP + PLOT_HEIGHT + BELOW}">{"".join(parts + ticks)}<title>{escape(description)}</title></svg>'
    )


def histogram(spread: dict[str, Any], title: str, unit: str, write: Callable[[float], str]) -> dict[str, Any]:
    """Prepare a histogram of the takes, without the empty bins at both ends.

    Args:
        spread: what `Findings.spread` returns
        title: what is measured
        unit: its unit; empty if it has none
        write: writes a value
    """
    counts, edges = spread["counts"], spread["edges"]
    full = [at for at, count in enumerate(counts) if count]
    first, last = full[0], full[-1] + 1
    lower, median, upper = (write(value) for value in spread["quartiles"])
    unit = f" {unit}" if unit else ""
    description = f"{title}: median {median}{unit}, middle half {lower} to {upper}{unit}, n = {spread['n']}"
    return {
        "title": title,
        "unit": unit,
        "picture": columns(counts[first:last], description=description),
        "first": write(edges[first]),
        "last": write(edges[last]),
        "lower": lower,
        "median": median,
        "upper": upper,
        "n": spread["n"],
    }
