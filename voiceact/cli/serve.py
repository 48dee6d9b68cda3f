"""`voiceact serve`: speech over HTTP, in the shape of OpenAI's speech API."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.output import print_json
from voiceact.errors import UsageError


@click.command()
@click.option(
    "--engine",
    "engines",
    multiple=True,
    default=("embedded",),
    show_default=True,
    metavar="NAME",
    help="Engine that is served, by its name (repeatable; the first is every alias's unless it says otherwise).",
)
@options.host()
@options.port(8880)
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N", help="Number of processes that speak.  [default: one a core]"
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="KEY",
    help="API key that clients must send (repeatable); also read from the variable VOICEACT_API_KEYS.",
)
@click.option(
    "--alias",
    "aliases",
    multiple=True,
    metavar="NAME=NAME",
    help="Name that clients send for an engine or a persona: tts-1=embedded, alloy=nurse (repeatable).",
)
@click.option(
    "--most",
    type=click.IntRange(1, 10_000),
    default=128,
    show_default=True,
    metavar="N",
    help="Number of requests under way at once; more are told to come again.",
)
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000),
    default=600,
    show_default=True,
    metavar="N",
    help="Number of requests a minute of a key, or of an address where there are no keys.",
)
@click.option(
    "--timeout",
    type=options.Number(1, 3600),
    default=120.0,
    show_default=True,
    metavar="S",
    help="Time limit in seconds of an answer, or of a stream's next sentence.",
)
@options.persona_folders()
@options.as_json()
def command(
    engines: tuple[str, ...],
    host: str,
    port: int,
    workers: int | None,
    keys: tuple[str, ...],
    aliases: tuple[str, ...],
    most: int,
    rate: int,
    timeout: float,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Serve speech over HTTP until Ctrl-C, in the shape of OpenAI's speech API.

    Everybody who reaches the address is served unless a key is given; keep to 127.0.0.1 without one.

    \b
    voiceact serve
    voiceact serve --host 0.0.0.0 --alias tts-1=embedded --alias alloy=nurse
    curl localhost:8880/v1/audio/speech -H 'Content-Type: application/json' --output hello.mp3 \\
      -d '{"model": "embedded", "voice": "nurse", "input": "Sit down, please.", "instructions": "worried"}'
    """
    import os

    from voiceact.serve.run import open_server
    from voiceact.serve.settings import ServeSettings

    opened = open_server(
        ServeSettings(
            engines=engines,
            workers=workers,
            personas=tuple(map(str, folders)),
            aliases=_read_aliases(aliases),
            keys=(*keys, *os.environ.get("VOICEACT_API_KEYS", "").split()),
            most_requests=most,
            rate=rate,
            seconds=timeout,
        ),
        host=host,
        port=port,
    )
    if as_json:
        # On one line, so that a program that starts the server can read it while the server runs.
        print_json({"url": opened.url, "engines": list(engines)}, one_line=True)
    else:
        click.echo(f"Serving {', '.join(engines)} at {opened.url}/v1 (Ctrl-C stops; {opened.url}/health says when it is ready)")
    opened.run()


def _read_aliases(pairs: tuple[str, ...]) -> dict[str, str]:
    aliases = {}
    for pair in pairs:
        name, equals, target = (part.strip() for part in pair.partition("="))
        if not (equals and name and target):
            raise UsageError(f"--alias {pair!r} lacks a part; expected NAME=NAME, as in alloy=nurse")
        aliases[name] = target
    return aliases
