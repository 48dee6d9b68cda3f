"""Pictures as wide as their place, for rows and cards: places are in per cent, so that letters keep their size.

Colours are CSS classes, as in `voiceact.report.svg`.
"""

from collections.abc import Sequence
from html import escape

from voiceact.report.svg import Point

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
LANE = 11  # pixels between the middles of two series
DOT = 4


def strip(band: Point | None, points: Sequence[Point | None], *, told: str) -> str:
    """One row of a plot of shares from 0 to 1: a band with its middle, and above it a point with interval a series.

    told: the same in words, for whoever does not see it
    """
    tall = LANE * (len(points) + 1)
    parts = [_line(tick, tick, 0, tall, "faint") for tick in TICKS]
    if band is not None and band.low is not None and band.high is not None:
        parts.append(f'<rect class="band" x="{_at(band.low)}" y="0" width="{_at(band.high - band.low)}" height="{tall}"/>')
        parts.append(_line(band.value, band.value, 0, tall, "middle"))
    for series, point in enumerate(points):
        if point is not None:
            parts += _point(point, series, LANE * (series + 1))
    return _svg("strip", tall, parts, told)


def columns(counts: Sequence[int], *, tall: int = 84, told: str) -> str:
    """A histogram: a column each, the highest as tall as the picture."""
    most, wide = max(counts, default=0) or 1, 100 / max(len(counts), 1)
    parts = [f'<rect class="column" x="{at * wide:.3f}%" y="{tall * (1 - count / most):.1f}" width="{wide * 0.86:.3f}%" '
             f'height="{tall * count / most:.1f}"/>' for at, count in enumerate(counts) if count]
    parts.append(f'<line class="faint" x1="0" x2="100%" y1="{tall}" y2="{tall}"/>')
    return _svg("columns", tall, parts, told)


def _point(point: Point, series: int, y: float) -> list[str]:
    parts = []
    if point.low is not None and point.high is not None:
        parts.append(_line(point.low, point.high, y, y, f"series-{series} whisker"))
    hollow = " hollow" if series else ""
    return [*parts, f'<circle class="series-{series}{hollow}" cx="{_at(point.value)}" cy="{y}" r="{DOT}"/>']


def _at(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0):.3%}"


def _line(x1: float, x2: float, y1: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{_at(x1)}" x2="{_at(x2)}" y1="{y1}" y2="{y2}"/>'


def _svg(kind: str, tall: float, parts: Sequence[str], told: str) -> str:
    return (f'<svg class="{kind}" role="img" aria-label="{escape(told, quote=True)}" width="100%" height="{tall:g}">'
            f'{"".join(parts)}</svg>')
