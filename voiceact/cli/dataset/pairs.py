"""`voiceact dataset pairs`: accepted and rejected takes of the same cell, side by side."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.output import print_json
from voiceact.errors import count_noun


@click.command("pairs")
@click.argument("run", metavar="RUN")
@click.option("--out", required=True, type=options.PATH, metavar="FILE", help="File of JSON lines to write, one pair a line.")
@click.option(
    "--evidence",
    metavar="KIND",
    help="Accept only takes that rest on this or stronger evidence, instead of the recipe's: category, burst, dimension, none.",
)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only takes of this split (repeatable).")
@click.option(
    "--undecided", is_flag=True, help="Accept undecided takes too, of which the judge cannot tell; needs --evidence none."
)
@click.option("--same-line", is_flag=True, help="Only pairs that say the same line; otherwise such pairs come first.")
@click.option(
    "--every", is_flag=True, help="Pair each accepted take with each rejected one; otherwise a take stands in one pair only."
)
@click.option(
    "--least-margin",
    type=options.Number(min=0),
    metavar="X",
    help="Only pairs in which the accepted take scores X higher in the requested category, on a scale from 0 to 7.",
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

    Both takes of a pair are of one split. The audio stays in the run's tars; a pair names tar, member and offset.
    """
    from voiceact.dataset.export.pairs import Matching, by_speaker, write_pairs
    from voiceact.dataset.export.selection import Selection
    from voiceact.store.reader import open_run

    matching = Matching(Selection(evidence=evidence, splits=splits), undecided, same_line, every, least_margin)
    opened = open_run(run)
    result = write_pairs(opened, out, matching=matching)
    if as_json:
        print_json({"out": str(out), **result.as_dict()})
        return
    click.echo(
        f"{out}: {count_noun(result.pairs, 'pair')} ({result.same_line} of the same line) from "
        f"{result.both} of {count_noun(result.cells, 'cell')}"
    )
    if result.apart:
        click.echo(
            f"{count_noun(result.apart, 'more cell')} have both, but in different splits, and a pair "
            f"never joins two; to divide the "
            f"run by speaker: {by_speaker(opened)}"
        )
    click.echo(
        f"{result.accepted} accepted and {count_noun(result.rejected, 'rejected take')}; left out: "
        f"{result.undecided} undecided, "
        f"{result.failed} failed" + (f", {count_noun(result.narrow, 'pair')} for their margin" if result.narrow else "")
    )
