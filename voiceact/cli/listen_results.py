"""`voiceact listen results`, `export` and `bundle`: answers to files, and tests without a server."""

import json
from pathlib import Path

import click

from voiceact.cli import options

TEST = click.argument("folder", metavar="TEST", type=options.PATH)
DATABASE = click.option("--database", metavar="URL", help="Of the server; TEST/answers.sqlite if not given.")
COLLECT = click.option(
    "--collect",
    "collected",
    multiple=True,
    type=options.PATH,
    metavar="FILE|DIR",
    help="Files that listeners of a bundle sent back, or a folder of them (repeatable).",
)
RESULTS = click.option(
    "--results",
    "path",
    type=options.PATH,
    metavar="FILE",
    help="Results that were written before, instead of the server's database.",
)


@click.command()
@TEST
@DATABASE
@COLLECT
@click.option("--out", required=True, type=options.PATH, metavar="FILE", help="A .jsonl or .csv file.")
@click.option(
    "--listeners",
    "people",
    type=options.PATH,
    metavar="FILE",
    help="Write the listeners too, .jsonl or .csv: language, headphone check, times.",
)
@options.as_json()
def results(
    folder: Path, database: str | None, collected: tuple[Path, ...], out: Path, people: Path | None, as_json: bool
) -> None:
    """Write the answers of TEST to a file, one row an answer, every one of them checked.

    \b
    voiceact listen results my-test --out results.jsonl
    voiceact listen results my-test --collect sent-back --out results.csv
    """
    import msgspec

    from voiceact.listening.answers.answer import Listener
    from voiceact.listening.answers.collect import gather
    from voiceact.listening.answers.results import write_results, write_rows
    from voiceact.listening.loading import load_test

    test = load_test(folder)
    answers, listeners = gather(test, database=database, collected=collected)
    rows = write_results(answers, out)
    if people:
        write_rows([msgspec.structs.asdict(one) for one in listeners], Listener.__struct_fields__, people)
    heard = len({answer.listener for answer in answers})
    if as_json:
        click.echo(json.dumps({"test": test.id, "out": str(out), "answers": rows, "listeners": heard}, indent=2))
        return
    click.echo(f"{rows} answers of {heard} listeners written: {out}")


@click.command()
@TEST
@DATABASE
@COLLECT
@RESULTS
@click.option(
    "--format",
    "form",
    default="tidy",
    show_default=True,
    metavar="NAME",
    help="tidy (answers beside what is known of their clips) or emonet (labels as in EmoNet-Voice Bench).",
)
@click.option("--out", required=True, type=options.PATH, metavar="FILE", help="A .jsonl or .csv file.")
def export(folder: Path, database: str | None, collected: tuple[Path, ...], path: Path | None, form: str, out: Path) -> None:
    """Write the answers of TEST in the form that another tool reads."""
    from voiceact.listening.answers.collect import gather
    from voiceact.listening.answers.export import export as write
    from voiceact.listening.answers.results import read_results
    from voiceact.listening.loading import load_test

    test = load_test(folder)
    answers = read_results(path, test) if path else gather(test, database=database, collected=collected)[0]
    click.echo(f"{write(test, answers, out, form=form)} rows written: {out}")


@click.command()
@TEST
@click.option("--out", required=True, type=options.PATH, metavar="FOLDER", help="Where to; it must not exist.")
@click.option(
    "--listeners",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="For so many people at most; as many as the round needs if not given.",
)
@click.option(
    "--after",
    type=options.PATH,
    metavar="FILE",
    help="Results there are already: ask only what they leave open, a further round among it.",
)
@options.as_json()
def bundle(folder: Path, out: Path, listeners: int | None, after: Path | None, as_json: bool) -> None:
    """Make TEST a folder that is opened without a server and ends in a file to send back.

    Give each person the folder and a number of their own; their page ends in a file for 'voiceact listen results --collect'.

    \b
    voiceact listen bundle my-test --out to-send
    """
    from voiceact.listening.answers.results import read_results
    from voiceact.listening.delivery.bundle import PAGE, make_bundle
    from voiceact.listening.loading import load_test

    test = load_test(folder)
    made = make_bundle(test, out, listeners=listeners, after=read_results(after, test) if after else None)
    numbers = [guest.number for guest in made.guests]
    if as_json:
        click.echo(
            json.dumps(
                {
                    "page": str(out / PAGE),
                    "bundle": made.number,
                    "listeners": numbers,
                    "items": [len(guest.items) for guest in made.guests],
                },
                indent=2,
            )
        )
        return
    who = f"listener {numbers[0]}" if len(numbers) == 1 else f"listeners {numbers[0]} to {numbers[-1]}"
    click.echo(f"written: {out / PAGE}, for {who}, a number for each person")
    if listeners and len(numbers) < listeners:
        click.echo(f"voiceact: {len(numbers)} listeners are enough for this round; {listeners} were asked for", err=True)
