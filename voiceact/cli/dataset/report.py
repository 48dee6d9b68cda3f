"""`voiceact dataset card` and `report`: what there is to know of a run, for other people."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.dataset.findings.findings import Findings

TWINS = 160
"""as `voiceact.dataset.findings.findings`, which loads numpy"""

_twins = click.option(
    "--twins",
    default=TWINS,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="N",
    help="Judge at most so many neutral twins, to show how often they would pass; 0 judges none.",
)
_seed = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of what is drawn: twins and examples."
)


@click.command("card")
@click.argument("run", metavar="RUN")
@click.option(
    "--out", type=options.PATH, metavar="FILE", help="Where the card goes; without it README.md, in the export if one is given."
)
@click.option(
    "--export",
    type=options.PATH,
    metavar="FOLDER",
    help="An export of RUN (parquet, audiofolder, webdataset): the card says how to load it, and croissant.json "
    "is written into it.",
)
@click.option("--author", metavar="NAME", help="Who publishes it, for the citation.")
@click.option("--url", metavar="URL", help="Where it is published, for the citation.")
@_twins
@_seed
@options.as_json()
def card(
    run: str, out: Path | None, export: Path | None, author: str | None, url: str | None, twins: int, seed: int, as_json: bool
) -> None:
    """Write the data card of the run folder RUN, as Hugging Face reads it.

    It is made of figures of the run alone: counts by verdict, how often the judge hears what was asked beside what chance
    and neutral twins would give, limits, licences, columns.
    """
    from voiceact.dataset.card.card import write_card

    with _progress() as progress:
        findings = write_card(run, out, export=export, author=author, url=url, twins=twins, seed=seed, progress=progress)
    written = out or (export or Path()) / "README.md"
    _tell(findings, [written, *([export / "croissant.json"] if export else [])], as_json)


@click.command("report")
@click.argument("run", metavar="RUN")
@click.option("--out", default=Path("report.html"), show_default=True, type=options.PATH, metavar="FILE", help="The page.")
@click.option(
    "--examples",
    default=9,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="N",
    help="Takes to be heard in it, with their neutral twins (at most 3 MB).",
)
@_twins
@_seed
@options.as_json()
def report(run: str, out: Path, examples: int, twins: int, seed: int, as_json: bool) -> None:
    """Write one HTML page that shows what is in the run folder RUN, with takes to listen to.

    The page needs nothing else: no network, no other file.
    """
    from voiceact.dataset.report.report import write_report

    with _progress() as progress:
        findings = write_report(run, out, number=examples, twins=twins, seed=seed, progress=progress)
    _tell(findings, [out], as_json)


def _tell(findings: "Findings", written: list[Path], as_json: bool) -> None:
    from voiceact.dataset.findings.cautions import cautions

    if as_json:
        document = findings.as_dict() | {"cautions": cautions(findings), "written": [str(path) for path in written]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for sentence in cautions(findings):
        options.say(sentence)
    made = findings.total
    click.echo(f"{' and '.join(str(path) for path in written)}: {made.number} takes, {made.included} included")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("counting", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
