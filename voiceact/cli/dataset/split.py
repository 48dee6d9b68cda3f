"""`voiceact dataset split`: a run, divided by another rule than its recipe's."""

from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_note, print_table
from voiceact.errors import UsageError

if TYPE_CHECKING:
    from voiceact.dataset.splitting import Division


@click.command("split")
@click.argument("run", metavar="RUN")
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="NAME=SHARE",
    help="Name of a split and its share of the clips (repeatable); the shares add up to 1.",
)
@click.option(
    "--by",
    type=click.Choice(["persona", "line", "both"]),
    help="What no two splits share: a persona, a line, or the same line by the same persona.  [default: both]",
)
@click.option("--seed", type=options.SEED, metavar="N", help="Seed of the random division.  [default: the recipe's]")
@click.option("--dry-run", is_flag=True, help="Show what each split would hold; write nothing.")
@options.as_json()
def command(run: str, shares: tuple[str, ...], by: str | None, seed: int | None, dry_run: bool, as_json: bool) -> None:
    """Divide RUN anew and show what each split holds; without --share, show how it is divided now.

    The rule is written as splits.json beside the shards, which stay as they are; exports, card and report follow it.
    Asking for the recipe's own rule removes the file.

    \b
    voiceact dataset split my-run --share train=0.8 --share validation=0.1 --share test=0.1 --by persona
    """
    from voiceact.dataset.splitting import divide, make_rule, save_rule
    from voiceact.store.reader import open_run

    opened = open_run(run)
    if not shares and (by or seed is not None):
        raise UsageError("--by and --seed belong to a new rule; name its splits with --share NAME=SHARE")
    division = divide(opened, make_rule(opened, _parse_shares(shares), by or "both", seed) if shares else opened.rule)
    written = bool(shares) and not dry_run
    if written:
        save_rule(opened, division.rule)
    if as_json:
        print_json({**_document(division), "written": written})
    else:
        _print_parts(division)
        where = f"the rule stands in {run.rstrip('/')}/splits.json"
        if opened.own_rule is None:
            where = "this is the rule of the recipe" + (", which needs no splits.json" if written else "")
        rule = f"by {division.rule.by}, seed {division.rule.seed}; {where}"
        click.echo(rule if opened.rule.divides_as(division.rule) else "nothing was written")
    for note in division.notes:
        print_note(note)


def _parse_shares(pairs: tuple[str, ...]) -> dict[str, float]:
    parsed: dict[str, float] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            share = float(value)
        except ValueError:
            raise UsageError(f"--share {pair!r} is no share; expected NAME=NUMBER, such as train=0.8") from None
        if name in parsed:
            raise UsageError(f"--share names {name!r} twice; keep one")
        parsed[name] = share
    return parsed


def _print_parts(division: "Division") -> None:
    headings = ("split", "share", "clips", "of all", "hours", "personas", "categories", "takes")
    print_table(
        headings,
        [
            (
                part.name,
                f"{part.share:.1%}",
                part.clips,
                f"{part.clips / max(1, division.clips):.1%}",
                f"{part.seconds / 3600:.2f}",
                len(part.personas),
                len(part.categories),
                part.takes,
            )
            for part in division.parts
        ],
        right=headings[1:],
    )


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
