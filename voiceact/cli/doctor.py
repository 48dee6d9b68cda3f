"""`voiceact doctor`: what is here, what an extra would add, what works offline."""

import json

import click

from voiceact.cli import options


@click.command()
@options.as_json()
def command(as_json: bool) -> None:
    """Say what is installed, what each extra adds, and what works offline."""
    from voiceact.health import examine

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
    click.echo("works offline: " + "; ".join(found["offline"]))
    for folder in found["persona_folders"]:
        click.echo(f"personas in {folder}")
    raise SystemExit(0 if found["healthy"] else 1)
