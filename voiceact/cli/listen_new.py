"""`voiceact listen new`: a listening test of a run, or of a folder of clips."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.runtime.untrusted_text import clean_text

if TYPE_CHECKING:
    from voiceact.listening.design.design import DesignedTest


def _words(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(word.strip() for word in value.split(",") if word.strip()) if value else ()


SHARE = options.Number(0, 1)
SHOWN = 12
"""values of a stratum that are printed"""


@click.command()
@click.argument("source", metavar="RUN|FOLDER")
@click.option(
    "--protocol",
    required=True,
    metavar="NAME",
    help="What is asked: presence, binary, intensity, pair, naturalness or identity.",
)
@click.option("--out", required=True, type=options.PATH, metavar="TEST", help="Folder of the test; it must not exist.")
@click.option(
    "--clips",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    metavar="N",
    help="At most; spread evenly over category, verdict, persona and intensity.",
)
@click.option("--categories", callback=_words, metavar="A,B", help="Only clips of these categories.")
@click.option(
    "--levels",
    callback=_words,
    metavar="L,M",
    help="Only clips of these verdicts: verified, consistent, undecided, rejected, unjudged.",
)
@click.option(
    "--ask",
    "asked",
    callback=_words,
    metavar="A,B",
    help="Categories that the intensity protocol asks for; all 40 if not given.",
)
@click.option(
    "--raters", type=click.IntRange(1, 100), metavar="N", help="Of an item's first round; the protocol's if not given."
)
@click.option(
    "--per-listener",
    type=click.IntRange(5, 2000),
    default=40,
    show_default=True,
    metavar="N",
    help="Items a listener is given at most.",
)
@click.option(
    "--contrastive",
    type=SHARE,
    metavar="SHARE",
    help="Items about a category that should be absent, for each target item; the protocol's if not given.",
)
@click.option(
    "--gold-share", "gold", type=SHARE, default=0.1, show_default=True, help="Of a listener's items: the right answer is known."
)
@click.option("--repeats", type=SHARE, default=0.1, show_default=True, help="Of a listener's items: asked a second time.")
@click.option("--attention", type=SHARE, default=0.05, show_default=True, help="Of a listener's items: told what to answer.")
@click.option("--spoken", is_flag=True, help="Attention checks are spoken, not shown.")
@click.option(
    "--gold",
    "gold_file",
    type=options.PATH,
    metavar="FILE",
    help="Labels by people, in place of gold made by code: .csv or .jsonl with key, category, values.",
)
@click.option("--headphones", is_flag=True, help="Listeners take a headphone check first.")
@click.option(
    "--language",
    "languages",
    callback=_words,
    default="en",
    show_default=True,
    metavar="A,B",
    help="Of the interface: en, de, es, fr; listeners choose.",
)
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")
@options.replaying_engine()
@options.allow()
@options.as_json()
def new(
    source: str, out: Path, dry_run: bool, engine: str | None, allowed: tuple[str, ...], as_json: bool, **wishes: Any
) -> None:
    """Make a listening test of RUN, or of a FOLDER of clips with their records.

    \b
    voiceact listen new my-run --protocol presence --out my-test
    voiceact listen new samples --protocol naturalness --out mos --language en,de
    """
    from voiceact.listening.design.design import ListeningDesign, as_document, make_test
    from voiceact.runtime.untrusted_settings import allow_settings

    with allow_settings(*allowed, engine=engine):
        made = make_test(source, out, ListeningDesign(**wishes), dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(as_document(made) | {"test": None if dry_run else str(out)}, indent=2, ensure_ascii=False))
        return
    _print(made)
    click.echo(
        f"nothing was written; without --dry-run it would be {out}"
        if dry_run
        else f"written: {out}; open it with: voiceact listen serve {out}"
    )


def _print(made: "DesignedTest") -> None:
    from rich.console import Console
    from rich.table import Table

    settings = made.file.settings
    table = Table("items", "", title=f"{made.file.protocol}, test {made.file.id}")
    for kind, count in made.kinds.items():
        table.add_row(kind, str(count))
    Console().print(table)
    for name, counts in made.by.items():
        shown = ", ".join(f"{clean_text(value, 60)} {count}" for value, count in list(counts.items())[:SHOWN])
        more = f", … ({len(counts)} in all)" if len(counts) > SHOWN else ""
        click.echo(f"{name}: {shown}{more}")
    click.echo(f"{sum(made.by['persona'].values())} clips, {made.seconds / 60:.1f} minutes of sound")
    click.echo(
        f"first round: {made.answers} answers, {settings.raters} raters an item; a listener is given "
        f"{settings.per_listener} items at most, about {made.minutes:.0f} minutes"
    )
    for note in made.notes:
        options.say(note)
