"""Charts as SVG text, without a library: points with intervals, a matrix, a curve, a heat map, a strip, a histogram.

Colours are CSS classes that the page sets (series-0, series-1 … ink, faint), so that a chart follows the theme of its
page. `forest`, `matrix`, `curve` and `heat_map` have a size of their own; `strip` and `columns` are as wide as their place,
for rows and cards: their places are in per cent, so that letters keep their size. Each chart carries its content in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from markupsafe import Markup

LABEL_WIDTH, ROW_HEIGHT, MARGIN, AXIS_HEIGHT = 176, 18, 16, 34
SERIES_OFFSET = 11
"""pixels between the middles of two series of one row"""
CELL, SMALL_CELL, MANY_CLASSES, HEAD = 40, 32, 12, 112
LETTER = 6.6
"""pixels: width of a letter at 12 px, on average"""
LONGEST_LABEL = 25
SLANT = 0.82
"""width of a line at 40 degrees"""
DARK = 0.55
"""share from which a cell is written in the colour of the paper"""
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
DOT = 4
"""pixels: radius of a point"""


@dataclass(frozen=True)
class Point:
    """A value with its interval.

    Attributes:
        value: The value.
        low: Lower end of the interval; None if there is none.
        high: Upper end of the interval; None if there is none.
    """

    value: float
    low: float | None = None
    high: float | None = None


# --- Charts with a size of their own


def forest(
    rows: Sequence[tuple[str, Sequence[Point | None]]],
    series: Sequence[str],
    *,
    start: float = 0.0,
    stop: float = 1.0,
    chance: float | None = None,
    width: int = 320,
    caption: str,
) -> Markup:
    """Draw points with intervals, a row for each label and a colour for each series.

    Args:
        rows: Label and a point for each series; None leaves a point out.
        series: Names of the series.
        start: Value at the left end of the axis.
        stop: Value at the right end of the axis.
        chance: Value at which a dashed line is drawn; None draws none.
        width: Width of the plot, in pixels.
        caption: What the axis shows.
    """
    height = max(1, len(series)) * SERIES_OFFSET + ROW_HEIGHT - SERIES_OFFSET
    bottom = MARGIN + height * len(rows)

    def x(value: float) -> float:
        return LABEL_WIDTH + width * (min(max(value, start), stop) - start) / (stop - start)

    # Axis
    ticks = [start + (stop - start) * step / 5 for step in range(6)]
    parts = [_line(x(tick), MARGIN - 6, x(tick), bottom, "faint") for tick in ticks]
    parts += [_text(x(tick), bottom + 12, f"{tick:.2g}", anchor="middle") for tick in ticks]
    parts.append(_text((x(start) + x(stop)) / 2, bottom + 28, caption, anchor="middle"))
    if chance is not None:
        parts.append(_line(x(chance), MARGIN - 6, x(chance), bottom, "chance"))

    # Rows
    for row, (label, points) in enumerate(rows):
        top = MARGIN + height * row
        parts.append(_text(LABEL_WIDTH - 10, top + height / 2, _shorten(label), anchor="end"))
        parts += [
            _marker(point, x, top + ROW_HEIGHT / 2 + SERIES_OFFSET * place, place)
            for place, point in enumerate(points)
            if point is not None
        ]

    # Legend
    left, y = float(LABEL_WIDTH), bottom + AXIS_HEIGHT + 14
    for place, name in enumerate(series):
        parts.append(f'<circle class="series-{place}" cx="{left:.1f}" cy="{y:.1f}" r="4"/>')
        parts.append(_text(left + 9, y, name))
        left += 30 + LETTER * len(name)
    return _svg(LABEL_WIDTH + width + 30, bottom + AXIS_HEIGHT + 26, parts, caption)


def matrix(classes: Sequence[str], counts: Sequence[Sequence[int]], *, caption: str) -> Markup:
    """Draw the shares of each row in per cent, darker for more.

    Args:
        classes: Names of rows and columns.
        counts: [performed, answered] counts.
        caption: What the chart shows.
    """
    size = CELL if len(classes) <= MANY_CLASSES else SMALL_CELL
    side, parts = len(classes) * size, []
    right = float(LABEL_WIDTH + side)
    for row, (name, cells) in enumerate(zip(classes, counts, strict=True)):
        total, top = sum(cells), HEAD + row * size
        parts.append(_text(LABEL_WIDTH - 10, top + size / 2, f"{_shorten(name, 19)} ({total})", anchor="end"))
        parts += [
            _cell(LABEL_WIDTH + column * size, top, size, count / total if total else 0, row == column)
            for column, count in enumerate(cells)
        ]
    for column, name in enumerate(classes):
        x = LABEL_WIDTH + column * size + size / 2
        parts.append(
            f'<text x="{x:.1f}" y="{HEAD - 8}" transform="rotate(-40 {x:.1f} {HEAD - 8})">{escape(_shorten(name))}</text>'
        )
        right = max(right, x + LETTER * SLANT * len(_shorten(name)))
    return _svg(right + 10, HEAD + side + 8, parts, caption)


def curve(
    points: Sequence[tuple[float, Point, int]], *, start: float, stop: float, diagonal: bool, across: str, up: str
) -> Markup:
    """Draw shares against a scale, each point as large as the answers it rests on.

    Args:
        points: Place on the scale, share with interval, answers.
        start: Left end of the scale.
        stop: Right end of the scale.
        diagonal: Whether to draw where the share equals the place on the scale.
        across: What the scale shows.
        up: What the shares show.
    """
    size, left, top = 260, 56, 12
    most = max((n for _, _, n in points), default=1)

    def x(value: float) -> float:
        return left + size * (value - start) / (stop - start)

    def y(share: float) -> float:
        return top + size * (1 - share)

    # Axes
    parts = [_line(left, y(share), left + size, y(share), "faint") for share in (0, 0.25, 0.5, 0.75, 1)]
    parts += [_text(left - 8, y(share), f"{share:.0%}", anchor="end") for share in (0, 0.5, 1)]
    ticks = (start, (start + stop) / 2, stop)
    parts += [_text(x(tick), top + size + 16, f"{tick:g}", anchor="middle") for tick in ticks]
    if diagonal:
        parts.append(_line(x(start), y(0), x(stop), y(1), "chance"))

    # Points
    for place, point, n in points:
        if point.low is not None and point.high is not None:
            parts.append(_line(x(place), y(point.low), x(place), y(point.high), "series-0 whisker"))
        parts.append(
            f'<circle class="series-0" cx="{x(place):.1f}" cy="{y(point.value):.1f}" '
            f'r="{2 + 5 * (n / most) ** 0.5:.1f}"><title>{n} answers</title></circle>'
        )
    parts.append(_text(left + size / 2, top + size + 34, across, anchor="middle"))
    parts.append(
        f'<text x="14" y="{top + size / 2}" text-anchor="middle" transform="rotate(-90 14 {top + size / 2})">'
        f"{escape(up)}</text>"
    )
    return _svg(left + size + 20, top + size + 44, parts, f"{up} by {across}")


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat map.

    Attributes:
        share: 0 to 1, how dark it is; its per cent stand in it
        words: what it shows, for who points at it
    """

    share: float
    words: str


