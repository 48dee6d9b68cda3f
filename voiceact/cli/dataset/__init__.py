"""`voiceact dataset`: what becomes of a run. The commands stand in files of their own."""

import click

from voiceact.cli.lazy import LazyGroup

VERBS = {
    "export": "write a run in a form that loads elsewhere",
    "card": "write the data card of a run",
    "report": "write a page that shows what is in a run",
    "split": "show how a run is divided, or divide it anew",
    "pairs": "write accepted and rejected takes as preference pairs",
}
_HOMES = {
    "export": "export:command",
    "pairs": "pairs:command",
    "card": "report:card",
    "report": "report:report",
    "split": "split:command",
}


def _home(verb: str) -> str:
    return f"voiceact.cli.dataset.{_HOMES[verb]}"


@click.command("dataset", cls=LazyGroup, verbs=VERBS, home=_home)
def command() -> None:
    """What becomes of a run: forms that load elsewhere, a card, a report, splits, preference pairs.

    \b
    voiceact dataset export my-run --format parquet --out my-set
    """
