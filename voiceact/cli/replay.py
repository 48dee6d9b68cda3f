"""`voiceact replay`: the same clip again, from its record."""

from pathlib import Path

import click

from voiceact.cli import options


@click.command()
@click.argument("record", type=options.PATH)
@click.option("--out", type=options.PATH, metavar="PATH",
              help="Write the replayed clip here (same suffix as the original for the same bytes).")
def command(record: Path, out: Path | None) -> None:
    """Speak what RECORD (the .json beside a clip) describes again, and say how near it comes.

    Exit status 0 if the bytes are the same, or near for an engine that is not deterministic; else 1.
    """
    from voiceact.synthesis.replay import rerun

    found = rerun(record, out)
    click.echo(found.sentence)
    raise SystemExit(0 if found.faithful else 1)
