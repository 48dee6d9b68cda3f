"""`voiceact recipe`: data sets, from one YAML file each. The commands stand in files of their own."""

import click

from voiceact.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("show the recipes that come with voiceact", "voiceact.cli.recipe.plan:list_recipes"),
    "show": ("print a recipe", "voiceact.cli.recipe.plan:show"),
    "validate": ("check recipe files of your own", "voiceact.cli.recipe.plan:validate"),
    "plan": ("show how large a recipe's data set is, and with a pilot how long it takes", "voiceact.cli.recipe.plan:plan"),
    "run": ("make the data set of a recipe", "voiceact.cli.recipe.run:run"),
    "status": ("show how much of a run is done", "voiceact.cli.recipe.run:status"),
    "resume": ("go on with a run that was stopped", "voiceact.cli.recipe.run:resume"),
    "audit": ("check a finished run from its bytes alone", "voiceact.cli.recipe.audit:audit"),
}


@click.command("recipe", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Make data sets, from one YAML file each: see what a recipe makes, plan it, run it, go on after a stop, check it.

    \b
    voiceact recipe plan smoke
    voiceact recipe run smoke --out smoke
    """
