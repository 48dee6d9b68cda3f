"""voiceact recipe list, show, validate, plan: what comes before a word is spoken."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.errors import UsageError, VoiceactError

if TYPE_CHECKING:
    from voiceact.recipe.plan import Plan
    from voiceact.runs.pilot import Forecast, Pilot, Range

STEPS = 10
"""of a pilot's progress where standard error is no terminal"""


def complete_recipe(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """For the shell: the shipped names that begin so."""
    from voiceact.recipe.schema import recipe_names

    return [name for name in recipe_names() if name.startswith(incomplete)]


# --- list


@click.command("list")
@options.as_json()
def list_recipes(as_json: bool) -> None:
    """Show the recipes that come with voiceact: name, cells, most takes, and what each is for."""
    from voiceact.recipe.plan import make_plan
    from voiceact.recipe.schema import recipe_names

    rows = [
        {"name": name, "cells": plan.cells, "takes": plan.takes, "description": plan.recipe.description}
        for name in recipe_names()
        for plan in [make_plan(name)]
    ]
    if as_json:
        _print_json(rows)
    else:
        _print_table(("recipe", "cells", "takes", "what"), [list(map(_shown, row.values())) for row in rows])


# --- show


@click.command("show")
@click.argument("recipe", metavar="RECIPE", shell_complete=complete_recipe)
@options.as_json()
def show(recipe: str, as_json: bool) -> None:
    """Print RECIPE, a shipped name or a file, as it stands; --json prints every key with its value.

    \b
    voiceact recipe show emonet-voice-mini > mine.yaml
    """
    from voiceact.recipe.schema import find_recipe_path, read_recipe

    source = read_recipe(recipe)
    if as_json:
        _print_json({"path": str(find_recipe_path(recipe)), "recipe": source.recipe.as_dict()})
    else:
        click.echo(source.text.decode("utf-8-sig"), nl=False)


# --- validate


@click.command("validate")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=options.PATH)
@options.persona_folders()
@options.as_json()
def validate(files: tuple[Path, ...], folders: tuple[Path, ...], as_json: bool) -> None:
    """Check recipe files, with all that they name: one line for each, exit status 2 if one of them is not valid."""
    found = [_validated(path, folders) for path in files]
    wrong = [row for row in found if not row["valid"]]
    if as_json:
        _print_json(found)
    else:
        for row in found:
            good = f"{row['file']}: valid, {row['cells']:,} cells, {row['takes']:,} takes" if row["valid"] else None
            click.echo(good or row["error"], err=good is None)
    if wrong:
        raise UsageError(f"{len(wrong)} of {len(files)} recipe file{'s are' if len(files) > 1 else ' is'} not valid")


def _validated(path: Path, folders: tuple[Path, ...]) -> dict[str, Any]:
    from voiceact.recipe.plan import make_plan

    try:
        plan = make_plan(path, folders=folders)
    except VoiceactError as error:
        return {"file": str(path), "valid": False, "error": str(error)}
    return {
        "file": str(path),
        "valid": True,
        "name": plan.recipe.name,
        "cells": plan.cells,
        "takes": plan.takes,
        "notes": list(plan.notes),
    }


# --- plan


@click.command("plan")
@click.argument("recipe", metavar="RECIPE", shell_complete=complete_recipe)
@click.option(
    "--pilot",
    "takes",
    type=click.IntRange(1),
    metavar="N",
    help="Perform and judge N takes here, to say what passes and how long it takes.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="Processes that will work; the pilot is one.",
)
@click.option(
    "--cost-per-hour",
    type=options.Number(min=0),
    metavar="X",
    help="What the machine they run on costs an hour (with --pilot).",
)
@options.persona_folders()
@options.as_json()
def plan(
    recipe: str, takes: int | None, workers: int, cost_per_hour: float | None, folders: tuple[Path, ...], as_json: bool
) -> None:
    """Say what RECIPE, a shipped name or a file, comes to: cells, takes, hours, disk, coverage. Nothing is written.

    \b
    voiceact recipe plan emonet-voice-mini
    voiceact recipe plan mine.yaml --pilot 80 --workers 2 --cost-per-hour 1.50
    """
    if cost_per_hour is not None and takes is None:
        raise UsageError("--cost-per-hour needs the time, which a pilot measures; add --pilot 40")
    from voiceact.recipe.plan import make_plan

    made = make_plan(recipe, folders=folders)
    for note in made.notes:
        options.say(note)
    pilot = _piloted(made, takes) if takes else None
    if as_json:
        _print_json(_document(made, pilot, workers, cost_per_hour))
        return
    _print_plan(made)
    if pilot:
        from voiceact.runs.pilot import forecast

        _print_pilot(made, pilot, forecast(made, pilot, workers=workers, cost_per_hour=cost_per_hour))


def _piloted(plan: "Plan", takes: int) -> "Pilot":
    from voiceact.runs.pilot import Tried, performer, run_pilot

    total, done = min(takes, plan.takes), 0

    def tell(tried: Tried) -> None:
        nonlocal done
        done += 1
        if done * STEPS // total > (done - 1) * STEPS // total:
            click.echo(f"pilot: {done} of {total} takes", err=True)

    return run_pilot(plan, takes, performer(plan), progress=tell)


