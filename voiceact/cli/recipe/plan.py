"""`voiceact recipe list`, `show`, `validate` and `plan`: recipes, before a word is spoken."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note, print_table
from voiceact.errors import UsageError, VoiceactError, count_noun

if TYPE_CHECKING:
    from voiceact.recipe.plan import Plan
    from voiceact.runs.pilot import Forecast, ForecastRange, Pilot


def complete_recipe(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of shipped recipes that begin with what was typed, for the shell."""
    from voiceact.recipe.source import recipe_names

    return [name for name in recipe_names() if name.startswith(incomplete)]


@click.command("list")
@options.as_json()
def list_recipes(as_json: bool) -> None:
    """List the recipes that come with voiceact: name, cells, takes at most, and what each is for."""
    from voiceact.recipe.plan import make_plan
    from voiceact.recipe.source import recipe_names

    rows = [
        {"name": name, "cells": plan.cells, "takes": plan.takes, "description": plan.recipe.description}
        for name in recipe_names()
        for plan in [make_plan(name)]
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("recipe", "cells", "takes", "what"),
        [list(row.values()) for row in rows],
        right={"cells", "takes"},
        unbroken={"recipe", "cells", "takes"},
        tabs=True,
    )


@click.command("show")
@click.argument("recipe", metavar="RECIPE", shell_complete=complete_recipe)
@options.as_json()
def show(recipe: str, as_json: bool) -> None:
    """Print the YAML of RECIPE, a shipped name or a file; --json prints every key with its value.

    \b
    voiceact recipe show emonet-voice-mini > mine.yaml
    """
    from voiceact.recipe.source import find_recipe_path, read_recipe

    source = read_recipe(recipe)
    if as_json:
        print_json({"path": str(find_recipe_path(recipe)), "recipe": source.recipe.as_dict()})
    else:
        click.echo(source.text.decode("utf-8-sig"), nl=False)


@click.command("validate")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=options.PATH)
@options.persona_folders()
@options.as_json()
def validate(files: tuple[Path, ...], folders: tuple[Path, ...], as_json: bool) -> None:
    """Check recipe files, with all that they name: one line for each, exit status 2 if one of them is not valid."""
    from voiceact.recipe.plan import make_plan

    rows: list[dict[str, Any]] = []
    for path in files:
        try:
            plan = make_plan(path, folders=folders)
        except VoiceactError as error:
            rows.append({"file": str(path), "valid": False, "error": str(error)})
        else:
            rows.append(
                {
                    "file": str(path),
                    "valid": True,
                    "name": plan.recipe.name,
                    "cells": plan.cells,
                    "takes": plan.takes,
                    "notes": list(plan.notes),
                }
            )
    wrong = [row for row in rows if not row["valid"]]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            if row["valid"]:
                click.echo(f"{row['file']}: valid, {count_noun(row['cells'], 'cell')}, {count_noun(row['takes'], 'take')}")
            else:
                click.echo(row["error"], err=True)
    if wrong:
        raise UsageError(f"{len(wrong)} of {len(files)} recipe file{'s are' if len(files) > 1 else ' is'} not valid")


