"""`voiceact listen serve` and `status`: a test that listeners take in the browser, and its progress."""

from pathlib import Path
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_table
from voiceact.errors import count_noun

DATABASE = click.option(
    "--database",
    metavar="sqlite|URL",
    help="Database of the answers: answers.sqlite in TEST (the default), or postgresql://USER@HOST/NAME.",
)
TEST = click.argument("test", type=options.PATH, metavar="TEST")


@click.command()
@TEST
@DATABASE
@options.host()
@options.port(8765)
@click.option("--url", metavar="URL", help="Address under which listeners reach the server, where a proxy stands before it.")
@click.option(
    "--listeners",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Number of links in all; those that are missing are made and printed. With --open: how many may join (1000).",
)
@click.option("--open", "open_", is_flag=True, help="Let everybody who opens the page take part, without links.")
@click.option("--days", type=options.Number(0, min_open=True), metavar="D", help="Number of days after which new links expire.")
@click.option(
    "--admin-token",
    metavar="TOKEN",
    envvar="VOICEACT_ADMIN_TOKEN",
    show_envvar=True,
    help="Token of the page that shows progress; a random one unless given.",
)
@options.as_json()
def serve(as_json: bool, open_: bool, **settings: Any) -> None:
    """Serve the listening test in the folder TEST to listeners, until Ctrl-C.

    Prints a link for each listener, and the administrator's. A link is printed once: only its hash is kept. Answers survive
    anything that happens to the server; start it again with the same command.

    \b
    voiceact listen serve my-test --listeners 6
    voiceact listen serve my-test --open --host 0.0.0.0
    """
    from voiceact.listening.delivery.server.run import Serving, open_server

    opened = open_server(Serving(open=open_, **settings))
    if as_json:
        links = [{"listener": listener, "url": link} for listener, link in opened.links]
        # On one line, so that a program that starts the server can read it while the server runs.
        print_json(
            {"url": opened.url, "admin": opened.admin, "database": opened.database, "links": links, "earlier": opened.earlier},
            one_line=True,
        )
    else:
        click.echo(f"Serving at {opened.url} (Ctrl-C stops; answers are kept in {opened.database})")
        if open_:
            click.echo(f"Whoever opens it takes part: {opened.url}")
        for listener, link in opened.links:
            click.echo(f"Listener {listener}: {link}")
        if opened.earlier and not open_:
            click.echo(f"{count_noun(opened.earlier, 'earlier listener')} keep their links, which cannot be shown again.")
        if not (opened.links or opened.earlier or open_):
            click.echo("There are no listeners yet: say --listeners N or --open, or make links on the page below.")
        click.echo(f"Progress, results, more links: {opened.admin}")
    opened.run()


@click.command()
@TEST
@DATABASE
@options.as_json()
def status(test: Path, database: str | None, as_json: bool) -> None:
    """Show the progress of the listening test in the folder TEST: items, listeners, gold, what was refused.

    The server may be running.
    """
    from voiceact.listening.delivery.server.run import read_server_status

    progress = read_server_status(test, database)
    if as_json:
        print_json(progress)
    else:
        _print_status(progress)


def _print_status(progress: dict[str, Any]) -> None:
    print_table(
        ("kind of item", "items", "answered", "complete", "answers"),
        [[row[key] for key in ("kind", "items", "answered", "complete", "answers")] for row in progress["kinds"]],
        title=f"{progress['protocol']}, test {progress['test']}",
    )
    print_table(
        ("listener", "answers", "of", "seconds", "gold", "attention", "headphones", "state"),
        [
            (
                row["id"],
                row["answers"],
                row["of"],
                row["seconds"],
                _count_right(row["gold"]),
                _count_right(row["attention"]),
                {None: None, True: "passed", False: "failed"}[row["qualified"]],
                next((state for state in ("deleted", "done", "consented") if row[state]), "not begun"),
            )
            for row in progress["listeners"]
        ],
    )
    refused = ", ".join(f"{count} {kind}" for kind, count in progress["events"].items()) or "nothing"
    click.echo(
        f"{count_noun(progress['answers'], 'answer')}, {progress['missing']} missing, "
        f"{progress['answers_last_hour']} in the last hour; "
        f"recorded: {refused}"
    )


def _count_right(checks: dict[str, int]) -> str | None:
    return f"{checks['right']} of {checks['of']}" if checks["of"] else None
