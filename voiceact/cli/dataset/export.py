"""`voiceact dataset export`: a run in a form that loads elsewhere."""

from pathlib import Path
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note
from voiceact.dataset.export.formats import format_names
from voiceact.errors import count_noun


@click.command("export")
@click.argument("run", metavar="RUN")
@click.option(
    "--format", "form", required=True, type=click.Choice(format_names()), help="Form to write; docs/datasets.md shows each."
)
@click.option(
    "--out", required=True, type=options.PATH, metavar="FOLDER", help="Folder to write to: a new one, or an empty one."
)
@click.option(
    "--level",
    "levels",
    multiple=True,
    metavar="VERDICT",
    help="Only clips of this verdict, whatever the recipe includes (repeatable): verified, consistent, undecided, rejected.",
)
@click.option(
    "--evidence",
    metavar="KIND",
    help="Only clips that rest on this evidence or stronger, instead of the recipe's: category, burst, dimension, none.",
)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only clips of this split (repeatable).")
@click.option(
    "--audio",
    type=click.Choice(["flac", "wav", "mp3"]),
    help="Format of the audio files (mp3: gottalent only); without it the format of the run.",
)
@click.option(
    "--paths",
    type=click.Choice(["relative", "absolute"]),
    help="How audio files are named in the lists of nemo and lhotse; without it in the way each of them finds its files.",
)
@click.option(
    "--commercial-only", is_flag=True, help="Refuse unless engine, voices and lines are all known to allow commercial use."
)
@click.option(
    "--skip-restricted", is_flag=True, help="With --commercial-only: leave out the clips that do not allow it, and go on."
)
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

    By default these are the clips that the recipe's verification includes. FOLDER appears when it is complete, with a
    NOTICE of all licences and checksums.sha256.
    """
    from voiceact.dataset.export.export import Terms, export
    from voiceact.dataset.export.selection import Selection

    selection = Selection(levels, evidence, splits)
    with ProgressBar("exporting") as bar:
        exported = export(
            run, out, form, selection=selection, terms=Terms(**terms), audio=audio, paths=paths, progress=bar.update
        )
    if as_json:
        print_json(exported.as_dict())
        return
    for note in exported.notes:
        print_note(note)
    split_counts = ", ".join(f"{name} {clips}" for name, clips in exported.splits.items())
    click.echo(
        f"{out}: {count_noun(exported.clips, 'clip')} ({split_counts}), {exported.seconds / 3600:.2f} "
        f"h, {exported.bytes / 1e6:.1f} MB "
        f"in {count_noun(exported.files, 'file')}"
    )
