"""`voiceact dataset pairs`: accepted and rejected takes of the same cell, side by side."""

import json
from pathlib import Path

import click

from voiceact.cli import options


@click.command("pairs")
@click.argument("run", metavar="RUN")
@click.option("--out", required=True, type=options.PATH, metavar="FILE", help="JSON lines, one pair each.")
@click.option(
    "--evidence",
    metavar="KIND",
    help="Accept takes that rest on this or stronger evidence, in place of the recipe's: category, burst, dimension, none.",
)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only this split (repeatable).")
@click.option("--undecided", is_flag=True, help="Accept takes of which the judge cannot tell too; needs --evidence none.")
@click.option("--same-line", is_flag=True, help="Only pairs that say the same line; otherwise such pairs come first.")
@click.option("--every", is_flag=True, help="Each accepted take with each rejected one; otherwise a take stands in one pair.")
@click.option(
    "--least-margin",
    type=options.Number(min=0),
    metavar="X",
    help="Only pairs in which the accepted take has X more of the category asked, on 0 to 7.",
)
@options.as_json()
def command(
    run: str,
    out: Path,
    evidence: str | None,
    splits: tuple[str, ...],
    undecided: bool,
    same_line: bool,
    every: bool,
    least_margin: float | None,
    as_json: bool,
) -> None:
    """Write accepted and rejected takes of the same cell of RUN as preference pairs (DPO): prompt, chosen, rejected.

    Both takes of a pair are of one split. The audio stays in the run's tars; a pair names tar, member and place.
    """
    from voiceact.dataset.export.pairs import Matching, by_speaker, write_pairs
    from voiceact.dataset.export.selection import Selection
    from voiceact.store.reader import open_run

    matching = Matching(Selection(evidence=evidence, splits=splits), undecided, same_line, every, least_margin)
    opened = open_run(run)
    found = write_pairs(opened, out, matching=matching)
    if as_json:
        click.echo(json.dumps({"out": str(out), **found.as_dict()}, indent=2))
        return
    click.echo(f"{out}: {found.pairs} pairs ({found.same_line} of the same line) from {found.both} of {found.cells} cells")
    if found.apart:
        click.echo(
            f"{found.apart} more cells have both, but in different splits, and a pair never joins two; to divide the "
            f"run by speaker: {by_speaker(opened)}"
        )
    click.echo(
        f"{found.accepted} accepted and {found.rejected} rejected takes; left out: {found.undecided} undecided, "
        f"{found.failed} failed" + (f", {found.narrow} pairs for their margin" if found.narrow else "")
    )
