"""The pictures of a data set's report; each says in words what it shows, and none needs more than it carries."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from voiceact.dataset.findings.coverage import Takes
from voiceact.dataset.findings.findings import Category, Heard
from voiceact.dataset.findings.formatting import counted, interval, per_cent
from voiceact.report.fluid import columns, strip
from voiceact.report.svg import Point
from voiceact.stats.figure import Figure

LEVEL_ORDER = ("verified", "consistent", "undecided", "rejected", "failed")
PLOT, LEFT, TOP, BELOW = (132, 96), 20, 8, 18
MOST_SCORE = 7
Row = tuple[str, Sequence[Takes | None]]
"""name, and the takes of each column; None where none was asked"""
AXIS = '<span class="axis"><i>0</i><i>share called present</i><i>100&#8239;%</i></span>'


def levels(made: Takes) -> str:
    """What became of all takes: one bar, and its parts in words."""
    parts = [(level, made.levels.get(level, 0)) for level in LEVEL_ORDER if made.levels.get(level)]
    bar = "".join(f'<span class="level-{level}" style="flex-grow:{count}"></span>' for level, count in parts)
    words = "".join(
        f'<li><i class="level-{level}"></i>{level} <b>{counted(count)}</b> <small>{per_cent(count / made.number)}</small></li>'
        for level, count in parts
    )
    return f'<div class="levels" aria-hidden="true">{bar}</div><ul class="legend">{words}</ul>'


def heat(
    groups: Sequence[tuple[str, Sequence[Row]]], heads: Sequence[str], *, corner: str, caption: str, asked: bool = True
) -> str:
    """A table whose cells are darker the larger the share included.

    groups: title (or nothing) and rows of each group
    asked: write "included/takes" into a cell, not the included alone
    """
    turned = "" if asked else ' class="turned"'
    top = "".join(
        f'<th scope="col"{turned}><span title="{escape(head, quote=True)}">{escape(head)}</span></th>' for head in heads
    )
    body = "".join(
        f"<tbody>{_group(title, len(heads))}{''.join(_heat_row(*row, asked) for row in rows)}</tbody>" for title, rows in groups
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table class="heat">'
        f'<thead><tr><th scope="col">{escape(corner)}</th>{top}</tr></thead>{body}</table></div>'
    )


def _group(title: str, columns: int) -> str:
    head = f'<tr><th scope="rowgroup" class="group">{escape(title)}</th><td colspan="{columns}" class="gap"></td></tr>'
    return head if title else ""


def _heat_row(name: str, cells: Sequence[Takes | None], asked: bool) -> str:
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(_warm(made, asked) for made in cells)}</tr>'


def _warm(made: Takes | None, asked: bool) -> str:
    if made is None:
        return '<td class="none"><span title="not asked">·</span></td>'
    share = made.included / made.number
    told = f"{made.included} of {made.number} included"
    shown = f"{made.included}<small>/{made.number}</small>" if asked else str(made.included)
    return f'<td class="{"" if made.included else "zero"}" style="--share:{100 * share:.0f}" title="{told}">{shown}</td>'


def heard(rows: Iterable[tuple[str, str, Heard]]) -> str:
    """How often categories are called present, beside chance and twins.

    rows: name, note and figures; the first is of all takes together
    """
    head = "".join(
        f'<th scope="col" role="columnheader"{kind}>{title}</th>'
        for title, kind in (
            ("category", ""),
            (AXIS, ' class="plot"'),
            ("takes", ""),
            ("dealt anew", ""),
            ("twins", ""),
            ("p", ""),
        )
    )
    body = "".join(_heard_row(*row, kind=' class="whole"' if place == 0 else "") for place, row in enumerate(rows))
    return (
        f'<table class="strips" role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def _heard_row(name: str, note: str, found: Heard, *, kind: str) -> str:
    label = f'<th scope="row" role="rowheader">{escape(name)}<small>{escape(note)}</small></th>'
    if found.dealt is None:
        return (
            f'<tr role="row" class="mute">{label}<td role="cell" class="plot">not judged: {escape(found.rate.why)}</td>'
            '<td role="cell" class="gap"></td><td role="cell" class="gap"></td><td role="cell" class="gap"></td>'
            '<td role="cell" class="gap"></td></tr>'
        )
    dealt = Point(found.dealt.mean, found.dealt.low, found.dealt.high)
    told = (
        f"{name}: {interval(found.rate)} of the takes, {per_cent(found.dealt.mean)} dealt anew, "
        f"{interval(found.twins)} of twins"
    )
    picture = strip(dealt, [_point(found.rate), _point(found.twins)], told=told)
    chance = f"{per_cent(found.dealt.mean)} <small>{_range(found.dealt.low, found.dealt.high)}</small>"
    cells = (("takes", _cell(found.rate)), ("dealt", chance), ("twins", _cell(found.twins)), ("p", _p(found.dealt.p)))
    return (
        f'<tr role="row"{kind}>{label}<td role="cell" class="plot">{picture}</td>'
        + "".join(f'<td role="cell" data-name="{key}">{cell}</td>' for key, cell in cells)
        + "</tr>"
    )


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return f'<span title="{escape(figure.why, quote=True)}">–</span>'
    told = _range(figure.low, figure.high) if figure.low is not None and figure.high is not None else ""
    return f"{per_cent(figure.value)} <small>{told} n&#8239;=&#8239;{counted(figure.n)}</small>"


def _range(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f}"


def _p(p: float) -> str:
    return "&lt; .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def _point(figure: Figure) -> Point | None:
    return None if figure.value is None else Point(figure.value, figure.low, figure.high)


def intensity(found: Category, least: float | None) -> str:
    """Judged against asked intensity of one category: middle halves and middles, the diagonal, the threshold."""
    wide, tall = PLOT

    def x(asked: float) -> float:
        return LEFT + wide * asked / MOST_SCORE

    def y(score: float) -> float:
        return TOP + tall * (1 - score / MOST_SCORE)

    parts = [f'<line class="faint" x1="{LEFT}" x2="{LEFT + wide}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>' for mark in (0, 7)]
    parts += [f'<text class="tick" x="{LEFT - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark}</text>' for mark in (0, 7)]
    parts.append(f'<line class="chance" x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(7):.1f}" y2="{y(7):.1f}"/>')
    if least is not None:
        parts.append(f'<line class="least" x1="{LEFT}" x2="{LEFT + wide}" y1="{y(least):.1f}" y2="{y(least):.1f}"/>')
    parts += [_box(x(row.asked), [y(value) for value in row.quartiles]) for row in found.scores]
    parts += [
        f'<text class="tick" x="{x(row.asked):.1f}" y="{TOP + tall + 15}" text-anchor="middle">{row.asked:g}</text>'
        for row in found.scores
    ]
    told = "; ".join(
        f"asked {row.asked:g}: middle half {row.quartiles[0]:.1f} to {row.quartiles[2]:.1f}, median "
        f"{row.quartiles[1]:.1f}, n = {row.n}"
        for row in found.scores
    )
    return (
        f'<svg class="box" role="img" aria-label="{escape(told, quote=True)}" width="{LEFT + wide + 8}" '
        f'height="{TOP + tall + BELOW}">{"".join(parts)}<title>{escape(told)}</title></svg>'
    )


def _box(x: float, quartiles: Sequence[float]) -> str:
    low, middle, high = quartiles
    return (
        f'<line class="half" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
        f'<circle class="series-0" cx="{x:.1f}" cy="{middle:.1f}" r="4"/>'
    )


def bars(rows: Sequence[tuple[str, str, int]], whole: int) -> str:
    """How often each of some things happened: code, meaning and number; shares are of `whole`."""
    most = max((count for _, _, count in rows), default=1)
    inside = "".join(
        f'<li><div><code>{escape(code)}</code> <span class="soft">{escape(meaning)}</span></div>'
        f'<div class="bar"><span style="width:{100 * count / most:.1f}%"></span><b>{counted(count)}</b> '
        f"<small>{per_cent(count / whole)}</small></div></li>"
        for code, meaning, count in rows
    )
    return f'<ul class="bars">{inside}</ul>' if rows else ""


def histogram(spread: dict[str, Any], title: str, unit: str, told: Callable[[float], str]) -> str:
    """How a figure of sound is spread over the takes, without the empty bins at both ends."""
    counts, edges = spread["counts"], spread["edges"]
    full = [at for at, count in enumerate(counts) if count]
    first, last = full[0], full[-1] + 1
    quarter, middle, rest = (told(value) for value in spread["quartiles"])
    unit = f" {unit}" if unit else ""
    words = f"{title}: median {middle}{unit}, middle half {quarter} to {rest}{unit}, n = {spread['n']}"
    return (
        f'<figure class="spread"><figcaption>{escape(title)}</figcaption>{columns(counts[first:last], told=words)}'
        f'<div class="ends"><span>{told(edges[first])}</span><span>{told(edges[last])}{escape(unit)}</span></div>'
        f'<p class="soft">median {middle}, middle half {quarter} to {rest}{escape(unit)}; n&#8239;=&#8239;'
        f"{counted(spread['n'])}</p></figure>"
    )
