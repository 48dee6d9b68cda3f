"""`voiceact completion`: what the shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL; put it where your shell reads such scripts.

    For bash: eval "$(voiceact completion bash)"
    """
    from voiceact.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell!r}")
    click.echo(kind(cli, {}, "voiceact", "_VOICEACT_COMPLETE").source())
