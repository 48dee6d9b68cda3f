"""`voiceact dataset split`: a run, divided by another rule than its recipe's."""

import json
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.errors import UsageError

if TYPE_CHECKING:
    from voiceact.dataset.splitting import Division
    from voiceact.store.reader import Run


@click.command("split")
@click.argument("run", metavar="RUN")
@click.option(
    "--share", "shares", multiple=True, metavar="NAME=SHARE", help="A split and its share (repeatable); the shares add to 1."
)
@click.option(
    "--by",
    type=click.Choice(["persona", "line", "both"]),
    help="What no two splits share: a persona, a line, or the same line by the same persona.  [default: both]",
)
@click.option("--seed", type=options.SEED, metavar="N", help="Another seed, another draw.  [default: the recipe's]")
@click.option("--dry-run", is_flag=True, help="Show what each split would hold; write nothing.")
@options.as_json()
def command(run: str, shares: tuple[str, ...], by: str | None, seed: int | None, dry_run: bool, as_json: bool) -> None:
    """Divide RUN anew and show what each split holds; without --share, show how it is divided now.

    The rule is written as splits.json beside the shards, which stay as they are; exports, card and report go by it.
    The recipe's own rule takes the file away.

    \b
    voiceact dataset split my-run --share train=0.8 --share validation=0.1 --share test=0.1 --by persona
    """
    from voiceact.dataset.splitting import divide, keep_rule, make_rule
    from voiceact.store.reader import open_run

    opened = open_run(run)
    if not shares and (by or seed is not None):
        raise UsageError("--by and --seed belong to a new rule; name its splits with --share NAME=SHARE")
    division = divide(opened, make_rule(opened, _shares(shares), by or "both", seed) if shares else opened.rule)
    written = bool(shares) and not dry_run
    if written:
        keep_rule(opened, division.rule)
    if as_json:
        click.echo(json.dumps({**_document(division), "written": written}, indent=2, ensure_ascii=False))
    else:
        _print(division)
        click.echo(_where(run, opened, division, written))
    for note in division.notes:
        options.say(note)


def _where(run: str, opened: "Run", division: "Division", written: bool) -> str:
    if not opened.rule.divides_as(division.rule):
        return "nothing was written"
    how = f"by {division.rule.by}, seed {division.rule.seed}; "
    if opened.own_rule is None:
        return how + "this is the rule of the recipe" + (", which needs no splits.json" if written else "")
    return how + f"the rule stands in {run.rstrip('/')}/splits.json"


def _shares(pairs: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            share = float(value)
        except ValueError:
            raise UsageError(f"--share {pair!r} is no share; expected NAME=NUMBER, such as train=0.8") from None
        if name in found:
            raise UsageError(f"--share names {name!r} twice; keep one")
        found[name] = share
    return found


def _print(division: "Division") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("split", "share", "clips", "of all", "hours", "personas", "categories", "takes")
    for column in table.columns[1:]:
        column.justify = "right"
    for part in division.parts:
        table.add_row(
            part.name,
            f"{part.share:.1%}",
            f"{part.clips:,}",
            f"{part.clips / max(1, division.clips):.1%}",
            f"{part.seconds / 3600:.2f}",
            str(len(part.personas)),
            str(len(part.categories)),
            f"{part.takes:,}",
        )
    Console(markup=False).print(table)


def _document(division: "Division") -> dict[str, Any]:
    rule = division.rule
    return {
        "by": rule.by,
        "seed": rule.seed,
        "notes": division.notes,
        "splits": [
            {
                "name": part.name,
                "share": part.share,
                "clips": part.clips,
                "seconds": round(part.seconds, 3),
                "personas": sorted(part.personas),
                "categories": sorted(part.categories),
                "takes": part.takes,
            }
            for part in division.parts
        ],
    }
