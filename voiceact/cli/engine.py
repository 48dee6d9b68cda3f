"""`voiceact engine list | show | install | probe`: who can speak, and what they can follow."""

import json
from typing import Any

import click

from voiceact.cli import options


@click.group()
def command() -> None:
    """List and explain the engines."""


@command.command("list")
@options.as_json()
def list_engines(as_json: bool) -> None:
    """All registered engines, this package's and others'."""
    from voiceact.engines.registry import describe_engines

    found = describe_engines()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for entry in found:
        click.echo(f"{click.style(entry['name'], bold=True)}  {entry['state']}")
        click.echo(_described(entry))


def _described(entry: dict[str, Any]) -> str:
    """What is known of an engine, wrapped to the terminal; how to install it is never cut."""
    formatter = click.HelpFormatter(max_width=100)
    rows = {
        "steered by": entry["steered_by"],
        "languages": ", ".join(entry["languages"]),
        "weights": entry["licences"]["weights"],
        "measured": _in_short(entry["measured"]),
    }
    with formatter.indentation():
        formatter.write_dl([(name, text) for name, text in rows.items() if text])
    return formatter.getvalue()


def _in_short(measured: dict[str, Any] | None) -> str:
    if measured is None:
        return ""
    live = sum(measured["categories"].values())
    return f"RTF {measured['real_time_factor']:g}; {live} of {len(measured['categories'])} categories live"


@command.command("probe")
@click.argument("name")
@click.option("--persona", default="nurse", show_default=True, metavar="NAME", help="Who speaks the lines.")
@options.as_json()
def probe_engine(name: str, persona: str, as_json: bool) -> None:
    """Measure engine NAME on this machine: how fast it is, and which of its controls are live.

    Takes a few lines. What was found is shown by 'voiceact engine list' from then on.
    """
    import msgspec

    from voiceact.acting.persona import load_persona
    from voiceact.engines.probe import probe, write_measurement
    from voiceact.engines.registry import load_engine

    found = probe(load_engine(name), load_persona(persona))
    path = write_measurement(found)
    told = msgspec.to_builtins(found)
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    click.echo(f"{found.engine} {found.version}  (model {found.model_sha256[:12]}) on {found.machine}")
    click.echo(f"  seconds to speak a second  {found.real_time_factor:g}")
    click.echo(
        f"  the same call, the same samples: {'yes' if found.repeatable else 'no'}; another seed, others: "
        f"{'yes' if found.seeded else 'no'}"
    )
    for what, live in (("moves", found.moves), ("categories", found.categories)):
        dead = [name for name, alive in live.items() if not alive]
        click.echo(f"  {what} live: {len(live) - len(dead)} of {len(live)}" + (f"; not: {', '.join(dead)}" if dead else ""))
    click.echo(f"kept in {path}")


@command.command("show")
@click.argument("name")
@options.as_json()
def show_engine(name: str, as_json: bool) -> None:
    """What engine NAME can follow, in which languages and under which licences."""
    from voiceact.engines.registry import load_engine

    engine = load_engine(name)
    known = {
        "name": engine.name,
        "version": engine.version,
        "model_sha256": engine.model_sha256,
        "capabilities": engine.capabilities.as_dict(),
    }
    if as_json:
        click.echo(json.dumps(known, indent=2))
        return
    capabilities = engine.capabilities
    click.echo(f"{engine.name} {engine.version}  (model {engine.model_sha256[:12]})")
    click.echo(f"  languages    {', '.join(capabilities.languages)}")
    click.echo(f"  sample rate  {capabilities.sample_rate} Hz")
    click.echo(f"  same bytes for the same call: {'yes' if capabilities.deterministic else 'no'}")
    click.echo(f"  moves        {', '.join(sorted(capabilities.moves)) or 'none'}")
    for what, can in (
        ("a written instruction", capabilities.instruction),
        ("a reference voice", capabilities.reference),
        ("an emotion vector", capabilities.emotion_vector),
    ):
        click.echo(f"  follows {what}: {'yes' if can else 'no'}")
    licences = capabilities.licences
    click.echo(f"  licences     code {licences.code}; weights {licences.weights}; output {licences.output}")


@command.command("install")
@click.argument("name")
@click.option("--package", "packages", multiple=True, metavar="REQUIREMENT", help="Install this beside it (repeatable).")
def install_engine(name: str, packages: tuple[str, ...]) -> None:
    """Install engine NAME into a virtual environment of its own, where its pins disturb nothing else."""
    from voiceact.engines.process.environments import install

    python = install(name, packages=packages, told=click.echo)
    click.echo(f"{name} is ready; it is spoken to through {python}")