def heat_map(
    rows: Sequence[tuple[str, Sequence[HeatCell | None]]], columns: Sequence[tuple[str, int]], *, caption: str
) -> Markup:
    """Draw a heat map, narrow enough for a telephone: a row for each label, darker for more.

    Args:
        rows: Label and a cell for each column; None, where nothing was measured, is a dot.
        columns: Name and colour (0 to 3, the number of the series) of each; columns of another colour stand apart.
        caption: The content in words.
    """
    width, height, label, gap, head = 23, 20, 140, 6, 72
    lefts, left = [], float(label)
    for at, (_, colour) in enumerate(columns):
        left += gap if at and columns[at - 1][1] != colour else 0
        lefts.append(left)
        left += width
    parts = []
    for x, (name, _) in zip(lefts, columns, strict=True):
        middle = x + width / 2
        parts.append(
            f'<text x="{middle:.1f}" y="{head - 2}" transform="rotate(-90 {middle:.1f} {head - 6})">{escape(name)}</text>'
        )
    for row, (name, cells) in enumerate(rows):
        top = head + row * height
        parts.append(_text(label - 6, top + height / 2, _shorten(name, 18), anchor="end"))
        for x, (_, colour), cell in zip(lefts, columns, cells, strict=True):
            middle, y = x + width / 2, top + height / 2
            if cell is None:
                parts.append(_text(middle, y, "·", anchor="middle"))
                continue
            parts.append(
                f'<g><rect class="series-{colour}" x="{x}" y="{top}" width="{width}" height="{height}" '
                f'fill-opacity="{cell.share:.3f}"/><rect class="faint" x="{x}" y="{top}" width="{width}" height="{height}"/>'
                + _text(middle, y, f"{100 * cell.share:.0f}", anchor="middle", colour="paper" if cell.share > DARK else "ink")
                + f"<title>{escape(cell.words)}</title></g>"
            )
    return _svg(left + 2, head + len(rows) * height + 4, parts, caption)


