"""`voiceact doctor`: what is here, what an extra would add, what works offline."""

import json
from typing import Any

import click

from voiceact.cli import options


@click.command()
@options.as_json()
def command(as_json: bool) -> None:
    """Say what is installed, what each extra adds, and what works offline."""
    from voiceact.cli.health import examine

    found = examine()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(f"voiceact {found['voiceact']} on Python {found['python']}")
    for part in found["core"]:
        click.echo(f"  {part['name']:14}{part['version'] or click.style('missing', fg='red'):12}{part['for']}")
    click.echo("extras")
    for extra in found["extras"]:
        state = click.style("here", fg="green") if not extra["missing"] else "pip install 'voiceact[{}]'".format(
            extra["name"])
        click.echo(f"  {extra['name']:14}{extra['adds']}: {state}")
    click.echo("checks (verify --asr, --speaker, --mos)")
    for one in found["checks"]:
        told = f"{one['name']}{' (default)' if one['default'] else ''}"
        click.echo(f"  {one['check']:14}{told:24}{_state(one)}; {one['licence']}")
    click.echo("estimators (--estimator, --judge)")
    for one in found["estimators"]:
        click.echo(f"  {one['name']:38}{_state(one)}; {one['licence']}")
    click.echo("works offline: " + "; ".join(found["offline"]))
    for folder in found["persona_folders"]:
        click.echo(f"personas in {folder}")
    raise SystemExit(0 if found["healthy"] else 1)


def _state(one: dict[str, Any]) -> str:
    return str(one["install"]) if one["missing"] else str(click.style("here", fg="green"))
