"""A group of commands that are imported only when they are used, so that help and completion are quick."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from voiceact.errors import nearest


class LazyGroup(click.Group):
    """A click group that knows its commands by name, by what they do, and by where they are.

    Args:
        lazy: command -> (what it does, "module:attribute" of the click command), in the order in which help lists them
    """

    def __init__(self, *arguments: Any, lazy: Mapping[str, tuple[str, str]], **settings: Any):
        super().__init__(*arguments, **settings)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the click command of that name; None if there is none."""
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name][1].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Resolve as click does; an unknown name is answered with the nearest known one."""
        if args and not args[0].startswith("-") and args[0] not in self._lazy:
            near = nearest(args[0], self._lazy)
            raise click.UsageError(
                f"no command {args[0]!r}; " + (f"did you mean {near!r}?" if near else f"known: {', '.join(self._lazy)}")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (what, _) in self._lazy.items()])
