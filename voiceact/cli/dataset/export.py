"""`voiceact dataset export`: a run in a form that loads elsewhere."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.dataset.export.formats import format_names

if TYPE_CHECKING:
    from voiceact.dataset.export.export import Exported, Progress


@click.command("export")
@click.argument("run", metavar="RUN")
@click.option(
    "--format", "form", required=True, type=click.Choice(format_names()), help="What it becomes; docs/datasets.md shows each."
)
@click.option("--out", required=True, type=options.PATH, metavar="FOLDER", help="A new folder, or an empty one.")
@click.option(
    "--level",
    "levels",
    multiple=True,
    metavar="VERDICT",
    help="Take clips of this verdict, whatever the recipe includes (repeatable): verified, consistent, undecided, rejected.",
)
@click.option(
    "--evidence",
    metavar="KIND",
    help="Take clips that rest on this or stronger evidence, in place of the recipe's: category, burst, dimension, none.",
)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only this split (repeatable).")
@click.option("--audio", type=click.Choice(["flac", "wav"]), help="Kind of audio files; without it as they are kept.")
@click.option(
    "--paths",
    type=click.Choice(["relative", "absolute"]),
    help="Of audio in the lists of nemo and lhotse; without it as each finds its files.",
)
@click.option(
    "--commercial-only", is_flag=True, help="Refuse unless engine, voices and lines are all known to allow commercial use."
)
@click.option("--skip-restricted", is_flag=True, help="With --commercial-only: leave out what does not, and go on.")
@click.option(
    "--script-license",
    "script_licence",
    metavar="SPDX",
    help="Licence of the lines of your own tables, where the recipe states none.",
)
@click.option("--complete", is_flag=True, help="Refuse a run of which shards are missing.")
@options.as_json()
def command(
    run: str,
    form: str,
    out: Path,
    levels: tuple[str, ...],
    evidence: str | None,
    splits: tuple[str, ...],
    as_json: bool,
    audio: str | None,
    paths: Any,
    **terms: Any,
) -> None:
    """Write the clips of the run folder RUN in another form to FOLDER.

    By default these are the clips that the recipe's verification includes. FOLDER appears when it is whole, with a
    NOTICE of all licences and checksums.sha256.
    """
    from voiceact.dataset.export.export import Terms, export
    from voiceact.dataset.export.selection import Selection

    selection = Selection(levels, evidence, splits)
    with _progress() as progress:
        done = export(run, out, form, selection=selection, terms=Terms(**terms), audio=audio, paths=paths, progress=progress)
    if as_json:
        click.echo(json.dumps(done.as_dict(), indent=2, ensure_ascii=False))
    else:
        _print(done, out)


def _print(done: "Exported", out: Path) -> None:
    for note in done.notes:
        options.say(note)
    splits = ", ".join(f"{name} {clips}" for name, clips in done.splits.items())
    click.echo(
        f"{out}: {done.clips} clips ({splits}), {done.seconds / 3600:.2f} h, {done.bytes / 1e6:.1f} MB in {done.files} files"
    )


@contextmanager
def _progress() -> "Iterator[Progress | None]":
    """A bar where standard error is a terminal; otherwise an export is silent until it is done."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("exporting", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
