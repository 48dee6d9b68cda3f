"""The `voiceact` command: finds a noun's file when it is used, phrases errors, sets the exit status."""

import errno
import signal
import sys

import click

from voiceact import __version__
from voiceact.cli.lazy import LazyGroup
from voiceact.cli.output import print_note
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.signals import Terminated, exit_status, terminable

COMMANDS = {
    name: (what, f"voiceact.cli.{name}:command")
    for name, what in {
        "synth": "speak a line as a persona that feels an emotion",
        "say": "speak a whole request written as one sentence",
        "lines": "speak a table of lines, one file a line, named by its id",
        "tell": "tell a story with a voice for each person who speaks",
        "recipe": "plan, run and check data sets, from one YAML file each",
        "dataset": "export a run in forms that load elsewhere, with data card and report",
        "text": "show the spoken form of a text, word by word",
        "replay": "make a clip again from its record",
        "verify": "judge existing clips from their records",
        "estimate": "tell which emotions are heard in audio files",
        "estimator": "train heads of an estimator on runs and labelled clips",
        "annotate": "annotate any speech at scale: scores, attributes and bursts as Parquet",
        "caption": "put an annotation into words, each with the score behind it",
        "search": "find clips of an annotation or a run by feeling, voice, bursts or likeness",
        "serve": "serve speech over HTTP, in the shape of OpenAI's speech API",
        "listen": "ask people what they hear, and compare the judge with them",
        "emotion": "list and explain the 40 emotion categories",
        "persona": "list, show, make, cast, hear and check personas",
        "director": "show and fit where directed takes begin",
        "engine": "list, explain, install and measure the engines",
        "model": "list, download and check weights of large models",
        "corpus": "list human speech corpora, and write their manifests",
        "judge": "train a judge on human speech, or measure one",
        "doctor": "show what is installed and what works offline",
        "completion": "print the shell's completion script",
    }.items()
}
"""noun -> (what its commands do, where they are), in the order of a newcomer's questions"""
OTHER_NAME_HELPS = (
    errno.ENAMETOOLONG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ELOOP,
)
"""errors of a file that the user named, and could name another"""
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@click.command(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--debug", is_flag=True, help="Show a stack trace when something fails.")
@click.version_option(__version__, prog_name="voiceact")
def cli(debug: bool) -> None:
    """Voice acting that is verified: name a persona and an emotion, an engine speaks the line, a judge listens."""


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
        print_note("interrupted; nothing is left half-written")
        sys.exit(exit_status(signal.SIGTERM if isinstance(error.__cause__, Terminated) else signal.SIGINT))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except VoiceactError as error:
        if debug:
            raise
        print_note(str(error))
        sys.exit(error.exit_status)
    except BrokenPipeError:
        # The reader of our output has gone (voiceact … | head): nothing to tell anybody.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        # A disk may fail, or refuse a name, wherever a file is looked at; of standard output no file is named.
        if debug or error.filename is None and error.errno not in DISK_FULL:
            raise
        phrased = _phrase_file_error(error)
        print_note(str(phrased))
        sys.exit(phrased.exit_status)
    sys.exit(status if isinstance(status, int) else 0)


def _phrase_file_error(error: OSError) -> VoiceactError:
    if error.filename is None:
        return VoiceactError(f"cannot write what is to be said ({error.strerror}); free some space and run again")
    name = str(error.filename)
    short = name if len(name) <= 100 else f"{name[:100]}…"
    kind = UsageError if error.errno in OTHER_NAME_HELPS else VoiceactError
    return kind(f"{short}: cannot be used ({error.strerror}); name another")
