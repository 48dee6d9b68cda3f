"""Show a run while it goes on: a live table on a terminal, else a line every few seconds."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from voiceact.cli.output import print_note
from voiceact.errors import count_noun
from voiceact.runs.inventory import TakeCounts
from voiceact.runs.progress import RunProgress, expected_takes_of_cell

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

    from voiceact.recipe.plan import Plan
    from voiceact.runs.inventory import Inventory
    from voiceact.store.index import Count

LEVELS = {"verified": "green", "consistent": "cyan", "undecided": "yellow", "rejected": "red", "failed": "magenta"}
LINE_SECONDS = 5.0
"""between two lines where there is no terminal"""
RECENT_SECONDS = 120.0
"""span over which the pace is measured"""
SHADES = "▁▂▃▄▅▆▇█"
FEWEST_ROWS = 8
"""rows of the coverage map at least, before it is laid out in columns"""
OTHER_LINES = 8
"""lines of the live display around the coverage map"""


@contextmanager
def show_run_progress() -> "Iterator[Progress]":
    """Show the run inside the context: a live display where standard error is a terminal, else lines."""
    from rich.console import Console

    console = Console(stderr=True)
    progress: Progress = Display(console) if console.file.isatty() else Progress()
    try:
        yield progress
    finally:
        progress.end()


class Progress(RunProgress):
    """Counts takes, estimates what is left, and prints both as lines."""

    def __init__(self) -> None:
        self.tally = TakeCounts()
        self.shards_whole = self.shards = self.cells_whole = self.all_cells = self.session_takes = 0
        self._partial = 0  # takes of cells that are not complete
        self._recipe: dict[str, object] = {}
        self._most = 1
        self._recent: deque[tuple[float, int]] = deque()
        self._last_line = time.monotonic()

    # Called by the run

    def add_cohort(self, done: int, total: int) -> None:
        if done == 0 or time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            self.note(f"cohort: {done} of {count_noun(total, 'take')} are spoken and heard")

    def begin(self, plan: "Plan", shards: int, cells: int, inventory: "Inventory") -> None:
        self._recipe, self._most = plan.recipe.as_dict(), plan.most_takes
        self.tally = inventory.counts.copy()
        self.shards, self.shards_whole, self.all_cells = shards, len(inventory.whole), cells
        self.cells_whole = sum(len(plan.cells_of(shard)) for shard in inventory.whole)
        self._partial = sum(inventory.journals.values())
        self._recent.append((time.monotonic(), 0))
        for note in plan.notes:
            self.note(note)

    def add_takes(self, counts: "Sequence[Count]") -> None:
        self.tally.add(counts)
        new = sum(sum(count.levels.values()) for count in counts)
        self.session_takes += new
        self._partial += new
        # Pace is measured over the last RECENT_SECONDS.
        now = time.monotonic()
        self._recent.append((now, self.session_takes))
        while self._recent[1][0] < now - RECENT_SECONDS:
            self._recent.popleft()
        self._show()

    def add_cells(self, count: int) -> None:
        self.cells_whole, self._partial = self.cells_whole + count, 0 if count else self._partial

    def add_shard(self, shard: int) -> None:
        self.shards_whole += 1

    def note(self, sentence: str) -> None:
        print_note(sentence)

    def stopping(self) -> None:
        self.note("stopping after the takes begun; Ctrl-C again drops them")

    # Estimates

    @property
    def pace(self) -> float:
        """Takes a second, over the last RECENT_SECONDS."""
        (first, before), (last, after) = self._recent[0], self._recent[-1]
        return (after - before) / (last - first) if last > first else 0.0

    @property
    def takes_left(self) -> float:
        """Takes still to come, expected from the stop rule and the pass rate so far."""
        each = expected_takes_of_cell(self._recipe, self._most, self.tally.pass_rate)
        return max(0.0, (self.all_cells - self.cells_whole) * each - self._partial)

    def sentence(self) -> str:
        """Return counts and estimates as one line."""
        counts = ", ".join(
            f"{self.tally.levels[level]:,} {level}" for level in LEVELS if self.tally.levels[level] or level != "failed"
        )
        pace = self.pace
        left = f"{pace:.1f} takes/s, about {_duration_text(self.takes_left / pace)} left" if pace else "no pace yet"
        return (
            f"{count_noun(self.tally.takes, 'take')}: {counts}; {self.cells_whole:,} of {count_noun(self.all_cells, 'cell')}, "
            f"{self.shards_whole:,} of {count_noun(self.shards, 'shard')}; {left}"
        )

    def _show(self) -> None:
        if time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            click.echo(self.sentence(), err=True)


class Display(Progress):
    """Shows the same as a live table on a terminal."""

    def __init__(self, console: "Console"):
        super().__init__()
        self._console = console
        self._live: Live | None = None

    def begin(self, plan: "Plan", shards: int, cells: int, inventory: "Inventory") -> None:
        from rich.live import Live

        super().begin(plan, shards, cells, inventory)
        self._live = Live(console=self._console, get_renderable=self.render, refresh_per_second=4, transient=True)
        self._live.start()

    def end(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def note(self, sentence: str) -> None:
        from rich.text import Text

        self._console.print(Text(f"voiceact: {sentence}"))

    def _show(self) -> None:
        """Print nothing: rich draws the display by itself."""

    def render(self) -> "RenderableType":
        """Render counts, progress and coverage for rich."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        counts = Text("   ").join(
            Text(f"{self.tally.levels[level]:,} {level}", style=colour) for level, colour in LEVELS.items()
        )
        rows = max(FEWEST_ROWS, self._console.height - OTHER_LINES)
        pace = self.pace
        left = _duration_text(self.takes_left / pace) if pace else "…"
        return Group(
            counts,
            ProgressBar(total=max(1, self.all_cells), completed=self.cells_whole, width=min(60, self._console.width)),
            Text(
                f"{self.cells_whole:,} of {count_noun(self.all_cells, 'cell')}, {self.shards_whole:,} "
                f"of {count_noun(self.shards, 'shard')}   "
                f"{pace:.1f} takes/s   {left} left   {self.tally.included_seconds / 3600:.2f} h included"
            ),
            coverage_grid(self.tally, rows),
        )


