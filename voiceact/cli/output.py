"""What commands print: JSON documents and tables on standard output, notes and progress on standard error."""

import json
import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    from rich.progress import TaskID

LONGEST_NOTE = 4000
"""characters of a note or error, which may list twenty faults"""
PLAIN_LINES = 10
"""progress lines in all, where standard error is no terminal"""


def print_json(document: Any, *, one_line: bool = False) -> None:
    """Print one JSON document.

    Args:
        document: what json can write; msgspec structs and dataclasses within it are written as objects
        one_line: on a line of its own, for commands that print a document a file (JSON lines)
    """
    import msgspec

    click.echo(json.dumps(document, ensure_ascii=False, indent=None if one_line else 2, default=msgspec.to_builtins))


def print_note(sentence: str) -> None:
    """Print an error or note on standard error, without characters that steer a terminal: it may quote a foreign file."""
    from voiceact.runtime.untrusted_text import clean_text

    lines = sentence[:LONGEST_NOTE].split("\n")
    click.echo(
        "voiceact: " + "\n".join(line[: len(line) - len(line.lstrip(" "))] + clean_text(line, LONGEST_NOTE) for line in lines),
        err=True,
    )


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    caption: str | None = None,
    right: Container[str] = (),
    unbroken: Container[str] = (),
    tabs: bool = False,
) -> None:
    """Print a table whose cells are never cut.

    Args:
        headings: one for each column
        rows: cells; whole numbers are written with separators of thousands, None as a dash
        title: above the table
        caption: below the table
        right: headings of the columns that are aligned to the right
        unbroken: headings of the columns that stay on one line where others are wrapped
        tabs: where standard output is no terminal, print the rows alone, their cells separated by tabs
    """
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    cells = [
        ["–" if value is None else f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in rows
    ]
    console = Console(markup=False, highlight=False)
    if tabs and not console.is_terminal:
        click.echo("\n".join("\t".join(row) for row in cells))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    # Words stay whole where all columns have room for theirs, and the narrowest get the rest; else rich folds the cells.
    columns = [[heading, *(row[at] for row in cells)] for at, heading in enumerate(headings)]
    full = [max(cell_len(line) for cell in column for line in cell.split("\n")) for column in columns]
    words = [max(map(cell_len, " ".join(column).split()), default=1) for column in columns]
    widths = [full[at] if heading in unbroken else min(words[at], full[at]) for at, heading in enumerate(headings)]
    room = console.width - (3 * len(widths) - 1) - sum(widths)
    fits = room >= 0
    while room > 0 and widths != full:
        narrowest = min((at for at in range(len(widths)) if widths[at] < full[at]), key=lambda at: widths[at])
        widths[narrowest] += 1
        room -= 1
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            no_wrap=heading in unbroken,
            overflow="fold",
            width=max(1, width) if fits else None,
        )
    for row in cells:
        table.add_row(*row)
    # Lines of their own: rich would wrap them to the width of the table, in the middle of a name where that is narrow.
    if title:
        console.print(title, style="table.title")
    console.print(table)
    if caption:
        console.print(caption, style="table.caption")


def print_fields(fields: Mapping[str, str]) -> None:
    """Print names and their texts as two columns; a name without text is left out."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, text in fields.items():
        if text:
            table.add_row(name, text)
    Console(markup=False, highlight=False).print(table)


class ProgressBar:
    """A progress bar on standard error, as a context.

    Where standard error is no terminal it prints nothing, or with `plain` ten lines in all.

    Args:
        description: what is being done, in a word or two
        total: steps in all, where known from the beginning
        plain: the line that is printed where there is no terminal, such as "{done} of {total} takes"

    Attributes:
        on_terminal: whether standard error is a terminal
    """

    def __init__(self, description: str, total: int | None = None, *, plain: str = ""):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        # Not console.is_terminal: FORCE_COLOR asks for colours, not for a bar in a file.
        self.on_terminal = console.file.isatty()
        self._plain, self._done = plain, 0
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not self.on_terminal or total == 0,
            # rich would print on standard error what goes to a file or pipe.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )
        self._task: TaskID = self._bar.add_task(description, total=total)

    def __enter__(self) -> Self:
        """Show the bar, on a terminal."""
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Take the bar away."""
        self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """Show that `done` of `total` steps are done."""
        self._bar.update(self._task, completed=done, total=total)
        if self._plain and not self.on_terminal and done * PLAIN_LINES // total > self._done * PLAIN_LINES // total:
            click.echo(self._plain.format(done=done, total=total), err=True)
        self._done = done

    def update_step(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` parts of the step named `step` are done."""
        self._bar.update(self._task, description=step[-40:])
        self.update(done, total)

    def print(self, sentence: str) -> None:
        """Print a sentence on standard error, above the bar."""
        self._bar.console.print(sentence, markup=False, highlight=False, soft_wrap=True)
