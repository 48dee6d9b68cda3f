"""Options that several commands of `voiceact listen` share: where a test and its answers are, and which listeners count."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli.options import PATH

if TYPE_CHECKING:
    from voiceact.listening.answers.answer import Answer, Listener
    from voiceact.listening.loading import ListeningTest

TEST = click.argument("folder", metavar="TEST", type=PATH)
DATABASE = click.option(
    "--database", metavar="URL", help="Database of the server that holds the answers; TEST/answers.sqlite if not given."
)
COLLECT = click.option(
    "--collect",
    "collected",
    multiple=True,
    type=PATH,
    metavar="FILE|DIR",
    help="Files that listeners of a bundle sent back, or a folder of them (repeatable).",
)
RESULTS = click.option(
    "--results",
    "path",
    type=PATH,
    metavar="FILE",
    help="Results that were written before, instead of the server's database.",
)
KEEP = click.option(
    "--keep", multiple=True, metavar="LISTENER", help="Count this listener whatever the screening says (repeatable)."
)
DROP = click.option("--drop", multiple=True, metavar="LISTENER", help="Leave this listener out (repeatable).")
SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of all random draws.")


def load_answers(
    test: "ListeningTest", path: Path | None, database: str | None, collected: tuple[Path, ...]
) -> "tuple[list[Answer], list[Listener]]":
    """Read the answers of a test from a results file, which knows no listeners, or else from the server and sent files."""
    from voiceact.listening.answers.collect import gather_answers
    from voiceact.listening.answers.results import read_results

    return (read_results(path, test), []) if path else gather_answers(test, database=database, collected=collected)
