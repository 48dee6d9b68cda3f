"""`voiceact listen new`: a listening test from a run, or from a folder of clips."""

from pathlib import Path
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_note, print_table
from voiceact.errors import count_noun
from voiceact.runtime.untrusted_text import clean_text


def _split_commas(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split an option's value at its commas."""
    return tuple(word.strip() for word in value.split(",") if word.strip()) if value else ()


SHARE = options.Number(0, 1)
VALUES_SHOWN = 12
"""values of a stratum that are printed"""


@click.command()
@click.argument("source", metavar="RUN|FOLDER")
@click.option(
    "--protocol",
    required=True,
    metavar="NAME",
    help="Protocol, which says what listeners are asked: presence, binary, intensity, pair, naturalness or identity.",
)
@click.option("--out", required=True, type=options.PATH, metavar="TEST", help="Folder to write the test to; it must not exist.")
@click.option(
    "--clips",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    metavar="N",
    help="Number of clips at most, spread evenly over category, verdict, persona and intensity.",
)
@click.option("--categories", callback=_split_commas, metavar="A,B", help="Only clips of these categories.")
@click.option(
    "--levels",
    callback=_split_commas,
    metavar="L,M",
    help="Only clips of these verdicts: verified, consistent, undecided, rejected, unjudged.",
)
@click.option(
    "--ask",
    "asked",
    callback=_split_commas,
    metavar="A,B",
    help="Categories that the intensity protocol asks for; all 40 if not given.",
)
@click.option(
    "--raters",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Number of raters of each item in the first round; the protocol's if not given.",
)
@click.option(
    "--per-listener",
    type=click.IntRange(5, 2000),
    default=40,
    show_default=True,
    metavar="N",
    help="Number of items that a listener is given at most.",
)
@click.option(
    "--contrastive",
    type=SHARE,
    metavar="SHARE",
    help="Number of items about a category that should be absent, for each target item; the protocol's if not given.",
)
@click.option(
    "--gold-share",
    "gold",
    type=SHARE,
    default=0.1,
    show_default=True,
    help="Share of gold items among a listener's items: their right answer is known.",
)
@click.option(
    "--repeats", type=SHARE, default=0.1, show_default=True, help="Share of a listener's items that are asked a second time."
)
@click.option(
    "--attention",
    type=SHARE,
    default=0.05,
    show_default=True,
    help="Share of attention checks among a listener's items: the listener is told what to answer.",
)
@click.option("--spoken", is_flag=True, help="Speak the attention checks instead of showing them.")
@click.option(
    "--gold",
    "gold_file",
    type=options.PATH,
    metavar="FILE",
    help="Labels by people, in place of gold made by code: .csv or .jsonl with key, category, values.",
)
@click.option("--headphones", is_flag=True, help="Let listeners take a headphone check first.")
@click.option(
    "--language",
    "languages",
    callback=_split_commas,
    default="en",
    show_default=True,
    metavar="A,B",
    help="Languages of the interface, of which listeners choose: en, de, es, fr.",
)
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Seed of all random draws.")
@click.option("--dry-run", is_flag=True, help="Show what the test would be; write nothing.")
@options.replaying_engine()
@options.allow()
@options.as_json()
def new(
    source: str, out: Path, dry_run: bool, engine: str | None, allowed: tuple[str, ...], as_json: bool, **design: Any
) -> None:
    """Make a listening test from RUN, or from a FOLDER of clips with their records.

    \b
    voiceact listen new my-run --protocol presence --out my-test
    voiceact listen new samples --protocol naturalness --out mos --language en,de
    """
    from voiceact.listening.design.design import ListeningDesign, as_document, make_test
    from voiceact.runtime.untrusted_settings import allow_settings

    with allow_settings(*allowed, engine=engine):
        test = make_test(source, out, ListeningDesign(**design), dry_run=dry_run)
    if as_json:
        print_json(as_document(test) | {"test": None if dry_run else str(out)})
        return
    settings = test.file.settings
    print_table(("items", ""), list(test.kinds.items()), title=f"{test.file.protocol}, test {test.file.id}", right={""})
    for name, counts in test.by.items():
        shown = ", ".join(f"{clean_text(value, 60)} {count}" for value, count in list(counts.items())[:VALUES_SHOWN])
        more = f", … ({len(counts)} in all)" if len(counts) > VALUES_SHOWN else ""
        click.echo(f"{name}: {shown}{more}")
    click.echo(f"{count_noun(sum(test.by['persona'].values()), 'clip')}, {test.seconds / 60:.1f} minutes of sound")
    click.echo(
        f"first round: {count_noun(test.answers, 'answer')}, {count_noun(settings.raters, 'rater')} "
        f"an item; a listener is given "
        f"{count_noun(settings.per_listener, 'item')} at most, about {test.minutes:.0f} minutes"
    )
    for note in test.notes:
        print_note(note)
    click.echo(
        f"nothing was written; without --dry-run it would be {out}"
        if dry_run
        else f"written: {out}; open it with: voiceact listen serve {out}"
    )