def coverage_grid(tally: TakeCounts, rows: int = 1000) -> "Table":
    """Return a table of categories × intensities: the share of takes that are included, as a bar, and their number.

    Args:
        tally: the takes so far
        rows: lines that the table may have; more categories stand side by side
    """
    from rich.table import Table
    from rich.text import Text

    categories = sorted({category for category, _ in tally.takes_of})
    intensities = sorted({intensity for _, intensity in tally.takes_of})
    blocks = max(1, -(-len(categories) // max(1, rows - 1)))
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for _ in range(blocks):
        table.add_column("included")
        for intensity in intensities:
            table.add_column(f"{intensity:g}", justify="right")
    height = -(-len(categories) // blocks)
    for at in range(height):
        cells: list[Text] = []
        for category in categories[at::height]:
            cells.append(Text(category.replace("_", " ")))
            for intensity in intensities:
                # `▆ 12`: the share of takes that are included, and their number.
                takes, included = tally.takes_of[category, intensity], tally.included_of[category, intensity]
                share = included / takes if takes else 0.0
                colour = "green" if share >= 2 / 3 else "yellow" if share >= 1 / 3 else "red"
                bar = Text(f"{SHADES[min(7, int(share * 8))]} {included}", style=colour)
                cells.append(bar if takes else Text("·", style="dim"))
        table.add_row(*cells)
    return table


def _duration_text(seconds: float) -> str:
    """Write `3 min`, `2 h 10 min` or `4 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    return f"{seconds / 86400:.1f} days"
