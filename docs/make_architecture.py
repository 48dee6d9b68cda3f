"""Draw docs/architecture.svg, the rooms and their imports, from the code (--print only prints it); a test holds it.

The imports and the order of the rooms are those that tests/test_layers.py checks.
"""

import ast
import math
import sys
from collections import Counter
from collections.abc import Mapping
from html import escape
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from test_layers import GRAPH, MODULES, ROOMS, room_of  # noqa: E402

PICTURE = Path(__file__).parent / "architecture.svg"

BOX_WIDTH, BOX_HEIGHT = 118, 44
COLUMN_WIDTH, ROW_HEIGHT = 158, 92
MARGIN = 24
SWEEPS = 12

STYLE = """
  svg { background: #fff; font: 13px system-ui, sans-serif; }
  .box { fill: #eef3fa; stroke: #54708f; }
  .name { fill: #16202c; font-weight: 600; text-anchor: middle; }
  .files { fill: #4a5868; font-size: 11px; text-anchor: middle; }
  .edge { fill: none; stroke: #8a99aa; stroke-width: 1.3; marker-end: url(#head); }
  .head { fill: #8a99aa; }
  .count { fill: #35506d; font-size: 11px; text-anchor: middle; paint-order: stroke; stroke: #fff; stroke-width: 4px; }
"""

Edge = tuple[str, str]


def count_imports() -> Counter[Edge]:
    """Count the files of one room that import from another, for each pair of rooms."""
    edges: Counter[Edge] = Counter()
    for module, imported in GRAPH.items():
        room = room_of(module)
        edges.update((room, target) for target in {room_of(name) for name in imported} & set(ROOMS) if room in ROOMS)
    return Counter({edge: count for edge, count in edges.items() if edge[0] != edge[1]})


def reduce_transitively(edges: Mapping[Edge, int]) -> dict[Edge, int]:
    """Drop each edge that a longer way replaces; the edges must have no circle."""
    targets: dict[str, set[str]] = {room: {b for a, b in edges if a == room} for room in ROOMS}
    reachable: dict[str, set[str]] = {}
    for room in ROOMS:  # A room imports only from rooms before it, so theirs are known.
        reachable[room] = targets[room].union(*(reachable[target] for target in targets[room]))
    return {(a, b): count for (a, b), count in edges.items() if not any(b in reachable[middle] for middle in targets[a] - {b})}


def assign_layers(edges: Mapping[Edge, int], rooms: list[str]) -> dict[str, int]:
    """Put each room just below the lowest room that imports it; the lowest layer is 0."""
    depths: dict[str, int] = {}
    for room in reversed(rooms):
        depths[room] = max((depths[a] + 1 for a, b in edges if b == room), default=0)
    lowest = max(depths.values())
    return {room: lowest - depth for room, depth in depths.items()}


def place(edges: Mapping[Edge, int], rooms: list[str]) -> tuple[dict[str, tuple[float, float]], dict[Edge, list[str]]]:
    """Place the rooms in layers with few crossings (Sugiyama, Tagawa and Toda 1981: barycentres, long edges by way of dummies).

    Returns:
        Point of each room and dummy (centre; pixels), and the points by which each edge goes.
    """
    layers = assign_layers(edges, rooms)
    levels: list[list[str]] = [[room for room in rooms if layers[room] == level] for level in range(max(layers.values()) + 1)]
    ways: dict[Edge, list[str]] = {}
    neighbours: dict[str, list[str]] = {}
    for upper, lower in sorted(edges):
        dummies = [f"{upper}>{lower}@{level}" for level in range(layers[upper] - 1, layers[lower], -1)]
        for level, dummy in zip(range(layers[upper] - 1, layers[lower], -1), dummies, strict=True):
            levels[level].append(dummy)
        ways[upper, lower] = [upper, *dummies, lower]
        for a, b in pairwise(ways[upper, lower]):
            neighbours.setdefault(a, []).append(b)
            neighbours.setdefault(b, []).append(a)

    # Order each level by the mean column of the neighbours; its nodes stand there, pushed apart where they are too near.
    columns = {node: float(place) for level in levels for place, node in enumerate(level)}
    for _ in range(SWEEPS):
        for level in (*levels, *reversed(levels)):
            means = {node: sum(columns[other] for other in neighbours[node]) / len(neighbours[node]) for node in level}
            level.sort(key=lambda node: (means[node], node))
            edge = -math.inf
            for node in level:
                half = 0.5 if node in layers else 0.25
                columns[node] = max(means[node], edge + half)
                edge = columns[node] + half
            shift = sum(means[node] - columns[node] for node in level) / len(level)
            columns.update({node: columns[node] + shift for node in level})
    left = min(columns.values())
    points = {
        node: (
            MARGIN + BOX_WIDTH / 2 + (columns[node] - left) * COLUMN_WIDTH,
            MARGIN + BOX_HEIGHT / 2 + (len(levels) - 1 - number) * ROW_HEIGHT,
        )
        for number, level in enumerate(levels)
        for node in level
    }
    return points, ways


def draw() -> str:
    """Return the picture as SVG text."""
    files = Counter(room_of(module) for module in MODULES)
    rooms = [room for room in ROOMS if files[room]]
    edges = reduce_transitively(count_imports())
    points, ways = place(edges, rooms)
    width = max(x for x, _ in points.values()) + BOX_WIDTH / 2 + MARGIN
    height = max(y for _, y in points.values()) + BOX_HEIGHT / 2 + MARGIN
    parts = []
    for (upper, lower), way in ways.items():
        stops = [points[node] for node in way]
        start = (stops[0][0], stops[0][1] + BOX_HEIGHT / 2)
        end = (stops[-1][0], stops[-1][1] - BOX_HEIGHT / 2 - 6)
        points_on_way = [start, *stops[1:-1], end]
        curves = [
            f"C{x1:.0f},{(y1 + y2) / 2:.0f} {x2:.0f},{(y1 + y2) / 2:.0f} {x2:.0f},{y2:.0f}"
            for (x1, y1), (x2, y2) in pairwise(points_on_way)
        ]
        last = points_on_way[-2]
        parts.append(
            f'<path class="edge" d="M{start[0]:.0f},{start[1]:.0f} {" ".join(curves)}">'
            f"<title>{upper} imports {lower}</title></path>"
        )
        parts.append(
            f'<text class="count" x="{(last[0] + end[0]) / 2:.0f}" y="{(last[1] + end[1]) / 2 + 4:.0f}">'
            f"{edges[upper, lower]}</text>"
        )
    for room in rooms:
        x, y = points[room]
        sentence = (ast.get_docstring(ast.parse(MODULES[f"voiceact.{room}"].read_text("utf-8"))) or "").partition("\n")[0]
        number = f"{files[room]} file{'s' * (files[room] > 1)}"
        parts.append(
            f"<g><title>{escape(f'{room}: {sentence}')}</title>"
            f'<rect class="box" rx="6" x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{BOX_WIDTH}" '
            f'height="{BOX_HEIGHT}"/><text class="name" x="{x:.0f}" y="{y - 3:.0f}">{room}</text>'
            f'<text class="files" x="{x:.0f}" y="{y + 13:.0f}">{number}</text></g>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" '
        'aria-label="The rooms of voiceact; an arrow leads from a room to one that it imports">'
        f"\n<style>{STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>\n' + "\n".join(parts) + "\n</svg>\n"
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.buffer.write(draw().encode())
    else:
        PICTURE.write_text(draw(), encoding="utf-8")
