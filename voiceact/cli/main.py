"""The `voiceact` command: finds a verb's file when it is used, phrases errors, sets the exit status."""

import errno
import signal
import sys

import click

from voiceact import __version__
from voiceact.cli.lazy import LazyGroup
from voiceact.cli.options import say
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.signals import Terminated, exit_status, terminable

VERBS = {
    "synth": "perform a line as a persona that feels an emotion",
    "lines": "perform a table of lines, files named by id",
    "recipe": "plan, run and check data sets, from one YAML file each",
    "dataset": "bring a run into forms that load elsewhere, with card and report",
    "replay": "make a clip again from its record",
    "verify": "judge clips that exist, from their records",
    "estimate": "say what is heard in audio files",
    "listen": "let people say what they hear, and hold the judge against them",
    "emotion": "list and explain the 40 categories",
    "persona": "list, show, find and check personas",
    "engine": "list, explain, install and measure the engines",
    "model": "list, fetch and check weights of large models",
    "corpus": "turn human speech corpora into manifests",
    "judge": "train a judge on human speech, or measure one",
    "doctor": "say what is installed and what works offline",
    "completion": "print the shell's completion script",
}
THEIR_FILE = (
    errno.ENAMETOOLONG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ELOOP,
)
"""of a file that the user named, and could name another"""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _home(verb: str) -> str:
    return f"voiceact.cli.{verb}:command"


@click.command(
    cls=LazyGroup, verbs=VERBS, home=_home, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option("--debug", is_flag=True, help="Show a stack trace when something fails.")
@click.version_option(__version__, prog_name="voiceact")
def cli(debug: bool) -> None:
    """Voice acting that is verified: name a persona and an emotion, an engine performs it, a judge listens."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    try:
        with terminable():
            status = cli.main(
                args=[word for word in arguments if word != "--debug"], prog_name="voiceact", standalone_mode=False
            )
    except click.exceptions.Abort as error:
        say("interrupted; nothing is left half-written")
        sys.exit(exit_status(signal.SIGTERM if isinstance(error.__cause__, Terminated) else signal.SIGINT))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except VoiceactError as error:
        if debug:
            raise
        say(str(error))
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of our output has gone (voiceact … | head): nothing to tell anybody.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        # A disk may fail, or refuse a name, wherever a file is looked at; of standard output no file is named.
        if debug or error.filename is None and error.errno not in FULL:
            raise
        told = _of_file(error)
        say(str(told))
        sys.exit(told.exit_status)
    sys.exit(status if isinstance(status, int) else 0)


def _of_file(error: OSError) -> VoiceactError:
    if error.filename is None:
        return VoiceactError(f"cannot write what is to be said ({error.strerror}); free some space and run again")
    name = str(error.filename)
    short = name if len(name) <= 100 else f"{name[:100]}…"
    kind = UsageError if error.errno in THEIR_FILE else VoiceactError
    return kind(f"{short}: cannot be used ({error.strerror}); name another")
