"""`voiceact listen serve` and `voiceact listen status`: a test before listeners, and how it is going."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.listening.delivery.server.run import Opened

DATABASE = click.option(
    "--database",
    metavar="sqlite|URL",
    help="Where answers are kept: answers.sqlite in TEST (the default), or postgresql://USER@HOST/NAME.",
)
TEST = click.argument("test", type=options.PATH, metavar="TEST")


@click.command()
@TEST
@DATABASE
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen; 0.0.0.0 is every network."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--url", metavar="URL", help="Under which listeners reach the server, where a proxy stands before it.")
@click.option(
    "--listeners",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Links in all: those that are missing are made and printed. With --open: how many may join (1000).",
)
@click.option("--open", "open_", is_flag=True, help="No links: whoever opens the page takes part.")
@click.option("--days", type=options.Number(0, min_open=True), metavar="D", help="New links expire after so many days.")
@click.option(
    "--admin-token",
    metavar="TOKEN",
    envvar="VOICEACT_ADMIN_TOKEN",
    show_envvar=True,
    help="Of the page that shows progress; a random one unless given.",
)
@options.as_json()
def serve(as_json: bool, open_: bool, **wishes: Any) -> None:
    """Put the listening test in the folder TEST before listeners, until Ctrl-C.

    Prints a link for each listener, and the administrator's. A link is told once: only its hash is kept. Answers survive
    anything that happens to the server; start it again with the same command.

    \b
    voiceact listen serve my-test --listeners 6
    voiceact listen serve my-test --open --host 0.0.0.0
    """
    from voiceact.listening.delivery.server.run import Serving, open_server

    opened = open_server(Serving(open=open_, **wishes))
    _print_json(opened) if as_json else _print(opened, open_)
    opened.run()


@click.command()
@TEST
@DATABASE
@options.as_json()
def status(test: Path, database: str | None, as_json: bool) -> None:
    """How far the listening test in the folder TEST is: items, listeners, gold, what was refused.

    The server may be running.
    """
    from voiceact.listening.delivery.server.run import read_status

    found = read_status(test, database)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _print_status(found)


def _print_json(opened: "Opened") -> None:
    links = [{"listener": who, "url": link} for who, link in opened.links]
    click.echo(
        json.dumps(
            {"url": opened.url, "admin": opened.admin, "database": opened.database, "links": links, "earlier": opened.earlier}
        )
    )


def _print(opened: "Opened", open_: bool) -> None:
    click.echo(f"Serving at {opened.url} (Ctrl-C stops; answers are kept in {opened.database})")
    if open_:
        click.echo(f"Whoever opens it takes part: {opened.url}")
    for who, link in opened.links:
        click.echo(f"Listener {who}: {link}")
    if opened.earlier and not open_:
        click.echo(f"{opened.earlier} earlier listeners keep their links, which cannot be shown again.")
    if not (opened.links or opened.earlier or open_):
        click.echo("There are no listeners yet: say --listeners N or --open, or make links on the page below.")
    click.echo(f"Progress, results, more links: {opened.admin}")


def _print_status(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    items = Table(
        "kind of item", "items", "answered", "complete", "answers", title=f"{found['protocol']}, test {found['test']}"
    )
    for row in found["kinds"]:
        items.add_row(row["kind"], *(_cell(row[key]) for key in ("items", "answered", "complete", "answers")))
    console.print(items)
    people = Table("listener", "answers", "of", "seconds", "gold", "attention", "headphones", "state")
    for row in found["listeners"]:
        people.add_row(
            row["id"],
            _cell(row["answers"]),
            _cell(row["of"]),
            _cell(row["seconds"]),
            _share(row["gold"]),
            _share(row["attention"]),
            _cell(row["qualified"]),
            _state(row),
        )
    console.print(people)
    refused = ", ".join(f"{count} {kind}" for kind, count in found["events"].items()) or "nothing"
    click.echo(
        f"{found['answers']} answers, {found['missing']} missing, {found['answers_last_hour']} in the last hour; "
        f"recorded: {refused}"
    )


def _state(row: dict[str, Any]) -> str:
    return next((name for name in ("deleted", "done", "consented") if row[name]), "not begun")


def _share(found: dict[str, int]) -> str:
    return f"{found['right']} of {found['of']}" if found["of"] else "–"


def _cell(value: Any) -> str:
    return "–" if value is None else {True: "passed", False: "failed"}[value] if isinstance(value, bool) else str(value)
