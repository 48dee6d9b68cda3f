"""`voiceact estimate`: which emotions are heard in audio files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note, print_table
from voiceact.errors import count_noun

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
    help="A neutral recording of the same voice (up to five); scores are then relative to it. "
    "One of another voice is refused where that is noticed.",
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
    help="Judge that listens: a name, or a model.npz from 'voiceact judge train'.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a file, each on a line of its own.")
def command(inputs: tuple[str, ...], neutral: tuple[Path, ...], statistics: Path | None, name: str, as_json: bool) -> None:
    """Tell what is heard in each FILE: 40 categories from 0 to 7, arousal, valence, dominance, and the evidence.

    FILE is an audio file, a folder, a pattern such as 'takes/*.wav', or - for a list of files on standard
    input. A file that cannot be judged is reported and the others are judged; the exit status is then 1.
    """
    from voiceact.audio import read
    from voiceact.errors import UsageError
    from voiceact.estimators import load_estimator
    from voiceact.estimators.estimating import estimate, expand, reference_of
    from voiceact.runtime.progress import report_step, show_progress
    from voiceact.verify.reference_voice import KnownVoice

    if not inputs:
        raise UsageError("no file given; expected audio files, folders, patterns, or - for a list on standard input")
    judge = load_estimator(name)
    reference = reference_of(judge, list(neutral), statistics)
    # A stranger's neutral speech makes scores that mean nothing, and look like any others.
    check = KnownVoice([read(path) for path in neutral]).refuse_other if neutral else None
    paths = expand(inputs, sys.stdin)
    failed = 0
    bar = ProgressBar("listening", len(paths) if len(paths) > 1 else 0)
    # Without a bar the steps within a long file are shown, and how many files are done.
    with bar if bar.on_terminal else show_progress("listening"):
        for number, (path, result) in enumerate(estimate(judge, paths, reference=reference, check=check), 1):
            report_step("files", number, len(paths))
            bar.update(number, len(paths))
            if isinstance(result, Exception):
                failed += 1
                print_note(str(result))
            elif as_json:
                print_json(result.record(str(path)), one_line=True)
            else:
                _print_profile(path, result, short=len(paths) > 1)
    if failed:
        print_note(f"{failed} of {count_noun(len(paths), 'file')} could not be judged")
        sys.exit(1)


def _print_profile(path: Path, profile: "Profile", *, short: bool) -> None:
    readings = {"arousal": profile.arousal, "valence": profile.valence, "dominance": profile.dominance}
    affect = ", ".join(f"{name} {value:+.2f}" for name, value in readings.items() if value is not None)
    reference = {
        "none": "none (scores are less certain)",
        "neutral": "neutral speech of the voice",
        "statistics": "statistics of the voice",
    }[profile.reference]
    click.echo(f"{path}: {affect}; reference: {reference}")
    scored = [(category, score) for category, score in profile.scores.items() if score is not None]
    scored.sort(key=lambda item: -item[1])
    if short:
        click.echo("  " + ", ".join(f"{category} {score:.1f} ({profile.evidence[category]})" for category, score in scored[:4]))
        return
    print_table(
        ("category", "0 to 7", "", "evidence"),
        [(category, f"{score:.1f}", "█" * round(score * 3), profile.evidence[category]) for category, score in scored],
    )
    without = [category for category, score in profile.scores.items() if score is None]
    for reason in sorted({profile.reasons.get(category, "") for category in without}):
        names = ", ".join(category for category in without if profile.reasons.get(category, "") == reason)
        click.echo(f"no score: {names} ({reason})")
