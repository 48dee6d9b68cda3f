"""Three kinds of picture as SVG text, without a library: points with intervals, a matrix, a curve.

Colours are CSS classes, set by the page (series-0, series-1 … ink, faint), so that a picture follows its theme.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

LABEL_WIDTH, ROW_HEIGHT, MARGIN, AXIS_HEIGHT = 176, 18, 16, 34
SERIES_OFFSET = 11
CELL, SMALL_CELL, MANY_CLASSES, HEAD = 40, 32, 12, 112
LETTER = 6.6  # width of a letter at 12 px, on average
LONGEST_LABEL = 25
SLANT = 0.82  # width of a line at 40 degrees
DARK = 0.55  # share from which a cell is written in the colour of the paper


@dataclass(frozen=True)
class Point:
    """A value with the interval it lies in; low and high None if there is none."""

    value: float
    low: float | None = None
    high: float | None = None


def forest(rows: Sequence[tuple[str, Sequence[Point | None]]], series: Sequence[str], *, start: float = 0.0,
           stop: float = 1.0, chance: float | None = None, width: int = 320, caption: str) -> str:
    """Points with intervals, a row for each label and a colour for each series.

    chance: where to draw a dashed line
    width: of the plot, in pixels
    caption: what the axis shows
    """
    height = [max(1, len(series)) * SERIES_OFFSET + ROW_HEIGHT - SERIES_OFFSET for _ in rows]
    bottom = MARGIN + sum(height)

    def across(value: float) -> float:
        return LABEL_WIDTH + width * (min(max(value, start), stop) - start) / (stop - start)

    parts = _axis(start, stop, across, bottom, caption)
    if chance is not None:
        parts.append(_line(across(chance), MARGIN - 6, across(chance), bottom, "chance"))
    top = MARGIN
    for (label, points), tall in zip(rows, height, strict=True):
        parts.append(_text(LABEL_WIDTH - 10, top + tall / 2, _short(label), anchor="end"))
        parts += [_marker(point, across, top + ROW_HEIGHT / 2 + SERIES_OFFSET * place, place)
                  for place, point in enumerate(points) if point is not None]
        top += tall
    parts += _legend(series, bottom + AXIS_HEIGHT + 14)
    return _svg(LABEL_WIDTH + width + 30, bottom + AXIS_HEIGHT + 26, parts, caption)


def matrix(classes: Sequence[str], counts: Sequence[Sequence[int]], *, caption: str) -> str:
    """Shares of each row in per cent, darker for more; rows performed, columns answered."""
    size = CELL if len(classes) <= MANY_CLASSES else SMALL_CELL
    side, parts = len(classes) * size, []
    right = float(LABEL_WIDTH + side)
    for row, (name, cells) in enumerate(zip(classes, counts, strict=True)):
        total, top = sum(cells), HEAD + row * size
        parts.append(_text(LABEL_WIDTH - 10, top + size / 2, f"{_short(name, 19)} ({total})", anchor="end"))
        parts += [_cell(LABEL_WIDTH + column * size, top, size, count / total if total else 0, row == column)
                  for column, count in enumerate(cells)]
    for column, name in enumerate(classes):
        x = LABEL_WIDTH + column * size + size / 2
        parts.append(f'<text x="{x:.1f}" y="{HEAD - 8}" transform="rotate(-40 {x:.1f} {HEAD - 8})">'
                     f"{escape(_short(name))}</text>")
        right = max(right, x + LETTER * SLANT * len(_short(name)))
    return _svg(right + 10, HEAD + side + 8, parts, caption)


def curve(points: Sequence[tuple[float, Point, int]], *, start: float, stop: float, diagonal: bool, across: str,
          up: str) -> str:
    """Shares against a scale, each point as large as the answers it rests on.

    points: place on the scale, share with interval, answers
    diagonal: draw where the share equals the place on the scale
    """
    size, left, top = 260, 56, 12
    most = max((n for _, _, n in points), default=1)

    def x(value: float) -> float:
        return left + size * (value - start) / (stop - start)

    def y(share: float) -> float:
        return top + size * (1 - share)

    parts = [_line(left, y(share), left + size, y(share), "faint") for share in (0, .25, .5, .75, 1)]
    parts += [_text(left - 8, y(share), f"{share:.0%}", anchor="end") for share in (0, .5, 1)]
    ticks = (start, (start + stop) / 2, stop)
    parts += [_text(x(tick), top + size + 16, f"{tick:g}", anchor="middle") for tick in ticks]
    if diagonal:
        parts.append(_line(x(start), y(0), x(stop), y(1), "chance"))
    for place, point, n in points:
        if point.low is not None and point.high is not None:
            parts.append(_line(x(place), y(point.low), x(place), y(point.high), "series-0 whisker"))
        parts.append(f'<circle class="series-0" cx="{x(place):.1f}" cy="{y(point.value):.1f}" '
                     f'r="{2 + 5 * (n / most) ** 0.5:.1f}"><title>{n} answers</title></circle>')
    parts.append(_text(left + size / 2, top + size + 34, across, anchor="middle"))
    parts.append(f'<text x="14" y="{top + size / 2}" text-anchor="middle" transform="rotate(-90 14 {top + size / 2})">'
                 f"{escape(up)}</text>")
    return _svg(left + size + 20, top + size + 44, parts, f"{up} by {across}")


def _marker(point: Point, across: Callable[[float], float], y: float, place: int) -> str:
    whisker = ""
    if point.low is not None and point.high is not None:
        whisker = _line(across(point.low), y, across(point.high), y, f"series-{place} whisker")
        told = f"{point.value:.3f} ({point.low:.3f} to {point.high:.3f})"
    else:
        told = f"{point.value:.3f}, no interval"
    return (f"<g>{whisker}<circle class='series-{place}' cx='{across(point.value):.1f}' cy='{y:.1f}' r='4'/>"
            f"<title>{told}</title></g>")


def _axis(start: float, stop: float, across: Callable[[float], float], bottom: float, caption: str) -> list[str]:
    ticks = [start + (stop - start) * step / 5 for step in range(6)]
    parts = [_line(across(tick), MARGIN - 6, across(tick), bottom, "faint") for tick in ticks]
    parts += [_text(across(tick), bottom + 12, f"{tick:.2g}", anchor="middle") for tick in ticks]
    return [*parts, _text((across(start) + across(stop)) / 2, bottom + 28, caption, anchor="middle")]


def _legend(series: Sequence[str], y: float) -> list[str]:
    parts, x = [], float(LABEL_WIDTH)
    for place, name in enumerate(series):
        parts.append(f'<circle class="series-{place}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        parts.append(_text(x + 9, y, name))
        x += 30 + LETTER * len(name)
    return parts


def _cell(x: float, y: float, size: int, share: float, right: bool) -> str:
    colour = "series-0" if right else "series-1"
    told = f"{share:.0%}" if share >= 0.005 else ""
    return (f'<rect class="faint" x="{x}" y="{y}" width="{size}" height="{size}"/>'
            f'<rect class="{colour}" x="{x}" y="{y}" width="{size}" height="{size}" fill-opacity="{share:.3f}"/>'
            + _text(x + size / 2, y + size / 2, told, anchor="middle", colour="paper" if share > DARK else "ink"))


def _short(label: str, longest: int = LONGEST_LABEL) -> str:
    return label if len(label) <= longest else label[:longest - 1].rstrip() + "…"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line class="{colour}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "ink") -> str:
    return f'<text class="{colour}" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], title: str) -> str:
    return (f'<svg role="img" aria-label="{escape(title, quote=True)}" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}">{"".join(parts)}</svg>')
