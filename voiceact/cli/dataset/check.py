"""`voiceact dataset check`: hold every statement of an instruct export against its source."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json
from voiceact.errors import count_noun


@click.command("check")
@click.argument("folder", type=options.PATH, metavar="FOLDER")
@options.as_json()
@click.pass_context
def command(context: click.Context, folder: Path, as_json: bool) -> None:
    """Compute every statement of the instruct export FOLDER anew, from the audio and the records that lie in it.

    Ends with status 1 if one is not true.
    """
    from voiceact.dataset.instruct.check import check_instruct

    with ProgressBar("items") as bar:
        checked = check_instruct(folder, bar.update)
    if as_json:
        print_json(checked.as_dict())
    else:
        for fault in checked.faults:
            click.echo(fault)
        outcome = "all true" if not checked.false else f"{checked.false} not true"
        click.echo(f"{folder}: {count_noun(checked.items, 'item')}, {count_noun(checked.statements, 'statement')}: {outcome}")
    if checked.false:
        context.exit(1)
