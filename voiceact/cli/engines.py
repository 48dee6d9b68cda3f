"""`voiceact engines list | show | install`: who can speak, and what they can follow."""

import json

import click

from voiceact.cli import options


@click.group()
def command() -> None:
    """List and explain the engines."""


@command.command("list")
@options.as_json()
def list_engines(as_json: bool) -> None:
    """All registered engines, this package's and others'."""
    from voiceact.engines.base import describe_engines

    found = describe_engines()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("engine", "installed", "steered by", "languages", "licence of weights", box=None, header_style="bold")
    for entry in found:
        table.add_row(entry["name"], entry["state"], entry["steered_by"], ", ".join(entry["languages"]),
                      entry["licences"]["weights"])
    Console().print(table)


@command.command("show")
@click.argument("name")
@options.as_json()
def show_engine(name: str, as_json: bool) -> None:
    """What engine NAME can follow, in which languages and under which licences."""
    from voiceact.engines.base import load_engine

    engine = load_engine(name)
    known = {"name": engine.name, "version": engine.version, "model_sha256": engine.model_sha256,
             "capabilities": engine.capabilities.as_dict()}
    if as_json:
        click.echo(json.dumps(known, indent=2))
        return
    capabilities = engine.capabilities
    click.echo(f"{engine.name} {engine.version}  (model {engine.model_sha256[:12]})")
    click.echo(f"  languages    {', '.join(capabilities.languages)}")
    click.echo(f"  sample rate  {capabilities.sample_rate} Hz")
    click.echo(f"  same bytes for the same call: {'yes' if capabilities.deterministic else 'no'}")
    click.echo(f"  moves        {', '.join(sorted(capabilities.moves)) or 'none'}")
    for what, can in (("a written instruction", capabilities.instruction), ("a reference voice", capabilities.reference),
                      ("an emotion vector", capabilities.emotion_vector)):
        click.echo(f"  follows {what}: {'yes' if can else 'no'}")
    licences = capabilities.licences
    click.echo(f"  licences     code {licences.code}; weights {licences.weights}; output {licences.output}")


@command.command("install")
@click.argument("name")
@click.option("--package", "packages", multiple=True, metavar="REQUIREMENT", help="Install this beside it (repeatable).")
def install_engine(name: str, packages: tuple[str, ...]) -> None:
    """Install engine NAME into a virtual environment of its own, where its pins disturb nothing else."""
    from voiceact.engines.environments import install

    python = install(name, packages=packages, told=click.echo)
    click.echo(f"{name} is ready; it is spoken to through {python}")
