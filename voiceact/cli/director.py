"""`voiceact director`: where first takes begin, and how that is found."""

from pathlib import Path
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_table
from voiceact.errors import count_noun

FITTED = ("empathetic-educator", "night-shift-taxi-driver")
"""personas that priors are fitted to where none is named: a high and a low voice of strength near 1"""
HELD = ("cheerful-barista", "village-priest")
"""personas that only check what was found"""


@click.group()
def command() -> None:
    """Show and fit the priors of the director: where its first takes begin."""


@command.command("show")
@click.option(
    "--priors", "path", type=options.PATH, metavar="FILE", help="Table to show.  [default: your own, else the shipped one]"
)
@options.as_json()
def show(path: Path | None, as_json: bool) -> None:
    """Show the table of priors, and the run that made it."""
    from voiceact.acting.taxonomy import get
    from voiceact.director.priors import describe_steps, load_priors

    priors = load_priors(path)
    if as_json:
        print_json(priors)
        return
    click.echo(f"{priors.source}, {count_noun(len(priors.rows), 'row')}")
    if not priors.fits and priors.rows:
        click.echo(
            "  not used: fitted to another table of directions than this voiceact has; run 'voiceact director fit' again"
        )
    for name, value in priors.run.items():
        click.echo(f"  {name:12} {', '.join(map(str, value)) if isinstance(value, list) else value}")
    if priors.rows:
        print_table(
            ("engine", "voices", "category", "at", "gain", "begins with"),
            [
                (
                    row.engine,
                    row.group,
                    get(row.category).name,
                    f"{row.intensity:g}",
                    f"{row.gain:+.2f}",
                    describe_steps(row.steps),
                )
                for row in priors.rows
            ],
            right=("at", "gain"),
        )


@command.command("fit")
@options.engine()
@click.option("--persona", "fitted", multiple=True, metavar="NAME", help="Persona to fit to, low and high voices (repeatable).")
@click.option("--check", "held", multiple=True, metavar="NAME", help="Persona that only checks what was found (repeatable).")
@click.option(
    "--category", "categories", multiple=True, metavar="NAME", help="Category (repeatable).  [default: what is heard in speech]"
)
@click.option(
    "--intensity", "intensities", multiple=True, type=click.FloatRange(0, 7, min_open=True), metavar="N", help="[default: 5]"
)
@click.option(
    "--variations", type=click.IntRange(1, 10_000), default=24, show_default=True, help="Variations tried for each row."
)
@click.option("--coach", default="functionals", show_default=True, metavar="NAME|FILE", help="Coach that listens.")
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Seed of the variations.")
@click.option("--out", type=options.PATH, metavar="FILE", help="Table to write.  [default: your own, which 'synth' then uses]")
@options.persona_folders()
@options.as_json()
def fit(
    engine: str,
    fitted: tuple[str, ...],
    held: tuple[str, ...],
    categories: tuple[str, ...],
    intensities: tuple[float, ...],
    variations: int,
    coach: str,
    seed: int,
    out: Path | None,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Find where the coach likes first takes best, for low and for high voices, and write the table.

    What is found enters the table only if it also helps a persona and a line that it was not fitted to. The judge has no say.
    """
    from voiceact.acting.data_file import directions_digest
    from voiceact.acting.persona import load_persona
    from voiceact.acting.script import load_lines
    from voiceact.acting.taxonomy import get, resolve
    from voiceact.director.coach import check_independent, load_coach
    from voiceact.director.fit import Fit
    from voiceact.director.priors import FORMAT, Prior, Priors, describe_steps, encode_priors, own_path
    from voiceact.estimators.registry import load_estimator
    from voiceact.runtime.atomic_files import write_whole
    from voiceact.runtime.progress import show_progress

    listener = load_coach(coach)
    independence = check_independent(listener, load_estimator())
    categories_heard = [
        category_id for category_id, level in load_estimator().evidence("neutral").items() if level == "category"
    ]
    chosen = [resolve(name).category.id for name in categories] or categories_heard
    lines = [line.text for line in load_lines("en") if line.kind == "neutral" and len(line.text) < 60][-3:]
    plan = Fit(
        engine,
        listener,
        [load_persona(name, folders) for name in fitted or FITTED],
        [load_persona(name, folders) for name in held or HELD],
        lines,
        chosen,
        intensities or (5.0,),
        variations,
        seed,
    )
    path = out or own_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    rows: list[Prior] = []
    with show_progress():
        for row, holds in plan.rows():
            rows += [row] if holds else []
            if not as_json:
                verdict = "kept" if holds else "left out: it does not help voices it was not fitted to"
                click.echo(f"{get(row.category).name} {row.intensity:g}, {row.group} voices: {row.gain:+.2f} nats, {verdict}")
    run: dict[str, Any] = {
        "coach": f"{independence.name} {independence.revision}",
        "personas": [persona.name for persona in plan.fitted],
        "checked with": [persona.name for persona in plan.held],
        "lines": lines,
        "variations": variations,
        "seed": seed,
    }
    priors = Priors(format=FORMAT, directions=directions_digest(), run=run, rows=rows)
    write_whole(path, encode_priors(priors))
    if as_json:
        print_json(priors)
    else:
        click.echo(
            f"wrote      {path}: {count_noun(len(rows), 'row')}; such as {describe_steps(rows[0].steps) if rows else 'none'}"
        )
