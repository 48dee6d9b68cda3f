"""The `voiceact` command: finds a verb's file when it is used, phrases errors, sets the exit status."""

import importlib
import sys
from typing import Any

import click

from voiceact import __version__
from voiceact.errors import VoiceactError, nearest

VERBS = {
    "synth": "perform a line as a persona that feels an emotion",
    "lines": "perform a table of lines, files named by id",
    "replay": "make a clip again from its record",
    "verify": "judge clips that exist, from their records",
    "estimate": "say what is heard in audio files",
    "emotions": "list and explain the 40 categories",
    "persona": "list, show, find and check personas",
    "engines": "list and explain the engines",
    "corpus": "turn human speech corpora into manifests",
    "train-judge": "train the judge on human speech",
    "evaluate-judge": "measure the judge on human speech",
    "doctor": "say what is installed and what works offline",
    "completion": "print the shell's completion script",
}
INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a verb only when it is used, so that `voiceact --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order of a newcomer's questions."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The click command of a verb, or None."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"voiceact.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click, but an unknown verb is answered with the nearest known one."""
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            near = nearest(args[0], VERBS)
            raise click.UsageError(f"no verb {args[0]!r}; " + (f"did you mean {near!r}?" if near else
                                                               f"known: {', '.join(VERBS)}"))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--debug", is_flag=True, help="Show a stack trace when something fails.")
@click.version_option(__version__, prog_name="voiceact")
def cli(debug: bool) -> None:
    """Voice acting that is verified: name a persona and an emotion, an engine performs it, a judge listens."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    try:
        status = cli.main(args=[word for word in arguments if word != "--debug"], prog_name="voiceact",
                          standalone_mode=False)
    except click.exceptions.Abort:
        _say("interrupted; nothing is left half-written")
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except VoiceactError as error:
        if debug:
            raise
        _say(str(error))
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of our output has gone (voiceact … | head): nothing to tell anybody.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)


def _say(sentence: str) -> None:
    click.echo(f"voiceact: {sentence}", err=True)