def as_file(picture: Markup) -> str:
    """Return a chart as a file of its own, with the colours of the pages, in light and dark."""
    css = (files("voiceact.report") / "style.css").read_text("utf-8")
    style = f"<style><![CDATA[{css} svg {{ background: var(--paper); }}]]></style>"
    start, rest = str(picture).split(">", 1)
    return f'{start} xmlns="http://www.w3.org/2000/svg">{style}{rest}\n'


# --- Charts as wide as their place


def strip(band: Point | None, points: Sequence[Point | None], *, description: str) -> Markup:
    """Draw one row of a plot of shares from 0 to 1: a band with its middle, and above it a point with interval a series.

    Args:
        band: The band; None draws none.
        points: A point for each series; None leaves a point out.
        description: The content in words.
    """
    height = SERIES_OFFSET * (len(points) + 1)
    parts = [_wide_line(tick, tick, 0, height, "faint") for tick in TICKS]
    if band is not None and band.low is not None and band.high is not None:
        width = _per_cent(band.high - band.low)
        parts.append(f'<rect class="band" x="{_per_cent(band.low)}" y="0" width="{width}" height="{height}"/>')
        parts.append(_wide_line(band.value, band.value, 0, height, "middle"))
    for series, point in enumerate(points):
        if point is None:
            continue
        y, hollow = SERIES_OFFSET * (series + 1), " hollow" if series else ""
        if point.low is not None and point.high is not None:
            parts.append(_wide_line(point.low, point.high, y, y, f"series-{series} whisker"))
        parts.append(f'<circle class="series-{series}{hollow}" cx="{_per_cent(point.value)}" cy="{y}" r="{DOT}"/>')
    return _wide_svg("strip", height, parts, description)


def columns(counts: Sequence[int], *, height: int = 84, description: str) -> Markup:
    """Draw a histogram: a column for each count, the highest as tall as the picture.

    Args:
        counts: [bins].
        height: Height in pixels.
        description: The content in words.
    """
    most, width = max(counts, default=0) or 1, 100 / max(len(counts), 1)
    parts = [
        f'<rect class="column" x="{at * width:.3f}%" y="{height * (1 - count / most):.1f}" width="{width * 0.86:.3f}%" '
        f'height="{height * count / most:.1f}"/>'
        for at, count in enumerate(counts)
        if count
    ]
    parts.append(f'<line class="faint" x1="0" x2="100%" y1="{height}" y2="{height}"/>')
    return _wide_svg("columns", height, parts, description)


# --- Parts


def _marker(point: Point, x: Callable[[float], float], y: float, place: int) -> str:
    """Draw a point of a series with its interval, and a title that says both."""
    whisker, words = "", f"{point.value:.3f}, no interval"
    if point.low is not None and point.high is not None:
        whisker = _line(x(point.low), y, x(point.high), y, f"series-{place} whisker")
        words = f"{point.value:.3f} ({point.low:.3f} to {point.high:.3f})"
    return (
        f"<g>{whisker}<circle class='series-{place}' cx='{x(point.value):.1f}' cy='{y:.1f}' r='4'/><title>{words}</title></g>"
    )


def _cell(x: float, y: float, size: int, share: float, right: bool) -> str:
    """Draw a cell of a matrix, as dark as its share."""
    colour = "series-0" if right else "series-1"
    number = f"{share:.0%}" if share >= 0.005 else ""
    return (
        f'<rect class="faint" x="{x}" y="{y}" width="{size}" height="{size}"/>'
        f'<rect class="{colour}" x="{x}" y="{y}" width="{size}" height="{size}" fill-opacity="{share:.3f}"/>'
        + _text(x + size / 2, y + size / 2, number, anchor="middle", colour="paper" if share > DARK else "ink")
    )


def _shorten(label: str, longest: int = LONGEST_LABEL) -> str:
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line class="{colour}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "ink") -> str:
    return f'<text class="{colour}" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], description: str) -> Markup:
    return Markup(
        f'<svg role="img" aria-label="{escape(description, quote=True)}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}">{"".join(parts)}</svg>'
    )


def _per_cent(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0):.3%}"


def _wide_line(x1: float, x2: float, y1: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{_per_cent(x1)}" x2="{_per_cent(x2)}" y1="{y1}" y2="{y2}"/>'


def _wide_svg(kind: str, height: float, parts: Sequence[str], description: str) -> Markup:
    return Markup(
        f'<svg class="{kind}" role="img" aria-label="{escape(description, quote=True)}" width="100%" height="{height:g}">'
        f"{''.join(parts)}</svg>"
    )