@click.command("plan")
@click.argument("recipe", metavar="RECIPE", shell_complete=complete_recipe)
@click.option(
    "--pilot",
    "takes",
    type=click.IntRange(1),
    metavar="N",
    help="Speak and judge N takes here, to measure how many pass and how long it takes.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="Number of processes of the run; the pilot runs in one.",
)
@click.option(
    "--cost-per-hour",
    type=options.Number(min=0),
    metavar="X",
    help="Cost of the machine an hour, for an estimate of the whole cost (with --pilot).",
)
@click.option("--strict", is_flag=True, help="Refuse a recipe with cells that were never heard from its engine.")
@options.persona_folders()
@options.as_json()
def plan(
    recipe: str,
    takes: int | None,
    workers: int,
    cost_per_hour: float | None,
    strict: bool,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show what RECIPE, a shipped name or a file, will make: cells, takes, hours, disk, coverage. Nothing is written.

    \b
    voiceact recipe plan emonet-voice-mini
    voiceact recipe plan mine.yaml --pilot 80 --workers 2 --cost-per-hour 1.50
    """
    if cost_per_hour is not None and takes is None:
        raise UsageError("--cost-per-hour needs the time, which a pilot measures; add --pilot 40")
    from voiceact.recipe.plan import make_plan

    recipe_plan = make_plan(recipe, folders=folders)
    if strict and recipe_plan.never_heard:
        raise UsageError(f"{recipe_plan.never_heard}; without --strict they are planned all the same")
    for note in recipe_plan.notes:
        print_note(note)
    pilot = _run_pilot(recipe_plan, takes) if takes else None
    if as_json:
        print_json(_document(recipe_plan, pilot, workers, cost_per_hour))
        return
    _print_plan(recipe_plan)
    if pilot:
        from voiceact.runs.pilot import forecast

        _print_pilot(recipe_plan, pilot, forecast(recipe_plan, pilot, workers=workers, cost_per_hour=cost_per_hour))


def _run_pilot(plan: "Plan", takes: int) -> "Pilot":
    from voiceact.runs.pilot import PilotTake, open_performer, run_pilot

    total, done = min(takes, plan.takes), 0
    with ProgressBar("pilot", total, plain="pilot: {done} of {total} takes") as bar:

        def advance(tried: PilotTake) -> None:
            nonlocal done
            done += 1
            bar.update(done, total)

        return run_pilot(plan, takes, open_performer(plan), progress=advance)


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
    from voiceact.acting import taxonomy
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
        "audio": f"{most}about {_hours_text(size.hours)}",
        "disk": f"{most}about {_disk_text(size.gigabytes)} as {recipe.store.format}{twins}",
        "shards": f"{plan.shards:,}",
        "engine": plan.fingerprint["engine"],
        "judge": f"{plan.fingerprint['judge']}; included: {recipe.verify.evidence} evidence",
        **({"server": f"{most}{cost}, twins included"} if cost else {}),
    }.items():
        click.echo(f"  {heading:9}{text}")
    print_table(
        ("category", "cells", f"{most}takes", "personas", "evidence"),
        [
            [taxonomy.get(category).name, *row.values(), plan.evidence.get(category, "")]
            for category, row in coverage(plan).items()
        ],
        right={"cells", f"{most}takes", "personas"},
        unbroken={"category", "cells", f"{most}takes", "personas"},
        tabs=True,
    )


def _print_pilot(plan: "Plan", pilot: "Pilot", whole: "Forecast") -> None:
    low, high = pilot.interval
    levels = ", ".join(f"{count} {level}" for level, count in pilot.levels().items())
    click.echo(
        f"pilot: {pilot.passed} of {count_noun(len(pilot.tried), 'take')} included, {pilot.rate:.1%} "
        f"(95 %: {low:.1%} to {high:.1%}); {levels}"
    )
    for heading, text in {
        "takes": _range_text(whole.takes, lambda number: f"{number:,.0f}"),
        "included": _range_text(whole.included, lambda number: f"{number:,.0f}"),
        "filled": _range_text(whole.filled, lambda share: f"{share:.0%}") + " of the cells" if plan.recipe.stop else "",
        "audio": _range_text(whole.hours, _hours_text),
        "disk": _range_text(whole.gigabytes, _disk_text),
        "finish": _range_text(whole.finish_hours, _hours_text)
        + f" with {whole.workers} worker{'s' * (whole.workers > 1)} like this one",
        "cost": _range_text(whole.cost, lambda cost: f"{cost:,.2f}") if whole.cost else "",
    }.items():
        if text:
            click.echo(f"  {heading:9}{text}")


def _range_text(estimate: "ForecastRange", write: Callable[[float], str]) -> str:
    """Write a number and, if they look different, its values at both ends of the pass rate's interval."""
    value, *ends = (write(number) for number in (estimate.expected, *sorted((estimate.at_low, estimate.at_high))))
    return value if set(ends) == {value} else f"{value} ({ends[0]} to {ends[1]})"


def _hours_text(hours: float) -> str:
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s"
    return f"{hours * 60:.0f} min" if hours < 1.5 else f"{hours:,.1f} h"


def _disk_text(gigabytes: float) -> str:
    for unit, size in (("TB", 1e3), ("GB", 1.0), ("MB", 1e-3)):
        if gigabytes >= size:
            return f"{gigabytes / size:.1f} {unit}"
    return f"{gigabytes * 1e6:.0f} kB"
