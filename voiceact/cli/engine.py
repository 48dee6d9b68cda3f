"""`voiceact engine`: the engines, and what they can follow."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_note, print_table
from voiceact.errors import UsageError, count_noun

if TYPE_CHECKING:
    from voiceact.engines.capability_card import CapabilityCard

CARD_PERSONAS = ("night-shift-taxi-driver", "empathetic-educator", "village-priest", "smoky-singer")
"""who speaks for a card where nobody is named: low and high voices of strength near 1 in most categories"""
CARD_LINES = 2
CARD_INTENSITIES = (3.0, 5.0, 7.0)
SHORT_LINE = 60
"""characters of the neutral lines that a card is spoken with"""


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
            f"{count_noun(len(measured['categories']), 'category')} live"
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
    from voiceact.engines.capability_card import load_shipped_card
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
    if card := load_shipped_card(engine):
        heard = sum(cell.judge.heard > 0 for cell in card.cells)
        click.echo(
            f"  card         heard in {heard} of {count_noun(len(card.cells), 'cell')}: voiceact engine "
            f"card {engine.name} --shipped"
        )
    if rates:
        _print_pass_rates(rates, people)


def _print_pass_rates(rates: Mapping[str, Any], people: Mapping[str, Any]) -> None:
    """Print the pass rate of each category at each measured intensity, and that of people beside them."""
    from voiceact.acting.taxonomy import get

    judge, levels = rates["judge"], list(next(iter(rates["categories"].values())))
    takes = rates["personas"] * rates["lines"]
    click.echo(
        f"  heard as what was asked, of {count_noun(takes, 'take')} each at intensity {', '.join(levels)}, "
        f"and people who perform it\n"
        f"  (judge {judge['name']} {judge['revision']}, beside neutral readings; people of corpora that it never met)"
    )
    rows = []
    for category, figures in rates["categories"].items():
        heard = people.get(category)
        shares = [f"{figures[level]['value']:.0%}" for level in levels]
        rows.append((get(category).name, *shares, f"{heard['value']:.0%}" if heard else "not measured"))
    print_table(("category", *levels, "people"), rows, right=(*levels, "people"))


@command.command("card")
@click.argument("name")
@click.option("--out", type=options.PATH, metavar="DIR", help="Folder to write into.  [default: ./NAME-card]")
@click.option(
    "--category", "--categories", "categories", multiple=True, metavar="NAME", help="Category (repeatable).  [default: all 40]"
)
@click.option(
    "--intensity",
    "intensities",
    multiple=True,
    type=click.FloatRange(0, 7, min_open=True),
    metavar="N",
    help="Intensity (repeatable).  [default: 3, 5 and 7]",
)
@click.option("--persona", "personas", multiple=True, metavar="NAME", help="Persona (repeatable).  [default: four adults]")
@click.option(
    "--lines", type=click.IntRange(1, 20), default=CARD_LINES, show_default=True, help="Neutral lines that each persona says."
)
@click.option("--takes", type=click.IntRange(1, 50), default=1, show_default=True, help="Takes of each line, of other seeds.")
@click.option("--judge", metavar="NAME|FILE", help="Judge that listens.  [default: the shipped one]")
@click.option("--coach", default="functionals", show_default=True, metavar="NAME|FILE", help="Coach that listens.")
@click.option("--bursts/--no-bursts", default=True, show_default=True, help="Let directions add bursts of their own.")
@click.option("--shipped", is_flag=True, help="Measure nothing; print the card that comes with the engine.")
@options.language()
@options.persona_folders()
@options.as_json()
def card_engine(
    name: str,
    out: Path | None,
    categories: tuple[str, ...],
    intensities: tuple[float, ...],
    personas: tuple[str, ...],
    lines: int,
    takes: int,
    judge: str | None,
    coach: str,
    bursts: bool,
    shipped: bool,
    language: str,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Measure what engine NAME can act: every category at every intensity, heard by judge and coach.

    Beside each share stand the neutral twins, the null (the same takes asked for other categories) and, where the judge knows
    it, people. The folder gets card.json, the heat map heat-map.svg, and index.html to listen to, one clip a cell. Run the
    same command again after Ctrl-C: what was heard stays.

    \b
    voiceact engine card embedded
    voiceact engine card kokoro --category Anger --category Fear --intensity 5 --takes 3 --out kokoro-card
    voiceact engine card embedded --shipped
    """
    from voiceact.acting.persona import load_persona
    from voiceact.acting.script import load_lines
    from voiceact.acting.taxonomy import categories as all_categories
    from voiceact.acting.taxonomy import resolve
    from voiceact.director.coach import load_coach
    from voiceact.director.measure_card import CardPlan, list_clips, make_card, measure_takes, read_takes
    from voiceact.engines.capability_card import load_shipped_card
    from voiceact.engines.registry import load_engine
    from voiceact.estimators.registry import load_estimator
    from voiceact.report.capability_card import write_card
    from voiceact.runtime.progress import show_progress
    from voiceact.runtime.signals import exit_status, graceful_stop

    engine = load_engine(name)
    if shipped:
        card = load_shipped_card(engine)
        if card is None:
            raise UsageError(f"engine {engine.name!r} ships no card; measure one: voiceact engine card {name}")
        print_json(card) if as_json else _print_card(card)
        return

    # Plan
    neutral = [line.text for line in load_lines(language) if line.kind == "neutral" and len(line.text) < SHORT_LINE]
    if len(neutral) <= lines:
        raise UsageError(f"there are {len(neutral)} short neutral lines in {language!r}; --lines {lines} needs {lines + 1}")
    plan = CardPlan(
        engine,
        load_estimator(judge) if judge else load_estimator(),
        load_coach(coach),
        [load_persona(one, folders) for one in personas or CARD_PERSONAS],
        neutral[:lines],
        neutral[lines],
        [resolve(one).category.id for one in categories] or [one.id for one in all_categories()],
        sorted(intensities or CARD_INTENSITIES),
        takes,
        language,
        bursts,
    )
    folder = out if out is not None else Path(f"{engine.name}-card")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name another --out")

    # Measure
    total = len(plan.takes_to_hear())
    with (
        graceful_stop(lambda: print_note("stopping after the take that is being heard; Ctrl-C again drops it")) as stop,
        show_progress(engine.name),
    ):
        whole = measure_takes(plan, folder, stop)
    takes_heard = read_takes(plan, folder)
    if not whole:
        print_note(f"interrupted; {len(takes_heard)} of {count_noun(total, 'take')} are heard, the same command hears the rest")
        click.get_current_context().exit(exit_status(stop.signal))

    # Write
    card = make_card(plan, takes_heard)
    page = write_card(card, list_clips(plan, takes_heard, folder), folder)
    if as_json:
        print_json(card)
        return
    _print_card(card)
    click.echo(f"wrote      {page} to listen to, with card.json and heat-map.svg")


