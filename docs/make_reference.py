"""Write docs/cli.md from the commands themselves (--print only prints it); a test fails when it is stale."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from voiceact.cli.main import cli

PAGE = Path(__file__).parent / "cli.md"
HEAD = """# The command line

Made from the commands by `make reference`. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143
terminated.
`--debug` before or after a verb shows a stack trace.
"""
WIDTH = 100


def reference() -> str:
    """The whole page."""
    return HEAD + "".join(f"\n## {path}\n\n```text\n{text}\n```\n" for path, text in _helps(cli, "voiceact"))


def _helps(command: click.Command, path: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Path and help of a command and of all below it."""
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=path.rpartition(" ")[2], parent=parent, **settings)
    yield path, command.get_help(context).rstrip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _helps(found, f"{path} {name}", context)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.buffer.write(reference().encode())
    else:
        PAGE.write_text(reference(), encoding="utf-8")
