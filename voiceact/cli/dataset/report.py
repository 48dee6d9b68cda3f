"""`voiceact dataset card` and `report`: what is in a run, for other people."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.dataset.findings.findings import Findings

TWINS = 160
"""the same as in `voiceact.dataset.findings.findings`, which loads numpy"""

_twins = click.option(
    "--twins",
    default=TWINS,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="N",
    help="Judge at most N neutral twins, to show how often they would pass; 0 judges none.",
)
_seed = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the random choice of twins and examples."
)


@click.command("card")
@click.argument("run", metavar="RUN")
@click.option(
    "--out",
    type=options.PATH,
    metavar="FILE",
    help="File to write the card to; without it README.md, in the export if one is given.",
)
@click.option(
    "--export",
    type=options.PATH,
    metavar="FOLDER",
    help="An export of RUN (parquet, audiofolder, webdataset): the card says how to load it, and croissant.json "
    "is written into it.",
)
@click.option("--author", metavar="NAME", help="Name of the publisher, for the citation.")
@click.option("--url", metavar="URL", help="Address at which the data set is published, for the citation.")
@_twins
@_seed
@options.as_json()
def card(
    run: str, out: Path | None, export: Path | None, author: str | None, url: str | None, twins: int, seed: int, as_json: bool
) -> None:
    """Write the data card of the run folder RUN, in the form that Hugging Face reads.

    It is made from figures of the run alone: counts by verdict, how often the judge hears the requested emotion beside what
    chance and neutral twins would give, limits, licences, columns.
    """
    from voiceact.dataset.card.card import write_card

    with ProgressBar("counting") as bar:
        findings = write_card(run, out, export=export, author=author, url=url, twins=twins, seed=seed, progress=bar.update_step)
    written = out or (export or Path()) / "README.md"
    _print_findings(findings, [written, *([export / "croissant.json"] if export else [])], as_json)


@click.command("report")
@click.argument("run", metavar="RUN")
@click.option(
    "--out",
    default=Path("report.html"),
    show_default=True,
    type=options.PATH,
    metavar="FILE",
    help="File to write the page to.",
)
@click.option(
    "--examples",
    default=9,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of takes to listen to on the page, with their neutral twins (at most 3 MB).",
)
@_twins
@_seed
@options.as_json()
def report(run: str, out: Path, examples: int, twins: int, seed: int, as_json: bool) -> None:
    """Write one HTML page that shows what is in the run folder RUN, with takes to listen to.

    The page needs nothing else: no network, no other file.
    """
    from voiceact.dataset.report.report import write_report

    with ProgressBar("counting") as bar:
        findings = write_report(run, out, number=examples, twins=twins, seed=seed, progress=bar.update_step)
    _print_findings(findings, [out], as_json)


def _print_findings(findings: "Findings", written: list[Path], as_json: bool) -> None:
    from voiceact.dataset.findings.texts import cautions

    if as_json:
        print_json(findings.as_dict() | {"cautions": cautions(findings), "written": [str(path) for path in written]})
        return
    for sentence in cautions(findings):
        print_note(sentence)
    total = findings.total
    click.echo(f"{' and '.join(str(path) for path in written)}: {count_noun(total.number, 'take')}, {total.included} included")
