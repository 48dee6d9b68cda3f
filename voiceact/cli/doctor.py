"""`voiceact doctor`: what is installed, what each extra adds, what works offline."""

from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json


@click.command()
@options.as_json()
def command(as_json: bool) -> None:
    """Show what is installed, what each extra adds, and what works offline."""
    from voiceact.cli.health import examine
    from voiceact.runtime.extras import install_command

    report = examine()
    if as_json:
        print_json(report)
        return
    click.echo(f"voiceact {report['voiceact']} on Python {report['python']}")
    for part in report["core"]:
        click.echo(f"  {part['name']:14} {part['version'] or click.style('missing', fg='red'):12} {part['for']}")
    click.echo("extras")
    for extra in report["extras"]:
        state = click.style("here", fg="green") if not extra["missing"] else install_command(extra["name"])
        click.echo(f"  {extra['name']:14} {extra['adds']}: {state}")
    click.echo("checks (verify --asr, --speaker, --mos)")
    for check in report["checks"]:
        name = f"{check['name']}{' (default)' if check['default'] else ''}"
        click.echo(f"  {check['check']:14} {name:24} {_state(check)}; {check['licence']}")
    click.echo("estimators (--estimator, --judge)")
    for estimator in report["estimators"]:
        click.echo(f"  {estimator['name']:38} {_state(estimator)}; {estimator['licence']}")
    click.echo("works offline: " + "; ".join(report["offline"]))
    for folder in report["persona_folders"]:
        click.echo(f"personas in {folder}")
    raise SystemExit(0 if report["healthy"] else 1)


def _state(entry: dict[str, Any]) -> str:
    return str(entry["install"]) if entry["missing"] else str(click.style("here", fg="green"))
