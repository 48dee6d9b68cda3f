"""`voiceact replay`: the same clip again, from its record."""

from pathlib import Path

import click

from voiceact.cli import options


@click.command()
@click.argument("record", type=options.PATH)
@click.option(
    "--out",
    type=options.PATH,
    metavar="PATH",
    help="File to write the replayed clip to; with the suffix of the original it has the same bytes.",
)
@options.replaying_engine()
@options.allow()
def command(record: Path, out: Path | None, engine: str | None, allowed: tuple[str, ...]) -> None:
    """Make a clip again from RECORD, the .json beside it, and tell how near the copy comes.

    Exit status 0 if the bytes are the same, or if they are near and the engine is not deterministic; else 1.
    """
    from voiceact.runtime.progress import show_progress
    from voiceact.runtime.untrusted_settings import allow_settings
    from voiceact.synthesis.replay import replay_clip

    with allow_settings(*allowed), show_progress(record.name):
        replayed = replay_clip(record, out, engine=engine)
    click.echo(replayed.sentence)
    raise SystemExit(0 if replayed.faithful else 1)
