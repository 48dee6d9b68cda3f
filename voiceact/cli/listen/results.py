"""`voiceact listen results`, `export` and `bundle`: answers to files, and tests without a server."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.listen.options import COLLECT, DATABASE, RESULTS, TEST, load_answers
from voiceact.cli.output import print_json, print_note
from voiceact.errors import count_noun


@click.command()
@TEST
@DATABASE
@COLLECT
@click.option("--out", required=True, type=options.PATH, metavar="FILE", help="File to write, .jsonl or .csv.")
@click.option(
    "--listeners",
    "people",
    type=options.PATH,
    metavar="FILE",
    help="File to write the listeners to, .jsonl or .csv: language, headphone check, times.",
)
@options.as_json()
def results(
    folder: Path, database: str | None, collected: tuple[Path, ...], out: Path, people: Path | None, as_json: bool
) -> None:
    """Write the answers of TEST to a file, one row an answer; each of them is checked.

    \b
    voiceact listen results my-test --out results.jsonl
    voiceact listen results my-test --collect sent-back --out results.csv
    """
    import msgspec

    from voiceact.listening.answers.answer import Listener
    from voiceact.listening.answers.collect import gather_answers
    from voiceact.listening.answers.results import write_results, write_rows
    from voiceact.listening.loading import load_test

    test = load_test(folder)
    answers, listeners = gather_answers(test, database=database, collected=collected)
    rows = write_results(answers, out)
    if people:
        write_rows([msgspec.structs.asdict(listener) for listener in listeners], Listener.__struct_fields__, people)
    listener_count = len({answer.listener for answer in answers})
    if as_json:
        print_json({"test": test.id, "out": str(out), "answers": rows, "listeners": listener_count})
        return
    click.echo(f"{count_noun(rows, 'answer')} of {count_noun(listener_count, 'listener')} written: {out}")


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
    help="Form to write: tidy (answers beside what is known of their clips) or emonet (labels as in EmoNet-Voice Bench).",
)
@click.option("--out", required=True, type=options.PATH, metavar="FILE", help="File to write, .jsonl or .csv.")
def export(folder: Path, database: str | None, collected: tuple[Path, ...], path: Path | None, form: str, out: Path) -> None:
    """Write the answers of TEST in the form that another tool reads."""
    from voiceact.listening.answers import export as exporting
    from voiceact.listening.loading import load_test

    test = load_test(folder)
    answers, _ = load_answers(test, path, database, collected)
    click.echo(f"{count_noun(exporting.export_answers(test, answers, out, form=form), 'row')} written: {out}")


@click.command()
@TEST
@click.option("--out", required=True, type=options.PATH, metavar="FOLDER", help="Folder to write to; it must not exist.")
@click.option(
    "--listeners",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Number of listeners at most; as many as the round needs if not given.",
)
@click.option(
    "--after",
    type=options.PATH,
    metavar="FILE",
    help="Results that exist already: ask only what they leave open, a further round included.",
)
@options.as_json()
def bundle(folder: Path, out: Path, listeners: int | None, after: Path | None, as_json: bool) -> None:
    """Make TEST a folder that people open without a server, and that gives them a file to send back.

    Give each person the folder and a number of their own; the file that they send back is for
    'voiceact listen results --collect'.

    \b
    voiceact listen bundle my-test --out to-send
    """
    from voiceact.listening.answers.results import read_results
    from voiceact.listening.delivery.bundle import PAGE, make_bundle
    from voiceact.listening.loading import load_test

    test = load_test(folder)
    written = make_bundle(test, out, listeners=listeners, after=read_results(after, test) if after else None)
    numbers = [guest.number for guest in written.guests]
    if as_json:
        print_json(
            {
                "page": str(out / PAGE),
                "bundle": written.number,
                "listeners": numbers,
                "items": [len(guest.items) for guest in written.guests],
            }
        )
        return
    who = f"listener {numbers[0]}" if len(numbers) == 1 else f"listeners {numbers[0]} to {numbers[-1]}"
    click.echo(f"written: {out / PAGE}, for {who}, a number for each person")
    if listeners and len(numbers) < listeners:
        print_note(f"{count_noun(len(numbers), 'listener')} are enough for this round; {listeners} were asked for")
