"""`voiceact engine`: the engines, and what they can follow."""

from collections.abc import Mapping
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_table


@click.group()
def command() -> None:
    """List, explain, install and measure the engines that speak."""


@command.command("list")
@options.as_json()
def list_engines(as_json: bool) -> None:
    """List all registered engines, those of other packages too, and how to install what is missing."""
    from voiceact.engines.registry import describe_engines

    entries = describe_engines()
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        click.echo(f"{click.style(entry['name'], bold=True)}  {entry['state']}")
        measured = entry["measured"]
        live = (
            f"RTF {measured['real_time_factor']:g}; {sum(measured['categories'].values())} of "
            f"{len(measured['categories'])} categories live"
            if measured
            else ""
        )
        rows = {
            "steered by": entry["steered_by"],
            "languages": ", ".join(entry["languages"]),
            "weights": entry["licences"]["weights"],
            "measured": live,
        }
        # Wrapped to the terminal, while the line above, which says how to install the engine, is never cut.
        formatter = click.HelpFormatter(max_width=100)
        with formatter.indentation():
            formatter.write_dl([(name, text) for name, text in rows.items() if text])
        click.echo(formatter.getvalue())


@command.command("probe")
@click.argument("name")
@click.option("--persona", default="nurse", show_default=True, metavar="NAME", help="Persona that speaks the lines.")
@options.as_json()
def probe_engine(name: str, persona: str, as_json: bool) -> None:
    """Measure engine NAME on this machine: how fast it is, and which of its controls are live.

    It speaks a few lines. 'voiceact engine list' shows the measurement from then on.
    """
    from voiceact.acting.persona import load_persona
    from voiceact.engines.probe import probe, write_measurement
    from voiceact.engines.registry import load_engine

    measurement = probe(load_engine(name), load_persona(persona))
    path = write_measurement(measurement)
    if as_json:
        print_json(measurement)
        return
    click.echo(
        f"{measurement.engine} {measurement.version}  (model {measurement.model_sha256[:12]}) on {measurement.machine}\n"
        f"  seconds to speak a second  {measurement.real_time_factor:g}\n"
        f"  the same call, the same samples: {_yes_no(measurement.repeatable)}; another seed, others: "
        f"{_yes_no(measurement.seeded)}"
    )
    for what, live in (("moves", measurement.moves), ("categories", measurement.categories)):
        dead = [name for name, alive in live.items() if not alive]
        click.echo(f"  {what} live: {len(live) - len(dead)} of {len(live)}" + (f"; not: {', '.join(dead)}" if dead else ""))
    click.echo(f"kept in {path}")


@command.command("show")
@click.argument("name")
@options.as_json()
def show_engine(name: str, as_json: bool) -> None:
    """Show what engine NAME can follow, in which languages and under which licences, and how often it is heard, beside people.

    Pass rates are shown where they were measured and ship with the engine (docs/judge.md).
    """
    from voiceact.engines.pass_rates import load_pass_rates, people_beside
    from voiceact.engines.registry import load_engine

    engine = load_engine(name)
    capabilities, licences = engine.capabilities, engine.capabilities.licences
    rates = load_pass_rates(engine)
    people = people_beside(rates) if rates else {}
    if as_json:
        print_json(
            {
                "name": engine.name,
                "version": engine.version,
                "model_sha256": engine.model_sha256,
                "capabilities": capabilities.as_dict(),
                "pass_rates": {**rates, "people": people} if rates else None,
            }
        )
        return
    click.echo(
        f"{engine.name} {engine.version}  (model {engine.model_sha256[:12]})\n"
        f"  languages    {', '.join(capabilities.languages)}\n"
        f"  sample rate  {capabilities.sample_rate} Hz\n"
        f"  same bytes for the same call: {_yes_no(capabilities.deterministic)}\n"
        f"  moves        {', '.join(sorted(capabilities.moves)) or 'none'}\n"
        f"  follows a written instruction: {_yes_no(capabilities.instruction)}\n"
        f"  follows a reference voice: {_yes_no(capabilities.reference)}\n"
        f"  follows an emotion vector: {_yes_no(capabilities.emotion_vector)}\n"
        f"  licences     code {licences.code}; weights {licences.weights}; output {licences.output}"
    )
    if rates:
        _print_pass_rates(rates, people)


def _print_pass_rates(rates: Mapping[str, Any], people: Mapping[str, Any]) -> None:
    """Print the pass rate of each category at each measured intensity, and that of people beside them."""
    from voiceact.acting.taxonomy import get

    judge, levels = rates["judge"], list(next(iter(rates["categories"].values())))
    takes = rates["personas"] * rates["lines"]
    click.echo(
        f"  heard as what was asked, of {takes} takes each at intensity {', '.join(levels)}, and people who perform it\n"
        f"  (judge {judge['name']} {judge['revision']}, beside neutral readings; people of corpora that it never met)"
    )
    rows = []
    for category, figures in rates["categories"].items():
        heard = people.get(category)
        shares = [f"{figures[level]['value']:.0%}" for level in levels]
        rows.append((get(category).name, *shares, f"{heard['value']:.0%}" if heard else "not measured"))
    print_table(("category", *levels, "people"), rows, right=(*levels, "people"))


@command.command("install")
@click.argument("name")
@click.option("--package", "packages", multiple=True, metavar="REQUIREMENT", help="Install this package too (repeatable).")
def install_engine(name: str, packages: tuple[str, ...]) -> None:
    """Install engine NAME into a virtual environment of its own, where its pinned versions disturb nothing else."""
    from voiceact.engines.registry import install_engine as install

    python = install(name, packages=packages, report=click.echo)
    click.echo(f"{name} is ready; it runs in {python}")


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