def _print_card(card: "CapabilityCard") -> None:
    """Print a row for each category: how often the judge hears it at each intensity, the coach, twins, null and people."""
    from voiceact.acting.taxonomy import get

    levels = [f"{level:g}" for level in card.intensities]
    click.echo(
        f"{card.engine.name} {card.engine.version}, {count_noun(card.takes, 'take')} a cell: judge "
        f"{card.judge.name} {card.judge.revision}, "
        f"coach {card.coach.name} {card.coach.revision}\n"
        "  heard as what was asked at each intensity; twins are neutral readings, null the takes asked for other categories"
    )

    def share(heard: int, of: int) -> str:
        return f"{heard / of:.0%}" if of else "–"

    rows = []
    for row in card.categories:
        cells = card.cells_of(row.category)
        null, coach = [cell.null for cell in cells], [cell.coach for cell in cells]
        rows.append(
            (
                get(row.category).name,
                row.evidence,
                *(share(cell.judge.heard, cell.judge.of) for cell in cells),
                share(sum(one.heard for one in null), sum(one.of for one in null)),
                share(row.twins.heard, row.twins.of),
                f"{row.people.value:.0%}" if row.people else "–",
                share(sum(one.heard for one in coach), sum(one.of for one in coach)),
            )
        )
    print_table(
        ("category", "evidence", *levels, "null", "twins", "people", "coach"),
        rows,
        right=(*levels, "null", "twins", "people", "coach"),
    )


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
