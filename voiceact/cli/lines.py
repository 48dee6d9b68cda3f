"""`voiceact lines`: a table of lines, performed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.lines.plan import Item, Plan
    from voiceact.lines.run import Outcome, Report

INTERRUPTED = 130
PLAIN_LINES = 10
"""of progress where standard error is no terminal"""
SHOWN = 20


@click.command()
@click.argument("table", type=options.PATH, metavar="LINES")
@click.option("--out", required=True, type=options.PATH, metavar="DIR", help="Folder of the files; made if it does not exist.")
@click.option("--persona", metavar="NAME|FILE", help="Who speaks the rows that name nobody.")
@click.option(
    "--takes",
    type=click.IntRange(1, 99),
    default=1,
    show_default=True,
    help="Takes of each line, side by side: ID.wav, ID__t02.wav, …",
)
@click.option(
    "--format", "suffix", type=click.Choice(["wav", "flac", "ogg"]), default="wav", show_default=True, help="Of the audio."
)
@options.language()
@options.engine()
@click.option("--seed", type=int, default=0, show_default=True, help="Shifts the seed of every row without its own.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes at work.")
@click.option("--srt", is_flag=True, help="Subtitles beside each file: ID.srt.")
@click.option("--vtt", is_flag=True, help="The same as WebVTT: ID.vtt.")
@click.option("--words", is_flag=True, help="Start and end of every word: ID.words.json.")
@options.strict()
@options.persona_folders()
@click.option("--only", multiple=True, metavar="ID", help="Keep to these lines: an id, or 'scene1/*' (repeatable).")
@click.option("--redo", multiple=True, metavar="ID", help="Make these again though nothing changed (repeatable).")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Make at most N lines in this run.")
@click.option("--dry-run", is_flag=True, help="Check the table and say what would be made; write nothing.")
@options.as_json()
def command(
    table: Path,
    out: Path,
    suffix: str,
    workers: int,
    srt: bool,
    vtt: bool,
    words: bool,
    folders: tuple[Path, ...],
    dry_run: bool,
    as_json: bool,
    **wishes: Any,
) -> None:
    """Perform the table LINES (.csv, .tsv, .jsonl or .psv), one file a line, named by its id.

    Columns: id, persona, text, emotion, intensity, direction, seed; only id and text must be there. Run it again
    after editing the table, or after Ctrl-C: what is done stays, the rest is made.

    \b
    voiceact lines scene.csv --out voice
    voiceact lines book.tsv --out audio --persona thrilling-storyteller --format ogg --srt
    """
    from voiceact.lines.run import Settings, make_plan, perform_plan

    sidecars = tuple(kind for kind, asked in (("srt", srt), ("vtt", vtt), ("words", words)) if asked)
    plan = make_plan(table, out, Settings(suffix=f".{suffix}", sidecars=sidecars, personas=folders, **wishes))
    for note in plan.notes[:SHOWN]:
        _tell(note)
    if len(plan.notes) > SHOWN:
        _tell(f"… and {len(plan.notes) - SHOWN} more such notes")
    if dry_run:
        _print_plan(plan, as_json)
        return
    with _progress(len(plan.todo)) as progress:
        report = perform_plan(plan, workers=workers, progress=progress, interrupted=_stopping)
    _print_report(plan, report, as_json)
    click.get_current_context().exit(_status(report))


def _status(report: "Report") -> int:
    if report.stopped == "interrupted":
        return INTERRUPTED
    return 1 if report.stopped or report.count("failed") else 0


def _tell(sentence: str) -> None:
    options.say(sentence)


def _stopping() -> None:
    _tell("stopping after what is being spoken; Ctrl-C again drops it")


# --- While it runs


class _Progress(Protocol):
    def __call__(self, item: "Item", outcome: "Outcome") -> None: ...


@contextmanager
def _progress(total: int) -> "Iterator[_Progress]":
    """A bar where standard error is a terminal, else a line for each tenth."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Plain(total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not total,
    ) as bar:
        task = bar.add_task("speaking", total=total)

        def advance(item: "Item", outcome: "Outcome") -> None:
            bar.update(task, advance=1, description=item.line.id[-40:])

        yield advance


class _Plain:
    """Counts, and says so ten times in all."""

    def __init__(self, total: int):
        self._done, self._total = 0, total

    def __call__(self, item: "Item", outcome: "Outcome") -> None:
        self._done += 1
        tenth = self._done * PLAIN_LINES // self._total
        if tenth > (self._done - 1) * PLAIN_LINES // self._total:
            click.echo(f"{self._done} of {self._total}", err=True)


# --- Afterwards


def _print_plan(plan: "Plan", as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": item.line.id,
                "take": item.take,
                "row": item.line.row,
                "state": item.state,
                "skip": item.skip,
                "make": item.todo,
                "path": str(item.path),
                "seed": item.seed,
            }
            for item in plan.items
        ]
        cost = {"server": asdict(plan.cost)} if plan.cost else {}
        _print_json({"notes": plan.notes, "orphans": plan.orphans, **cost, "items": rows})
        return
    for item in plan.items:
        if item.todo:
            click.echo(f"{item.path}  {item.state}")
    _print_blocked(plan)
    _print_orphans(plan)
    unchanged = sum(item.state == "unchanged" for item in plan.items)
    click.echo(
        f"{_files(len(plan.todo))} would be made, {unchanged} stay as they are, "
        f"{len(plan.items) - len(plan.todo) - unchanged} skipped"
    )
    if plan.cost:
        click.echo(f"asked of the server: {plan.cost}")


def _print_report(plan: "Plan", report: "Report", as_json: bool) -> None:
    from voiceact.lines.names import MANIFEST

    done = report.count("done")
    counts = {
        "made": report.made,
        "unchanged": done - report.made,
        "failed": report.count("failed"),
        "skipped": report.count("skipped"),
    }
    if as_json:
        import msgspec

        _print_json(
            {
                "manifest": str(plan.out / MANIFEST),
                **counts,
                "stopped": report.stopped,
                "notes": plan.notes,
                "orphans": plan.orphans,
                "rows": msgspec.to_builtins(report.rows),
            }
        )
    else:
        _print_failures(plan, report)
        _print_blocked(plan)
        _print_orphans(plan)
        click.echo(", ".join(f"{count} {what}" for what, count in counts.items()) + f"; see {plan.out / MANIFEST}")
    if report.stopped:
        _tell(f"{report.stopped}; {done} of {_files(len(report.rows))} are done and whole, the same command makes the rest")


def _print_failures(plan: "Plan", report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    failed = [(item, row) for item, row in zip(plan.items, report.rows, strict=True) if row.status == "failed"]
    if not failed:
        return
    table = Table("id", "row", "take", "why it failed")
    for item, row in failed:
        table.add_row(Text(row.id), str(item.line.row), str(row.take), Text(row.reason or ""))
    Console().print(table)


def _print_blocked(plan: "Plan") -> None:
    for item in plan.items:
        if item.blocked:
            click.echo(f"skipped {item.line.id}: {item.blocked}")


def _print_orphans(plan: "Plan") -> None:
    from voiceact.errors import listed

    if plan.orphans:
        click.echo(f"{_files(len(plan.orphans))} no longer in the table, kept: {listed(plan.orphans)}")


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
