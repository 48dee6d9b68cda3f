"""`voiceact recipe`: data sets, from one YAML file each. The commands stand in files of their own."""

import click

from voiceact.cli.lazy import LazyGroup

VERBS = {
    "list": "show the recipes that come with voiceact",
    "show": "print a recipe",
    "validate": "check recipe files of your own",
    "plan": "say what a recipe comes to, and with a pilot how long it takes",
    "run": "make the data set of a recipe",
    "status": "say how far a run is",
    "resume": "go on with a run",
    "audit": "check a finished run from its bytes alone",
}
_HOMES = {
    "list": "plan:list_recipes",
    "show": "plan:show",
    "validate": "plan:validate",
    "plan": "plan:plan",
    "run": "run:run",
    "status": "run:status",
    "resume": "run:resume",
    "audit": "audit:audit",
}


def _home(verb: str) -> str:
    return f"voiceact.cli.recipe.{_HOMES[verb]}"


@click.command("recipe", cls=LazyGroup, verbs=VERBS, home=_home)
def command() -> None:
    """Data sets, from one YAML file each: see what a recipe makes, plan it, run it, go on after a stop, check it.

    \b
    voiceact recipe plan smoke
    voiceact recipe run smoke --out smoke
    """
