"""voiceact estimate: what is heard in audio files."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.estimators import Profile


@click.command("estimate")
@click.argument("inputs", nargs=-1, metavar="FILE…")
@click.option(
    "--reference",
    "neutral",
    multiple=True,
    metavar="NEUTRAL",
    type=options.PATH,
    help="A neutral recording of the same voice (up to five); scores are then relative to it.",
)
@click.option(
    "--statistics",
    metavar="DIR",
    type=options.PATH,
    help="A folder of at least twelve recordings of the same voice, whatever they express.",
)
@click.option(
    "--estimator",
    "name",
    default="human",
    show_default=True,
    metavar="NAME",
    help="Who listens: a name, or a model.npz from 'voiceact judge train'.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document a file (JSON lines for many).")
def command(inputs: tuple[str, ...], neutral: tuple[Path, ...], statistics: Path | None, name: str, as_json: bool) -> None:
    """Say what is heard in FILES: 40 categories from 0 to 7, arousal, valence, dominance, and the evidence.

    FILE is an audio file, a folder, a pattern such as 'takes/*.wav', or - for a list of files on standard
    input. A file that cannot be judged is reported and the others are judged; the exit status is then 1.
    """
    from voiceact.errors import UsageError
    from voiceact.estimators import load_estimator
    from voiceact.estimators.estimating import estimate, expand, reference_of

    if not inputs:
        raise UsageError("no file given; expected audio files, folders, patterns, or - for a list on standard input")
    judge = load_estimator(name)
    reference = reference_of(judge, list(neutral), statistics)
    paths = expand(inputs, sys.stdin)
    failed = 0
    for path, found in _watched(estimate(judge, paths, reference=reference), len(paths)):
        if isinstance(found, Exception):
            failed += 1
            options.say(str(found))
        elif as_json:
            click.echo(json.dumps(found.record(str(path)), ensure_ascii=False))
        else:
            _print(path, found, short=len(paths) > 1)
    if failed:
        click.echo(f"voiceact: {failed} of {len(paths)} files could not be judged", err=True)
        sys.exit(1)


def _watched(results: Iterator[Any], total: int) -> Iterator[Any]:
    """The results, with a bar on stderr where that is a terminal and there are many."""
    from rich.console import Console
    from rich.progress import Progress

    from voiceact.runtime.progress import report_step, show_progress

    console = Console(stderr=True)
    if not console.is_terminal:
        with show_progress("listening"):
            for number, result in enumerate(results, 1):
                report_step("files", number, total)
                yield result
        return
    with Progress(console=console, transient=True, disable=total < 2) as bar:
        task = bar.add_task("listening", total=total)
        for result in results:
            bar.advance(task)
            yield result


def _print(path: Path, profile: "Profile", *, short: bool) -> None:
    from rich.console import Console

    console = Console()
    console.print(f"{path}: {_affect(profile)}; reference: {_reference(profile)}", markup=False, highlight=False)
    if short:
        console.print(f"  {_highest(profile)}", markup=False, highlight=False)
    else:
        _print_table(console, profile)


def _affect(profile: "Profile") -> str:
    readings = {"arousal": profile.arousal, "valence": profile.valence, "dominance": profile.dominance}
    return ", ".join(f"{name} {value:+.2f}" for name, value in readings.items() if value is not None)


def _reference(profile: "Profile") -> str:
    told = {
        "none": "none (scores are less certain)",
        "neutral": "neutral speech of the voice",
        "statistics": "statistics of the voice",
    }
    return told[profile.reference]


def _ordered(profile: "Profile") -> list[tuple[str, float]]:
    scored = [(one, score) for one, score in profile.scores.items() if score is not None]
    return sorted(scored, key=lambda item: -item[1])


def _highest(profile: "Profile") -> str:
    return ", ".join(f"{one} {score:.1f} ({profile.evidence[one]})" for one, score in _ordered(profile)[:4])


def _print_table(console: Any, profile: "Profile") -> None:
    from rich.table import Table

    table = Table("category", "0 to 7", "", "evidence")
    for one, score in _ordered(profile):
        table.add_row(one, f"{score:.1f}", "█" * round(score * 3), profile.evidence[one])
    console.print(table)
    without = [one for one, score in profile.scores.items() if score is None]
    for reason in sorted({profile.reasons.get(one, "") for one in without}):
        names = ", ".join(one for one in without if profile.reasons.get(one, "") == reason)
        console.print(f"no score: {names} ({reason})", markup=False, highlight=False)