def _document(plan: "Plan", pilot: "Pilot | None", workers: int, cost_per_hour: float | None) -> dict[str, Any]:
    from voiceact.recipe.estimate import coverage, expected_cost, expected_size

    size, cost = expected_size(plan), expected_cost(plan)
    document: dict[str, Any] = {
        "recipe": plan.recipe.as_dict(),
        "fingerprint": plan.fingerprint,
        "digest": plan.digest,
        "cells": plan.cells,
        "most_takes": plan.most_takes,
        "takes": plan.takes,
        "shards": plan.shards,
        "hours": size.hours,
        "gigabytes": size.gigabytes,
        "notes": list(plan.notes),
        "coverage": {category: {**row, "evidence": plan.evidence.get(category)} for category, row in coverage(plan).items()},
    }
    if cost:
        document["server"] = asdict(cost)
    if pilot:
        from voiceact.runs.pilot import forecast

        low, high = pilot.interval
        document["pilot"] = {
            "takes": len(pilot.tried),
            "included": pilot.passed,
            "levels": pilot.levels(),
            "rate": {"value": pilot.rate, "low": low, "high": high},
            "by_category": {
                category: {"included": passed, "takes": count} for category, (passed, count) in pilot.by_category().items()
            },
            "forecast": forecast(plan, pilot, workers=workers, cost_per_hour=cost_per_hour).as_dict(),
        }
    return document


def _print_plan(plan: "Plan") -> None:
    from voiceact.recipe.estimate import coverage, expected_cost, expected_size
    from voiceact.recipe.plan import arithmetic

    size, cost, recipe = expected_size(plan), expected_cost(plan), plan.recipe
    most = "at most " if recipe.stop else ""
    rule = (
        f"until {recipe.stop.included} of a cell are included, at most {recipe.stop.takes}"
        if recipe.stop
        else f"{recipe.takes} a cell"
    )
    twins = ", with twins" if recipe.store.twins else ""
    click.echo(f"{click.style(recipe.name, bold=True)}  {recipe.description}")
    for heading, text in {
        "cells": f"{plan.cells:,}: {arithmetic(recipe, plan.categories, plan.personas)}",
        "takes": f"{most}{plan.takes:,}: {rule}",
        "audio": f"{most}about {_time(size.hours)}",
        "disk": f"{most}about {_bytes(size.gigabytes)} as {recipe.store.format}{twins}",
        "shards": f"{plan.shards:,}",
        "engine": plan.fingerprint["engine"],
        "judge": f"{plan.fingerprint['judge']}; included: {recipe.verify.evidence} evidence",
        **({"server": f"{most}{cost}, twins included"} if cost else {}),
    }.items():
        click.echo(f"  {heading:9}{text}")
    _print_table(
        ("category", "cells", f"{most}takes", "personas", "evidence"),
        [
            [_name(category), *map(_shown, row.values()), plan.evidence.get(category, "")]
            for category, row in coverage(plan).items()
        ],
    )


def _print_pilot(plan: "Plan", pilot: "Pilot", whole: "Forecast") -> None:
    low, high = pilot.interval
    levels = ", ".join(f"{count} {level}" for level, count in pilot.levels().items())
    click.echo(
        f"pilot: {pilot.passed} of {len(pilot.tried)} takes included, {pilot.rate:.1%} "
        f"(95 %: {low:.1%} to {high:.1%}); {levels}"
    )
    for heading, text in {
        "takes": _range(whole.takes, lambda number: f"{number:,.0f}"),
        "included": _range(whole.included, lambda number: f"{number:,.0f}"),
        "filled": _range(whole.filled, lambda share: f"{share:.0%}") + " of the cells" if plan.recipe.stop else "",
        "audio": _range(whole.hours, _time),
        "disk": _range(whole.gigabytes, _bytes),
        "finish": _range(whole.finish_hours, _time) + f" with {whole.workers} worker{'s' * (whole.workers > 1)} like this one",
        "cost": _range(whole.cost, lambda cost: f"{cost:,.2f}") if whole.cost else "",
    }.items():
        if text:
            click.echo(f"  {heading:9}{text}")


# --- What is shown


def _range(found: "Range", shown: Any) -> str:
    """A number and, if they look different, what it is at both ends of the pass rate's interval."""
    value, *ends = (shown(number) for number in (found.expected, *sorted((found.at_low, found.at_high))))
    return value if set(ends) == {value} else f"{value} ({ends[0]} to {ends[1]})"


def _time(hours: float) -> str:
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s"
    return f"{hours * 60:.0f} min" if hours < 1.5 else f"{hours:,.1f} h"


def _bytes(gigabytes: float) -> str:
    for unit, size in (("TB", 1e3), ("GB", 1.0), ("MB", 1e-3)):
        if gigabytes >= size:
            return f"{gigabytes / size:.1f} {unit}"
    return f"{gigabytes * 1e6:.0f} kB"


def _name(category: str) -> str:
    from voiceact.acting import taxonomy

    return taxonomy.get(category).name


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table in a terminal; elsewhere one line a row, columns set apart by tabs."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        click.echo("\n".join("\t".join(row) for row in rows))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        number = heading.endswith(("cells", "takes", "personas"))
        table.add_column(heading, justify="right" if number else "left", no_wrap=number or heading == headings[0])
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
