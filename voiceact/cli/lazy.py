"""A group of commands that are imported only when they are used, so that help and completion are quick."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import click

from voiceact.errors import nearest


class LazyGroup(click.Group):
    """A click group that knows its commands' names and sentences, and where to find them.

    Args:
        verbs: name -> sentence, in the order of a newcomer's questions
        home: name -> "module:attribute" of its click command
        noun: what a command is called in messages
    """

    def __init__(
        self,
        *arguments: Any,
        verbs: Mapping[str, str] | None = None,
        home: Callable[[str], str] | None = None,
        noun: str = "verb",
        **settings: Any,
    ):
        super().__init__(*arguments, **settings)
        assert verbs is not None and home is not None
        self._verbs, self._home, self._noun = verbs, home, noun

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The click command of that name, or None."""
        if cmd_name not in self._verbs:
            return None
        module, _, attribute = self._home(cmd_name).partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click, but an unknown name is answered with the nearest known one."""
        if args and not args[0].startswith("-") and args[0] not in self._verbs:
            near = nearest(args[0], self._verbs)
            raise click.UsageError(
                f"no {self._noun} {args[0]!r}; " + (f"did you mean {near!r}?" if near else f"known: {', '.join(self._verbs)}")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._verbs.items()))
