"""`voiceact dataset`: exports, data card, report, splits and preference pairs of a run. One file a command."""

import click

from voiceact.cli.lazy import LazyGroup

COMMANDS = {
    "export": ("write a run in a form that loads elsewhere", "voiceact.cli.dataset.export:command"),
    "card": ("write the data card of a run", "voiceact.cli.dataset.report:card"),
    "report": ("write a page that shows what is in a run", "voiceact.cli.dataset.report:report"),
    "split": ("show how a run is divided, or divide it anew", "voiceact.cli.dataset.split:command"),
    "pairs": ("write accepted and rejected takes as preference pairs", "voiceact.cli.dataset.pairs:command"),
    "check": ("hold every statement of an instruct export against its source", "voiceact.cli.dataset.check:command"),
}


@click.command("dataset", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Turn a run into what others use: forms that load elsewhere, a data card, a report, splits, preference pairs.

    \b
    voiceact dataset export my-run --format parquet --out my-set
    """
